"""``dkp-bench run``: the cells of a plan, the most important first, within a time budget."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.messages import say_note
from dkp_bench.cli.options import (
    PUBLISHED,
    RESULTS,
    Budget,
    Cache,
    Devices,
    Partial,
    Processes,
    Published,
    Smoke,
    runs_root,
)
from dkp_bench.text import folded

if TYPE_CHECKING:
    from dkp_bench.analysis.published import Published as PublishedNumbers
    from dkp_bench.plans.outputs import PlanOutputs
    from dkp_bench.plans.run_plan import RunOptions
    from dkp_bench.plans.schedule import Schedule
    from dkp_bench.runs.cells import CellTable
    from dkp_bench.runs.spec import RunSpec

Plan = Annotated[
    Path, typer.Argument(metavar="PLAN", help="A plan's or study's file, or the name of one that comes along: toy.")
]
Out = Annotated[Path, typer.Option("--runs", "--out", help="Folder of the runs, the summary and the event log.")]
ExportWeights = Annotated[str, typer.Option(metavar="none|half|full", help="Which weights carry.tar takes along.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say where each cell stands, and start none.")]


@dataclass(frozen=True)
class PlanCall:
    """The options of a command that runs a plan's cells, as the user typed them.

    Attributes:
        out: folder of the runs.
        device: devices with commas between them, or ``auto``.
        processes: number of runs at once on each.
        budget: the time for everything.
        partial: whether to start runs that cannot finish in time.
        weights: which weights go into the archive.
        dry_run: whether to say where cells stand in place of running them.
        cache: folder for derived files.
        published: file of the published numbers.
        since: start of the command by the monotonic clock: importing PyTorch takes some seconds of the budget.
    """

    out: Path
    device: str = "auto"
    processes: int = 1
    budget: str | None = None
    partial: bool = False
    weights: str = "none"
    dry_run: bool = False
    cache: Path | None = None
    published: Path = PUBLISHED
    since: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Check what was typed before any import that takes seconds.

        Raises:
            DkpError: if a device is none, or ``torchrun`` started the command.
            typer.BadParameter: if the budget is no time.
        """
        from dkp_bench.cli.names import check_names
        from dkp_bench.cli.options import parse_duration

        check_names(device=self.device)
        if self.budget:
            parse_duration(self.budget)
        _refuse_torchrun()


def command(
    plan: Plan,
    budget: Budget = None,
    out: Out = RESULTS / "runs",
    device: Devices = "auto",
    processes: Processes = 1,
    partial: Partial = False,
    weights: ExportWeights = "none",
    dry_run: DryRun = False,
    cache: Cache = None,
    published: Published = PUBLISHED,
    smoke: Smoke = False,
) -> None:
    """Run the cells of a plan or study, within a time budget.

    What is finished is reused and what was cut off goes on: the same command again, on one machine or on several that
    share the folder. No cell is started that, by the speed measured, cannot finish in time. Leaves summary.md,
    journal.jsonl and carry.tar, which holds all but the weights. Exits with 1 if a cell failed, with 3 if cells are
    left.
    """
    out = runs_root(out, smoke=smoke)
    call = PlanCall(out, device, processes, budget, partial, weights, dry_run, cache, published)
    call.check()
    path, tables = _read(plan)

    from dkp_bench.runs.cells import planned_specs

    run_cells(path.name, planned_specs(tables, smoke=smoke), call)


def run_cells(title: str, specs: "list[RunSpec]", call: PlanCall) -> None:
    """Run cells, or say where each stands, and leave the summary and the archive.

    Args:
        title: what the summary calls them.
        specs: what to run, with what they require in front.
        call: how.

    Raises:
        typer.Exit: if a cell failed or some are left.
    """
    from dkp_bench.cli.running import CommandOptions
    from dkp_bench.datasets.folders import cache_folder
    from dkp_bench.plans import workers
    from dkp_bench.plans.outputs import PlanOutputs, weights_choice
    from dkp_bench.plans.run_plan import RunOptions
    from dkp_bench.report import read_published

    choice, numbers = weights_choice(call.weights), read_published(call.published)
    profiles, device = [spec.profile for spec in specs], call.device
    if call.dry_run and (no_gpu := workers.gpu_missing(device, profiles)):
        say_note(f"note: {no_gpu}; what is known of times is of its CPU")
        device = "cpu"
    asked = CommandOptions(device, call.processes, call.budget, call.partial, keep_going=True, since=call.since)
    cache = call.cache or cache_folder()
    slots = workers.worker_slots(device, call.processes, profiles, runs=call.out, cache=cache)
    options = RunOptions(slots, asked.seconds, call.partial)
    if call.dry_run:
        _say_where_cells_stand(specs, options)
        return
    _refuse_what_cannot_be_used(call.out)
    _warn_of_uncommitted_code()
    heads = f"Time budget of the last call: {call.budget or 'none'}.", f"It worked on: {options.machine}."
    _work(specs, options, PlanOutputs(title, heads, lambda schedule: result_tables(schedule, numbers), choice))


def result_tables(schedule: "Schedule", published: "PublishedNumbers") -> list[str]:
    """Return the scores so far, as plain text for each dataset and profile that has finished runs."""
    from dkp_bench.plans.state import State
    from dkp_bench.report import closing_table, gather
    from dkp_bench.runs.run import load_runs

    specs = [task.spec for task in schedule.tasks.those(State.FINISHED) if not task.spec.smoke]
    data = gather(load_runs(schedule.runs), published)
    groups = dict.fromkeys((spec.dataset, spec.profile) for spec in specs)
    return [closing_table(data, dataset, profile) for dataset, profile in groups]


def _work(specs: "list[RunSpec]", options: "RunOptions", outputs: "PlanOutputs") -> None:
    """Run the specs; the summary and the archive are written even if the work is interrupted."""
    from dkp_bench.cli.running import exit_unless_finished
    from dkp_bench.plans.run_plan import Observer, run_plan
    from dkp_bench.progress import show_progress

    opened: list[Schedule] = []

    def tell(line: str) -> None:
        typer.echo(folded(line), err=True)
        outputs.note(opened[0])

    def say_outputs() -> None:
        for schedule in opened:
            typer.echo("\n".join(outputs.close(schedule)))

    # The outputs are said last, when workers and progress bars are gone, even if the work is interrupted.
    with ExitStack() as last, _terminated_as_by_ctrl_c(), show_progress() as progress:
        last.callback(say_outputs)
        tasks = run_plan(specs, options, Observer(progress, tell, on_open=opened.append))
    exit_unless_finished(tasks)


def _say_where_cells_stand(specs: "list[RunSpec]", options: "RunOptions") -> None:
    from dkp_bench.plans.outputs import standing, state_lines
    from dkp_bench.plans.run_plan import Observer, survey_plan
    from dkp_bench.progress import show_progress

    with show_progress() as progress:
        observer = Observer(progress, lambda line: typer.echo(folded(line), err=True))
        schedule = survey_plan(specs, options, observer)
    typer.echo(folded("\n".join([*state_lines(schedule.tasks), *standing(schedule)])))


def _read(plan: Path) -> "tuple[Path, list[CellTable]]":
    """Return the file of a plan or a study, and its tables; methods are found in the current folder too."""
    from dkp_bench.cli.options import let_import_here
    from dkp_bench.runs.cells import read_plan
    from dkp_bench.shipped import find_plan
    from dkp_bench.studies.study import is_study, read_study, study_files

    path = find_plan(plan, study_files())
    tables = read_study(path).cells if is_study(path) else read_plan(path)
    for method in (method for table in tables for method in table.methods):
        let_import_here(method)
    return path, tables


def _warn_of_uncommitted_code() -> None:
    from dkp_bench.runs.provenance import git_state
    from dkp_bench.runs.schema import UNKNOWN

    commit, clean = git_state()
    if not clean:
        state = "in no git checkout" if commit == UNKNOWN else "not committed as it is"
        typer.echo(
            folded(f"note: this code is {state}, and 'dkp-bench store' will not keep runs that it made"), err=True
        )


def _refuse_torchrun() -> None:
    from dkp_bench.errors import DkpError

    if os.environ.get("WORLD_SIZE", "1") != "1":
        hint = "start it without torchrun: it starts a process for each GPU by itself, and runs a cell in each"
        raise DkpError("a plan is not run by torchrun", hint)


def _refuse_what_cannot_be_used(out: Path) -> None:
    """Check before the work what would otherwise fail after it: that the folder can be written to and its runs read."""
    from dkp_bench.errors import DkpError
    from dkp_bench.files import FULL, GO_ON, reason
    from dkp_bench.plans.outputs import check_exportable

    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        hint = GO_ON if error.errno in FULL else "name another folder with --out"
        raise DkpError(f"cannot write to {out}: {reason(error)}", hint) from error
    check_exportable(out)


@contextmanager
def _terminated_as_by_ctrl_c() -> Iterator[None]:
    """Treat like Ctrl-C the signals of a cluster that will kill the job soon and of a terminal that was closed.

    A signal that is ignored, as ``nohup`` does with the latter, stays ignored.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    ends = [end for end in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(end) != signal.SIG_IGN]
    before = {end: signal.signal(end, interrupt) for end in ends}
    try:
        yield
    finally:
        for end, handler in before.items():
            signal.signal(end, handler)
