"""``dkp-bench study``: the questions there are, what is measured of each, and what the runs say of one."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.options import (
    BASELINES,
    PUBLISHED,
    RESULTS,
    Baselines,
    Budget,
    Cache,
    Devices,
    Json,
    Partial,
    Processes,
    Published,
    Runs,
)

if TYPE_CHECKING:
    from dkp_bench.cli.study_text import Told
    from dkp_bench.studies.design import Design

Named = Annotated[str | None, typer.Argument(metavar="STUDY", help="Its name or its file.  [default: list them all]")]
TableOnly = Annotated[bool, typer.Option("--table", help="Say what the runs there are say, and start none.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say where each missing cell stands, and start none.")]


def command(
    study: Named = None,
    table: TableOnly = False,
    as_json: Json = False,
    dry_run: DryRun = False,
    budget: Budget = None,
    processes: Processes = 1,
    partial: Partial = False,
    device: Devices = "auto",
    runs: Runs = RESULTS / "runs",
    baselines: Baselines = BASELINES,
    published: Published = PUBLISHED,
    cache: Cache = None,
) -> None:
    """Run what is missing of a study, and say what the runs say.

    Without STUDY, list the studies. What is among the stored baselines is not run again. --json prints JSON and starts
    nothing. Exits as 'dkp-bench run' does.
    """
    from dkp_bench.cli.run import PlanCall, run_cells

    call = PlanCall(runs, device, processes, budget, partial, dry_run=dry_run, cache=cache, published=published)
    call.check()
    designs = _designs(study)

    from dkp_bench.cli.study_text import list_text, study_object, study_text, summary_object
    from dkp_bench.runs.cells import with_required

    def told() -> "list[Told]":
        return _told(designs, runs, baselines, device)

    if study is None:
        listed = told()
        typer.echo(json.dumps(list(map(summary_object, listed)), indent=2) if as_json else list_text(listed))
        return
    missing = told()[0].results.missing
    try:
        if missing and not (table or as_json):
            run_cells(f"study {next(iter(designs))}", with_required(missing), call)
    finally:  # exiting because cells are left, or stopped by Ctrl-C: what there is has its say
        if not dry_run:
            typer.echo(json.dumps(study_object(told()[0]), indent=2) if as_json else study_text(told()[0]))


def _designs(study: str | None) -> "dict[str, Design]":
    """Return the design of the study that was named, or of all; methods are found in the current folder too."""
    from dkp_bench.cli.options import let_import_here
    from dkp_bench.studies.design import design_of
    from dkp_bench.studies.study import find_study, read_study, study_files

    paths = study_files() if study is None else {study: find_study(study)}
    found = {name: (path, read_study(path)) for name, path in paths.items()}
    for method in (method for _, each in found.values() for table in each.cells for method in table.methods):
        let_import_here(method)
    return {name: design_of(each, str(path)) for name, (path, each) in found.items()}


def _told(designs: "dict[str, Design]", runs: Path, baselines: Path, device: str) -> "list[Told]":
    """Return what the reader's runs and the stored ones say of some studies, and how long the rest may take."""
    from dkp_bench.analysis.intervals import Intervals
    from dkp_bench.cli.study_text import Told
    from dkp_bench.plans.forecast import Forecast, Unbound
    from dkp_bench.plans.run_plan import hardware_of
    from dkp_bench.report.data import Sources, merged_runs
    from dkp_bench.studies.finder import RunFinder
    from dkp_bench.studies.measured import results_of
    from dkp_bench.training.device import find_device

    every = merged_runs(runs, baselines)
    forecast = Forecast(hardware_of(str(find_device(device.split(",")[0]))))
    for run in every:
        forecast.learn_run(run.record)
    finder, intervals = RunFinder(every, Sources.of_runs(every, baselines).stored), Intervals([runs, baselines])
    told = []
    for name, design in designs.items():
        results = results_of(design, finder, intervals)
        seconds = [forecast.seconds(Unbound(spec)) for spec in results.missing]
        told.append(Told(name, results, tuple(seconds)))
    return told
