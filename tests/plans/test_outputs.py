"""The summary of a plan, and the lines that end a call."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from simulation import Script, World, simulated

from dkp_bench.cli.run import result_tables
from dkp_bench.files import write_json
from dkp_bench.plans.executor import Failed, Finished
from dkp_bench.plans.outputs import standing, state_lines, summary
from dkp_bench.plans.schedule import Schedule
from dkp_bench.plans.state import State
from dkp_bench.report import read_published
from dkp_bench.runs.spec import RunSpec

Golden = Callable[[str, str], None]
METHODS = ("autolink", "teacher_only", "distill_dkp", "mean_pose", "unheard_of")


@pytest.fixture
def half_way(tmp_path: Path) -> Iterator[Schedule]:
    """A plan that the time ran out for, with a cell in each state."""
    world = World(
        tmp_path,
        {
            "autolink": Script(steps=800, step=0.1, rest=4.0, outcomes=[Finished(peak_memory=3 * 2**29)]),
            "teacher_only": Script(outcomes=[Failed("it broke", "mend it")]),
            "mean_pose": Script(rest=2.0),
        },
        late={"late": 1000.0},
    )
    specs = [RunSpec("squares", method, "tiny", seed) for method in METHODS[:4] for seed in (0, 1)]
    specs += [RunSpec("late", METHODS[4], "tiny")]
    world.finish(specs[-2])
    with simulated(world, specs, {"distill_dkp": ["teacher_only"]}, deadline=140.0) as schedule:
        schedule.run()
        yield schedule


def test_the_summary(half_way: Schedule, golden: Golden) -> None:
    heads = ["Time budget of the last call: 140s.", "It worked on: a processor, 1 worker."]
    golden("summary.md", summary(half_way, "plan.toml", heads, ["method  mean L2\nautolink    8.0"]))


def test_the_lines_of_a_dry_run(half_way: Schedule, golden: Golden) -> None:
    golden("dry-run.txt", "\n".join([*state_lines(half_way.tasks), *standing(half_way)]) + "\n")


def test_what_is_left_is_summed_up_as_far_as_it_is_known(half_way: Schedule) -> None:
    assert standing(half_way) == [
        "9 cells: 2 waiting, 3 finished, 4 failed",
        "left: 1 cell of about 1 min 24 s in all, and 1 of unknown speed",
    ]
    for task in half_way.tasks.those(State.WAITING):
        task.fail("it broke")
    assert standing(half_way) == ["9 cells: 3 finished, 6 failed"]


def test_results_are_those_of_datasets_and_profiles_with_finished_runs(half_way: Schedule, repository: Path) -> None:
    for task in half_way.tasks.those(State.FINISHED):
        assert task.run
        spec = task.spec
        path = half_way.runs / spec.dataset / spec.profile / spec.method / f"seed{spec.seed}" / "record.json"
        write_json(path, task.run.record.model_dump(mode="json"))
    (table,) = result_tables(half_way, read_published(repository / "results" / "published.toml"))
    scored = table.partition("published")[0]
    assert [name for name in METHODS if name in scored.replace("distill_dkp against", "")] == ["autolink", "mean_pose"]
    assert max(map(len, table.splitlines())) <= 80
