"""``dkp-bench verify``: a test that a bundle or the stored baselines are whole and give the scores they state."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dkp_bench.bundle.verify import Verification


def command(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A bundle's folder, or stored results.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check the hashes, records and scores of a bundle.

    Every file is hashed, every record validated, and every score computed again from the stored predictions. Each file
    that fails is named; the exit status is 1 if one does. Nothing in the folder is trusted, run or changed.
    """
    from dkp_bench.bundle.verify import verify
    from dkp_bench.progress import show_progress

    with show_progress() as progress:
        verdict = verify(path, progress)
    typer.echo(_as_json(path, verdict) if as_json else _as_text(path, verdict))
    if verdict.problems:
        raise typer.Exit(1)


def _as_json(path: Path, verdict: "Verification") -> str:
    import json
    from dataclasses import asdict

    return json.dumps({"path": str(path), "ok": not verdict.problems, **asdict(verdict)}, indent=2)


def _as_text(path: Path, verdict: "Verification") -> str:
    from dkp_bench.errors import printable
    from dkp_bench.text import entry

    found = f"{verdict.files:,} files, {verdict.runs:,} runs, {verdict.scores:,} scores computed again"
    count = len(verdict.problems)
    closing = f"{count:,} problem{'s' if count > 1 else ''}" if count else "nothing is wrong"
    named = [f"{printable(problem.file)}\n{entry('  ', printable(problem.what, 600))}" for problem in verdict.problems]
    return "\n".join([*named, f"{path}: {found}: {closing}"])
