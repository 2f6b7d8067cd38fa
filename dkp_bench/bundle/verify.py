"""Verifying a bundle or a results root, of which nothing is trusted, nothing is run and nothing is changed."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dkp_bench.bundle.bag import INFO
from dkp_bench.bundle.citation import FILE as CITATION
from dkp_bench.bundle.citation import read_citation
from dkp_bench.bundle.cite import read_identity
from dkp_bench.bundle.fixity import MARKS, check_bag
from dkp_bench.bundle.results import Checked, check_results
from dkp_bench.bundle.tree import Problem, Tree, read_tree
from dkp_bench.errors import DkpError
from dkp_bench.progress import Reporter
from dkp_bench.records.layout import ANNOTATIONS, OBJECTS

BASELINES = "data/baselines"
"""Where a bundle keeps its results root."""
PARTS = (
    "data/published.toml",
    "data/report/report.html",
    "data/pins.txt",
    f"data/{CITATION}",
    "data/README.md",
    "data/ro-crate-metadata.json",
)
"""What every bundle has besides."""


@dataclass(frozen=True)
class Verdict:
    """What came of verifying.

    Attributes:
        bundle: whether it is a bundle and not a results root.
        files: plain files found.
        runs: runs found.
        scores: scores that were computed anew.
        problems: what is wrong, by file.
    """

    bundle: bool
    files: int
    runs: int
    scores: int
    problems: tuple[Problem, ...]


def verify(path: Path, report: Reporter) -> Verdict:
    """Verify a bundle, or a results root such as ``results/baselines``.

    Args:
        path: its folder.
        report: told how far it is.

    Returns:
        What was found; nothing is wrong if it has no problems.

    Raises:
        DkpError: if there is neither at ``path``.
    """
    if not path.is_dir():
        raise DkpError(f"there is no folder {path}", "name the folder of a bundle, or a results root")
    bundle = any(os.path.lexists(path / name) for name in MARKS)
    if not bundle and not any(os.path.lexists(path / name) for name in (ANNOTATIONS, OBJECTS)):
        hint = f"a bundle has {', '.join(MARKS)}; a results root has {ANNOTATIONS}/ and {OBJECTS}/"
        raise DkpError(f"{path} is neither a bundle nor a results root", hint)
    tree = read_tree(path)  # not before: in a folder of something else it may take minutes
    if tree.problems:
        return Verdict(bundle, len(tree.files), 0, 0, tree.problems)
    checked = _bundle(tree, report) if bundle else check_results(tree, report, alone=False)
    return Verdict(bundle, len(tree.files), checked.runs, checked.scores, tuple(sorted({*checked.problems})))


def _bundle(tree: Tree, report: Reporter) -> Checked:
    problems = check_bag(tree, report)
    known = {*tree.files, *(problem.file for problem in problems)}
    problems += [Problem(part, "is missing; every bundle has it") for part in PARTS if part not in known]
    problems += _uncitable(tree.root, {problem.file for problem in problems})
    results = tree.below(BASELINES)
    if not results.files:
        problems.append(Problem(BASELINES, "is missing; there is nothing to compute scores from"))
    checked = check_results(results, report, alone=True)
    problems += [Problem(f"{BASELINES}/{problem.file}", problem.what) for problem in checked.problems]
    return Checked(checked.runs, checked.scores, tuple(problems))


def _uncitable(bundle: Path, known: set[str]) -> Iterator[Problem]:
    """Why a bundle cannot be cited, but for files that are ``known`` to be wrong."""
    citation = f"data/{CITATION}"
    for file, read in ((INFO, lambda: read_identity(bundle)), (citation, lambda: read_citation(bundle / citation))):
        try:
            read()
        except DkpError as error:
            if file not in known:
                yield Problem(file, error.problem.removeprefix(f"{bundle / file} "))
