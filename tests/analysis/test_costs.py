"""What runs cost."""

from collections.abc import Callable
from typing import Any

import pytest

from dkp_bench.analysis.costs import Cost, cost, hardware, total_cost
from dkp_bench.analysis.published import Published
from dkp_bench.report import build_report
from dkp_bench.report.blocks import Table
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import Record

MakeRun = Callable[..., Run]


def on(run: Run, **machine: Any) -> Run:
    """The same run on another machine, for half an hour."""
    provenance = run.record.provenance.model_copy(update=machine)
    timings = run.record.timings.model_copy(update={"fit_seconds": 1700.0, "predict_seconds": 100.0})
    return Run(run.path, run.record.model_copy(update={"provenance": provenance, "timings": timings}))


def table_of(runs: list[Run], published: Published) -> Table:
    (section,) = (section for section in build_report(runs, published).sections if section.anchor == "cost")
    return section.tables[0]


@pytest.mark.parametrize(
    ("machine", "expected", "named"),
    [
        ({"threads": 1}, Cost(core_hours=0.5), "a processor, 1 thread"),
        ({"threads": 4, "processes": 2}, Cost(core_hours=4.0), "a processor, 2 processes of 4 threads"),
        ({"accelerator": "a GPU", "threads": 8}, Cost(gpu_hours=0.5), "a GPU, 8 threads"),
        ({"accelerator": "a GPU", "processes": 4}, Cost(gpu_hours=2.0), "4 × a GPU, 2 threads"),
        ({"processor": ""}, Cost(core_hours=1.0), "Linux, 2 threads"),
    ],
)
def test_time_is_multiplied_by_what_was_kept_busy(
    run: MakeRun, machine: dict[str, Any], expected: Cost, named: str
) -> None:
    record: Record = on(run(), **machine).record
    assert cost(record) == expected
    assert hardware(record) == named


def test_costs_add_up(run: MakeRun) -> None:
    runs = [on(run()), on(run(seed=1)), on(run(seed=2), accelerator="a GPU")]
    assert total_cost(runs) == Cost(core_hours=2.0, gpu_hours=0.5)
    assert total_cost(runs) / 2 == Cost(core_hours=1.0, gpu_hours=0.25)
    assert total_cost([]) == Cost()


def test_the_table(run: MakeRun, published: Published) -> None:
    runs = [on(run("base")), on(run("base", seed=1)), run("still", perceptual="none")]
    table = table_of(runs, published)
    assert table.caption == "Speed and cost: 3 runs, 2.00 core-hours in all"
    trained, untrained = table.rows
    texts = [cell.text for cell in trained]
    assert texts == ["squares", "base", "28 min 20 s", "30", "250", "1 min 40 s", "1.00 core-hours"]
    assert trained[-1].detail == "2.00 core-hours, 2 seeds"
    assert [cell.text for cell in untrained[2:]] == ["–", "–", "–", "2 s", "0.1 core-minutes"]
    assert untrained[-1].detail == ""
    assert table.notes == ("All on a processor, 2 threads.",)


def test_several_machines_have_a_column(run: MakeRun, published: Published) -> None:
    table = table_of([run("base"), on(run("base", seed=1), accelerator="a GPU"), run("taught")], published)
    assert table.columns[-1].title == "machine"
    assert [(row[1].text, row[-1].text) for row in table.rows] == [("base", "#1"), ("base", "#2"), ("taught", "#1")]
    assert ["GPU" in row[-2].text for row in table.rows] == [False, True, False]
    assert table.notes == ("#1: a processor, 2 threads.", "#2: a GPU, 2 threads.")


def test_runs_with_one_thread_and_with_two_are_in_no_mean_together(run: MakeRun, published: Published) -> None:
    def fast(made: Run, speed: float, **machine: Any) -> Run:
        timings = made.record.timings.model_copy(update={"images_per_second": speed})
        return on(Run(made.path, made.record.model_copy(update={"timings": timings})), **machine)

    runs = [fast(run(), 80.0, threads=1), fast(run(seed=1), 90.0, threads=1), fast(run(seed=2), 200.0)]
    table = table_of(runs, published)
    assert [(row[4].text, row[-1].text) for row in table.rows] == [("85", "#1"), ("200", "#2")]
    assert [row[4].text for row in table_of([fast(run(), 0.0)], published).rows] == ["–"], "an unknown speed is not 0"


def test_other_settings_are_folded_away(run: MakeRun, published: Published) -> None:
    other = run("base", preset_hash="bbbb0000", settings={"gamma": 1.0}, started="2026-02-01T00:00:00+00:00")
    (section,) = (s for s in build_report([run("base"), other], published).sections if s.anchor == "cost")
    assert [[row[1].text for row in table.rows] for table in section.tables] == [["base"], ["base (gamma=1.0)"]]
    assert section.tables[1] not in section.blocks
