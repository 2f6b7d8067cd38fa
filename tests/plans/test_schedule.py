"""What is started, in which order, and what a failure or a dataset that comes late changes; all of it simulated."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from simulation import Script, World, simulated

from dkp_bench.errors import DkpError
from dkp_bench.plans.executor import Elsewhere, Failed, Finished
from dkp_bench.plans.schedule import RETRY_SECONDS
from dkp_bench.plans.state import State
from dkp_bench.runs.spec import RunSpec

BROKEN = Script(outcomes=[Failed("it broke", "mend it", "Traceback: line 1")])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def plan(*methods: str, dataset: str = "squares") -> list[RunSpec]:
    return [RunSpec(dataset, method, "tiny") for method in methods]


def work(world: World, specs: list[RunSpec], needs: dict[str, list[str]] | None = None, **how: Any) -> dict[str, str]:
    """Run cells; where each method stands afterwards, and why if there is a reason."""
    with simulated(world, specs, needs or {}, **how) as schedule:
        schedule.run()
        return {task.spec.method: f"{task.state} {task.reason}".strip() for task in schedule.tasks}


def test_the_first_cell_comes_first(world: World) -> None:
    assert set(work(world, plan("c", "a", "b")).values()) == {"finished"}
    assert world.order() == ["c", "a", "b"]
    assert [time for time, _ in world.started] == [0, 1, 2]


def test_a_cell_waits_for_what_it_requires_and_another_takes_its_turn(world: World) -> None:
    work(world, plan("teacher", "student", "other"), {"student": ["teacher"]}, slots=2)
    assert world.started == list(zip([0, 0, 1], plan("teacher", "other", "student"), strict=True))


def test_who_waits_for_another_cell_says_so(world: World) -> None:
    world.scripts = {"teacher": Script(outcomes=[Elsewhere()])}
    found = work(world, plan("teacher", "student"), {"student": ["teacher"]}, deadline=5.0)
    assert found["student"] == "waiting needs teacher on squares, tiny, seed 0 first"


def test_a_failure_ends_those_that_need_it_and_no_other(world: World) -> None:
    world.scripts = {"teacher": BROKEN}
    needs = {"student": ["teacher"], "pupil": ["student"]}
    assert work(world, plan("teacher", "student", "pupil", "other"), needs) == {
        "teacher": "failed it broke",
        "student": "failed needs teacher on squares, tiny, seed 0, which failed",
        "pupil": "failed needs student on squares, tiny, seed 0, which failed",
        "other": "finished",
    }
    assert world.order() == ["teacher", "other"]


def test_the_same_advice_is_told_once_and_a_traceback_is_for_the_journal(world: World) -> None:
    world.scripts = {"a": BROKEN, "b": BROKEN}
    work(world, plan("a", "b"))
    assert world.lines == [
        "failed: a on squares, tiny, seed 0: it broke\n  mend it",
        "failed: b on squares, tiny, seed 0: it broke",
    ]
    assert (world.runs / "journal.jsonl").read_text().count("Traceback: line 1") == 2


def test_what_is_finished_is_told_with_its_score_and_written_down(world: World) -> None:
    world.scripts = {"a": Script(rest=75, outcomes=[Finished(peak_memory=5)])}
    with simulated(world, plan("a", "b"), {}) as schedule:
        schedule.run()
        assert schedule.events.facts("finished", "seconds") == {plan("a")[0].name: 75, plan("b")[0].name: 1}
        assert [(task.seconds, task.peak_memory) for task in schedule.tasks] == [(75, 5), (1, None)]
    assert world.lines == [
        "[1/2] a on squares, tiny, seed 0: mean_l2 8.00 % of edge, 1 min 15 s",
        "[2/2] b on squares, tiny, seed 0: mean_l2 8.00 % of edge, 1 s",
    ]


def test_who_says_finished_and_leaves_no_record_has_failed(world: World) -> None:
    world.scripts = {"a": Script(forgets=True)}
    assert work(world, plan("a", "b")) == {"a": "failed it left no record", "b": "finished"}


def test_what_is_finished_on_the_disk_is_not_begun(world: World) -> None:
    world.finish(plan("teacher")[0])
    assert set(work(world, plan("teacher", "student"), {"student": ["teacher"]}).values()) == {"finished"}
    assert world.order() == ["student"]


def test_a_damaged_record_fails_its_cell_alone(world: World) -> None:
    world.damaged = {"a": DkpError("record.json: not a valid record")}
    assert work(world, plan("a", "b")) == {"a": "failed record.json: not a valid record", "b": "finished"}


def test_what_is_finished_stays_so_whatever_became_of_what_it_required(world: World) -> None:
    world.damaged = {"teacher": DkpError("record.json: not a valid record")}
    world.finish(plan("student")[0])
    needs = {"student": ["teacher"], "other": ["teacher"]}
    assert work(world, plan("teacher", "student", "other"), needs) == {
        "teacher": "failed record.json: not a valid record",
        "student": "finished",
        "other": "failed needs teacher on squares, tiny, seed 0, which failed",
    }


def test_a_cell_that_another_command_is_at_work_on_is_asked_for_again_later(world: World) -> None:
    world.scripts = {"a": Script(outcomes=[Elsewhere(), Elsewhere(), Finished(None)])}
    assert set(work(world, plan("a", "b")).values()) == {"finished"}
    times = [time for time, spec in world.started if spec.method == "a"]
    assert world.order() == ["a", "b", "a", "a"]
    for before, after in itertools.pairwise(times):
        assert RETRY_SECONDS <= after - (before + 1) < RETRY_SECONDS + 1


def test_what_waits_for_another_command_says_so(world: World) -> None:
    world.scripts = {"a": Script(outcomes=[Elsewhere()])}
    assert work(world, plan("a"), deadline=5.0) == {"a": "waiting another command is at work on it"}
    assert len(world.started) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DkpError("files are missing", "get them"), "failed files are missing"),
        (ZeroDivisionError("a bug"), "failed ZeroDivisionError: a bug ("),
    ],
)
def test_a_dataset_that_cannot_be_prepared_fails_its_cells_and_no_others(
    error: Exception, reason: str, world: World
) -> None:
    world.broken = {"broken": error}
    found = work(world, [*plan("a", "b", dataset="broken"), *plan("c")])
    assert found.pop("c") == "finished"
    assert all(said.startswith(reason) for said in found.values())
    assert world.order() == ["c"]


def test_a_dataset_that_comes_late_delays_its_own_cells_alone(world: World) -> None:
    world.late = {"late": 7.2}
    work(world, [*plan("a", dataset="late"), *plan("b", "c")])
    assert world.order() == ["b", "c", "a"]
    assert 7.2 <= world.started[-1][0] <= 7.7


def test_a_dataset_that_comes_too_late_leaves_its_cells_waiting(world: World) -> None:
    world.late = {"late": 100.0}
    assert work(world, plan("a", dataset="late"), deadline=10.0) == {"a": "waiting its dataset is not ready"}
    assert world.started == []
    assert world.now <= 10.5


def test_an_interruption_leaves_no_cell_running(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(world: World, seconds: float, hear: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(World, "wait", interrupt)
    with simulated(world, plan("a", "b"), {}) as schedule:
        with pytest.raises(KeyboardInterrupt):
            schedule.run()
        assert [(task.state, task.reason) for task in schedule.tasks] == [
            (State.WAITING, "stopped before its end"),
            (State.WAITING, ""),
        ]


def test_a_survey_begins_nothing_and_waits_for_nothing(world: World) -> None:
    world.late, world.broken = {"late": 3.0}, {"broken": DkpError("files are missing")}
    specs = [*plan("a", "b"), *plan("c", dataset="late"), *plan("d", dataset="broken")]
    world.finish(specs[1])
    with simulated(world, specs, {}) as schedule:
        schedule.survey()
        assert [(task.state, task.reason) for task in schedule.tasks] == [
            (State.WAITING, ""),
            (State.FINISHED, ""),
            (State.WAITING, "its dataset is not ready"),
            (State.FAILED, "files are missing"),
        ]
    assert world.started == []
    assert world.now == 0
