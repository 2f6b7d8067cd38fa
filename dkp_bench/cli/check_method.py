"""``dkp-bench check-method``: a test of the rules that every method must keep."""

from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.options import Set
from dkp_bench.text import entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dkp_bench.method_contract import Outcome

PRINTED = 5
"""So many lines of what a method printed are shown of a broken rule."""


def command(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="module:Class, or a method's name.")],
    overrides: Set = None,
) -> None:
    """Check that a method keeps the rules; exit with 1 if not.

    It is fitted five times, as small as its settings allow, on a few made-up images. Where that takes long, make it
    smaller: --set KEY=VALUE.
    """
    import tempfile
    import time
    from pathlib import Path

    from dkp_bench.cli.names import check_names
    from dkp_bench.cli.options import let_import_here

    let_import_here(method)
    check_names([method], overrides=overrides or ())

    from dkp_bench.method_contract import RULES, Subject, check_method
    from dkp_bench.methods import find_method
    from dkp_bench.presets import own_overrides, parse_overrides

    settings, kind = parse_overrides(overrides or []), find_method(method)
    started, width = time.monotonic(), max(len(rule.name) for rule in RULES)
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        for outcome, printed in _quietly(check_method(Subject(kind, Path(folder), own_overrides(kind, settings)))):
            typer.echo(_line(outcome, width))
            if outcome.state == "broken" and printed:
                typer.echo("\n".join(entry(f"{' ' * (width + 8)}printed: ", line) for line in printed))
            outcomes.append(outcome)
    broken = [outcome.rule.name for outcome in outcomes if outcome.state == "broken"]
    kept = sum(outcome.state == "ok" for outcome in outcomes)
    verdict = f"broken: {', '.join(broken)}" if broken else "none is broken"
    typer.echo(f"\n{method}: {kept} of {len(outcomes)} rules kept, {verdict} ({time.monotonic() - started:.1f} s)")
    if broken:
        raise typer.Exit(1)


def _quietly(outcomes: "Iterator[Outcome]") -> "Iterator[tuple[Outcome, list[str]]]":
    """Yield each outcome with the last lines that the method printed meanwhile, which are shown nowhere else."""
    import io
    from contextlib import redirect_stderr, redirect_stdout

    from dkp_bench.cli.options import no_exit
    from dkp_bench.errors import printable

    while True:
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed), no_exit():
            outcome = next(outcomes, None)
        if outcome is None:
            return
        yield outcome, [printable(line) for line in printed.getvalue().splitlines()[-PRINTED:]]


def _line(outcome: "Outcome", width: int) -> str:
    rule, indent = outcome.rule, " " * (width + 8)
    if outcome.state == "ok":
        return entry(f"ok    {rule.name:<{width}}  ", rule.says)
    if outcome.state == "not checked":
        return entry(f"–     {rule.name:<{width}}  ", f"not checked; fix {outcome.seen} first")
    found = [entry(f"FAIL  {rule.name:<{width}}  ", rule.says)]
    return "\n".join([*found, entry(f"{indent}seen: ", outcome.seen), entry(f"{indent}fix: ", rule.fix)])
