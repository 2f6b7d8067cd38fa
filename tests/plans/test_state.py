"""Where the cells of a plan stand."""

from collections.abc import Callable

from dkp_bench.plans.state import State, Task, Tasks
from dkp_bench.runs.run import Run
from dkp_bench.runs.spec import RunSpec

TEACHER, STUDENT, OTHER = (
    RunSpec("squares", method, "tiny") for method in ("teacher_only", "distill_dkp", "mean_pose")
)


def test_the_order_is_the_plans() -> None:
    tasks = Tasks([OTHER, TEACHER, STUDENT])
    assert [task.spec for task in tasks] == [OTHER, TEACHER, STUDENT]
    assert len(tasks) == 3
    assert all(task.state == State.WAITING for task in tasks)


def test_a_cell_knows_the_tasks_of_what_it_requires() -> None:
    tasks = Tasks([TEACHER, STUDENT, OTHER])
    assert [tasks.required(task) for task in tasks] == [[], [tasks[TEACHER]], []]


def test_tasks_are_found_by_where_they_stand(run: Callable[..., Run]) -> None:
    tasks = Tasks([TEACHER, STUDENT, OTHER])
    tasks[STUDENT].fail("it broke")
    tasks[OTHER].finish(run())
    assert [[task.spec for task in tasks.those(state)] for state in State] == [[TEACHER], [], [OTHER], [STUDENT]]


def test_a_reason_is_that_of_the_state(run: Callable[..., Run]) -> None:
    task, made = Task(OTHER), run()
    task.fail("it broke")
    assert (task.state, task.reason) == (State.FAILED, "it broke")
    task.wait("another command is at work on it")
    assert (task.state, task.reason) == (State.WAITING, "another command is at work on it")
    task.finish(made)
    assert (task.state, task.reason, task.run) == (State.FINISHED, "", made)


def test_what_an_earlier_call_measured_is_taken_over_by_name() -> None:
    tasks = Tasks([TEACHER, OTHER])
    tasks.remember(OTHER.name, 7)
    tasks.remember("a cell of another plan", 8)
    assert [task.peak_memory for task in tasks] == [None, 7]
