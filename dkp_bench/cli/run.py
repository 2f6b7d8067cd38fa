"""``dkp-bench run``: the cells of a plan, the most important first, within a time budget."""

import math
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.messages import say_note
from dkp_bench.cli.options import PUBLISHED, RESULTS, Cache, Published, Smoke, parse_duration, runs_root
from dkp_bench.text import folded

if TYPE_CHECKING:
    from dkp_bench.plans.cell import Cell
    from dkp_bench.plans.leavings import Leavings
    from dkp_bench.plans.work import Terms

FAILED, CELLS_LEFT = 1, 3

RESERVE = 20.0
"""Seconds of the budget that are kept for what comes after the last cell, a twentieth of it at the most."""

Plan = Annotated[Path, typer.Argument(metavar="PLAN", help="A plan's file, or toy, baselines or full-size.")]
Budget = Annotated[str | None, typer.Option(metavar="TIME", help="Be done by then: 90s, 24m, 1h30m.  [default: none]")]
Out = Annotated[Path, typer.Option(help="Folder of the runs, and of what is told of them.")]
Devices = Annotated[str, typer.Option(metavar="LIST", help="cpu, cuda:0,cuda:1 or auto: every GPU, else the CPU.")]
Processes = Annotated[int, typer.Option(min=1, metavar="N", help="How many cells to run at once on each device.")]
Partial = Annotated[bool, typer.Option("--partial", help="Begin cells that cannot finish in time, too.")]
CarryWeights = Annotated[str, typer.Option(metavar="none|half|full", help="Which weights carry.tar takes along.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say where each cell stands, and begin none.")]


def command(
    plan: Plan,
    budget: Budget = None,
    out: Out = RESULTS / "runs",
    device: Devices = "auto",
    processes: Processes = 1,
    partial: Partial = False,
    weights: CarryWeights = "none",
    dry_run: DryRun = False,
    cache: Cache = None,
    published: Published = PUBLISHED,
    smoke: Smoke = False,
) -> None:
    """Run the cells of a plan, within a time budget.

    What is finished is reused and what was cut off goes on: the same command again, on one machine or on several that
    share OUT. No cell is begun that, by the speed measured, cannot finish in time. Leaves summary.md, journal.jsonl
    and carry.tar, which holds all but the weights. Exits with 1 if a cell failed, with 3 if cells are left.
    """
    began = time.monotonic()  # PyTorch, which is imported below, takes some seconds of the budget
    from dkp_bench.cli.names import check_names
    from dkp_bench.shipped import find_plan

    check_names(device=device)
    seconds = parse_duration(budget) if budget else math.inf
    _refuse_torchrun()
    plan = find_plan(plan)
    cells, out = _read(plan, smoke=smoke), runs_root(out, smoke=smoke)

    from dkp_bench.datasets.folders import cache_folder
    from dkp_bench.plans.carry import weights_choice
    from dkp_bench.plans.leavings import Leavings
    from dkp_bench.plans.places import places, wants_gpu
    from dkp_bench.plans.work import Terms
    from dkp_bench.report import read_published

    choice, numbers = weights_choice(weights), read_published(published)
    profiles = [cell.profile for cell in cells]
    if dry_run and device == "auto" and wants_gpu(profiles):
        say_note(f"note: {wants_gpu(profiles)}; what is known of times is of its CPU")
        device = "cpu"
    where = places(device, processes, profiles, runs=out, cache=cache or cache_folder())
    terms = Terms(where, seconds - min(RESERVE, seconds / 20) - (time.monotonic() - began), partial)
    if dry_run:
        _say_where_cells_stand(cells, terms)
    else:
        _refuse_what_cannot_be_used(out)
        _warn_of_uncommitted_code()
        heads = f"Time budget of the last call: {budget or 'none'}.", f"It worked on: {terms.machine}."
        _work(cells, terms, Leavings(plan.name, heads, numbers, choice))


def _work(cells: "list[Cell]", terms: "Terms", leavings: "Leavings") -> None:
    """Run the cells; what there is when the work ends, or is ended, is left in good order."""
    from dkp_bench.plans.ledger import State
    from dkp_bench.plans.work import schedule
    from dkp_bench.progress import show_progress

    def tell(line: str) -> None:
        typer.echo(folded(line), err=True)
        leavings.note(work)

    with (
        ExitStack() as last,
        _terminated_as_by_ctrl_c(),
        show_progress() as progress,
        schedule(cells, terms, progress, tell) as work,
    ):
        last.callback(lambda: typer.echo("\n".join(leavings.close(work))))
        work.run()
    if work.ledger.those(State.FAILED):
        raise typer.Exit(FAILED)
    if work.ledger.those(State.WAITING):
        raise typer.Exit(CELLS_LEFT)


def _say_where_cells_stand(cells: "list[Cell]", terms: "Terms") -> None:
    from dkp_bench.plans.journal import Silence
    from dkp_bench.plans.summary import cell_lines, standing
    from dkp_bench.plans.work import schedule
    from dkp_bench.progress import show_progress

    def tell(line: str) -> None:
        typer.echo(folded(line), err=True)

    with show_progress() as progress, schedule(cells, terms, progress, tell, Silence) as work:
        work.survey()
    typer.echo(folded("\n".join([*cell_lines(work.ledger), *standing(work)])))


def _read(plan: Path, *, smoke: bool) -> "list[Cell]":
    """The cells of a plan; methods of one's own are found in the current folder, too."""
    from dkp_bench.cli.options import let_import_here
    from dkp_bench.plans.plan import cells, read_plan

    tables = read_plan(plan)
    for method in (method for table in tables for method in table.methods):
        let_import_here(method)
    return cells(tables, smoke=smoke)


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
        hint = "start it without torchrun: it begins a process for each GPU by itself, and runs a cell in each"
        raise DkpError("a plan is not run by torchrun", hint)


def _refuse_what_cannot_be_used(out: Path) -> None:
    """Look before the work at what would be found wrong after it: a folder to write to, with sound runs in it."""
    from dkp_bench.errors import DkpError
    from dkp_bench.files import FULL, GO_ON, reason
    from dkp_bench.plans.carry import check

    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        hint = GO_ON if error.errno in FULL else "name another folder with --out"
        raise DkpError(f"cannot write to {out}: {reason(error)}", hint) from error
    check(out)


@contextmanager
def _terminated_as_by_ctrl_c() -> Iterator[None]:
    """Take for Ctrl-C that a cluster asks to terminate, some time before it kills, or that the terminal was closed.

    What is to be ignored, as ``nohup`` has it for the latter, stays ignored.
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
