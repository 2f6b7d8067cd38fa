"""``dkp-bench data check``: what a dataset's folder holds, against what it should hold."""

import itertools
import json
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.options import Cache, Data, DatasetName, Depth, Size
from dkp_bench.errors import DkpError, printable
from dkp_bench.text import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dkp_bench.datasets.finding import Finding

SHOWN = 5
"""Most files of a finding that are printed."""


def command(
    name: DatasetName,
    size: Size = 64,
    data: Data = None,
    depth: Depth = None,
    cache: Cache = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every offender.")] = False,
) -> None:
    """Look at every file; exit with 1 if something is wrong."""
    from dkp_bench.datasets import open_dataset
    from dkp_bench.datasets.downloaded import DownloadedDataset
    from dkp_bench.datasets.finding import Finding
    from dkp_bench.datasets.folders import cache_problem
    from dkp_bench.progress import show_progress

    dataset = open_dataset(name, size, data=data, depth=depth, cache=cache)
    problem = cache_problem(dataset.cache)
    with show_progress() as progress:
        makes_its_own = not isinstance(dataset, DownloadedDataset)
        findings = [] if problem and makes_its_own else dataset.check(progress)
        if isinstance(dataset, DownloadedDataset):
            try:
                findings += dataset.check_depth(progress)
            except DkpError:
                if not problem and all(finding.ok for finding in findings):
                    raise  # else the images cannot be listed, and why is among the findings
    if problem:
        findings.append(Finding("cache for what is made of the files", problem, ok=False))
    if as_json:
        typer.echo(json.dumps({"dataset": name, "findings": [finding.as_json() for finding in findings]}, indent=2))
    else:
        typer.echo("\n".join(line for group in _groups(findings) for line in _lines(*group)))
        wrong = sum(not finding.ok for finding in findings)
        typer.echo(f"\n{name}: {wrong or 'none'} of {len(findings)} checks failed")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _groups(findings: "list[Finding]") -> "Iterator[list[Finding]]":
    """Yield findings that are printed together: those in a row that are ok and about one subject."""
    for subject, group in itertools.groupby(findings, _subject):
        if subject:
            yield list(group)
        else:
            yield from ([finding] for finding in group)


def _subject(finding: "Finding") -> str:
    """Return the subject of an ok finding, ``subject: what``; empty for one that is printed by itself."""
    subject, colon, _ = finding.what.partition(": ")
    return subject if colon and finding.ok and not finding.offenders else ""


def _lines(finding: "Finding", *others: "Finding") -> list[str]:
    expected = f", expected {finding.expected}" if finding.expected and not finding.ok else ""
    more = "".join(f"; {other.what.partition(': ')[2]}: {other.found}" for other in others)
    head = f"{'ok   ' if finding.ok else 'WRONG'}  {finding.what}: {finding.found}{expected}{more}"
    lines = _wrapped(head, "", " " * 9)
    for offender in finding.offenders[:SHOWN]:
        lines += _wrapped(printable(offender, 1000), " " * 9, " " * 11)
    if len(finding.offenders) > SHOWN:
        lines.append(f"{' ' * 9}and {len(finding.offenders) - SHOWN:,} more; --json lists them all")
    return lines


def _wrapped(text: str, first: str, others: str) -> list[str]:
    """Return lines of the terminal's width; a name or a path stays whole, so that it can be copied."""
    return wrapped(text, first, others).split("\n")
