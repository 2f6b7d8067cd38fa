"""Verification of a bundle or a results root: schemas, file hashes, and every score computed from its predictions."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dkp_bench.array_files import LARGEST
from dkp_bench.bundle.bag import INFO
from dkp_bench.bundle.bag_check import MARKS, check_bag
from dkp_bench.bundle.citation import CITATION_FILE, read_citation
from dkp_bench.bundle.cite import read_identity
from dkp_bench.bundle.untrusted import (
    FAILURES,
    Problem,
    Tree,
    check_files,
    check_once,
    check_scores,
    fault_in_words,
    find_runs,
    places,
    quiet,
    read_tree,
    record_of,
    why_not,
)
from dkp_bench.errors import DkpError
from dkp_bench.progress import Progress
from dkp_bench.runs.annotations import Annotations, read_annotations_file, read_description
from dkp_bench.runs.layout import ANNOTATIONS, OBJECTS, RECORD, annotations_path
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import Identity

LARGEST_JSON = 16 * 2**20
"""Limit of the bytes of a record or of a description of annotations."""


@dataclass(frozen=True)
class Checked:
    """The result of checking a results root.

    Attributes:
        runs: number of records that can be read.
        scores: number of scores that were computed again.
        problems: all problems found.
    """

    runs: int
    scores: int
    problems: tuple[Problem, ...]


def check_results(tree: Tree, progress: Progress, *, alone: bool) -> Checked:
    """Check the results root that a tree lists; nothing outside its plain files is read.

    Args:
        tree: of the results root.
        progress: callback for progress.
        alone: if true, any file that no record and no annotations name is a problem; else only one among its objects.
    """
    # Sizes come first: a crafted file of many gigabytes must not be opened.
    too_large = tuple(_too_large(tree.files))
    if too_large:
        return Checked(0, 0, too_large)
    runs, problems = find_runs(tree, alone=alone)
    problems += [*_objects(tree), *check_once(tree, runs)]
    named = {path for run in runs for name in run.record.files for path in places(tree, run, name)}
    scores, done = 0, 0
    # By annotations, not by run: each file is read once, and only one set of arrays is in memory at a time.
    for file in _descriptions(tree, runs):
        annotations = _annotations(tree, file)
        if isinstance(annotations, Problem):
            problems.append(annotations)
        else:
            arrays = read_description(tree.root / file).arrays
            named.add(f"{OBJECTS}/{arrays}.npz")
        for run in (run for run in runs if _description(tree, run.record.identity) == file):
            missing = list(check_files(tree, run))
            problems += missing
            if not missing and not isinstance(annotations, Problem):
                problems += _scores(tree, run, annotations)
                scores += len(run.record.scores)
            done += 1
            progress("runs scored again", done, len(runs))
    return Checked(len(runs), scores, (*problems, *_unnamed(tree.files, named, alone)))


def _scores(tree: Tree, run: Run, annotations: Annotations) -> list[Problem]:
    record = record_of(tree, run)
    return [Problem(record, wrong) for wrong in check_scores(tree, record, run, annotations)]


def _too_large(files: Mapping[str, int]) -> Iterator[Problem]:
    for path, size in files.items():
        largest = LARGEST_JSON if path.endswith(".json") else LARGEST
        if size > largest:
            yield Problem(path, f"has more than {largest:,} bytes; no score was computed")


def _objects(tree: Tree) -> Iterator[Problem]:
    for path in (path for path in tree.files if path.startswith(f"{OBJECTS}/")):
        wrong = why_not(tree.root / path, PurePosixPath(path).stem, "its name")
        if wrong:
            yield Problem(path, wrong)


def _unnamed(files: Mapping[str, int], named: set[str], alone: bool) -> Iterator[Problem]:
    for path in files:
        looked_at = path.startswith(f"{ANNOTATIONS}/") or PurePosixPath(path).name == RECORD
        if path not in named and not looked_at and (alone or path.startswith(f"{OBJECTS}/")):
            yield Problem(path, "was added; no record and no annotations that can be read name it")


def _descriptions(tree: Tree, runs: Iterable[Run]) -> list[str]:
    """List every description of annotations that is there or that a run needs."""
    there = {path for path in tree.files if path.startswith(f"{ANNOTATIONS}/")}
    return sorted(there | {_description(tree, run.record.identity) for run in runs})


def _description(tree: Tree, identity: Identity) -> str:
    path = annotations_path(tree.root, identity.dataset, identity.image_size, identity.dataset_hash)
    return path.relative_to(tree.root).as_posix()


def _annotations(tree: Tree, file: str) -> Annotations | Problem:
    if file not in tree.files:
        return Problem(file, "is missing; the runs on this dataset cannot be scored")
    try:
        with quiet():
            annotations = read_annotations_file(tree.root / file)
    except FAILURES as error:
        return Problem(file, fault_in_words(tree, file, error))
    named = annotations_path(tree.root, annotations.dataset, annotations.image_size, annotations.dataset_hash)
    if named != tree.root / file:  # else the labels of one dataset could stand in for those of another
        return Problem(file, f"holds the annotations of {annotations.dataset}, content {annotations.dataset_hash}")
    return annotations


BASELINES = "data/baselines"
"""Path of the results root in a bundle."""
PARTS = (
    "data/published.toml",
    "data/report/report.html",
    "data/pins.txt",
    f"data/{CITATION_FILE}",
    "data/README.md",
    "data/ro-crate-metadata.json",
)
"""Other files that every bundle has."""


@dataclass(frozen=True)
class Verification:
    """The result of verifying.

    Attributes:
        bundle: true for a bundle, false for a results root.
        files: number of plain files.
        runs: number of runs.
        scores: number of scores that were computed again.
        problems: all problems, sorted by file.
    """

    bundle: bool
    files: int
    runs: int
    scores: int
    problems: tuple[Problem, ...]


def verify(path: Path, progress: Progress) -> Verification:
    """Verify a bundle, or a results root such as ``results/baselines``.

    Args:
        path: its folder.
        progress: callback for progress.

    Returns:
        The numbers of what was checked, and the problems: none if all is correct.

    Raises:
        DkpError: if ``path`` is neither.
    """
    if not path.is_dir():
        raise DkpError(f"there is no folder {path}", "name the folder of a bundle, or a results root")
    bundle = any(os.path.lexists(path / name) for name in MARKS)
    if not bundle and not any(os.path.lexists(path / name) for name in (ANNOTATIONS, OBJECTS)):
        hint = f"a bundle has {', '.join(MARKS)}; a results root has {ANNOTATIONS}/ and {OBJECTS}/"
        raise DkpError(f"{path} is neither a bundle nor a results root", hint)
    tree = read_tree(path)  # not before: in a folder of something else it may take minutes
    if tree.problems:  # nothing is read then: a link could lead out of the folder
        return Verification(bundle, len(tree.files), 0, 0, tree.problems)
    checked = _bundle(tree, progress) if bundle else check_results(tree, progress, alone=False)
    return Verification(bundle, len(tree.files), checked.runs, checked.scores, tuple(sorted({*checked.problems})))


def _bundle(tree: Tree, progress: Progress) -> Checked:
    problems = check_bag(tree, progress)
    known = {*tree.files, *(problem.file for problem in problems)}
    problems += [Problem(part, "is missing; every bundle has it") for part in PARTS if part not in known]
    problems += _uncitable(tree.root, {problem.file for problem in problems})
    results = tree.below(BASELINES)
    if not results.files:
        problems.append(Problem(BASELINES, "is missing; there is nothing to compute scores from"))
    checked = check_results(results, progress, alone=True)
    problems += [Problem(f"{BASELINES}/{problem.file}", problem.what) for problem in checked.problems]
    return Checked(checked.runs, checked.scores, tuple(problems))


def _uncitable(bundle: Path, known: set[str]) -> Iterator[Problem]:
    """Yield the problems that make a bundle impossible to cite, except in files that are ``known`` to be wrong."""
    citation = f"data/{CITATION_FILE}"
    for file, read in ((INFO, lambda: read_identity(bundle)), (citation, lambda: read_citation(bundle / citation))):
        try:
            read()
        except DkpError as error:
            if file not in known:
                yield Problem(file, error.problem.removeprefix(f"{bundle / file} "))
