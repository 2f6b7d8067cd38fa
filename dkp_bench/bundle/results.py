"""Whether a results root holds what its records say: schema, file hashes, and every score from its predictions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from dkp_bench.array_files import LARGEST
from dkp_bench.bundle.rescoring import FAILURES, check_scores, in_words, quiet
from dkp_bench.bundle.runs import check_files, check_once, find_runs, places, record_of
from dkp_bench.bundle.tree import Problem, Tree, why_not
from dkp_bench.progress import Reporter
from dkp_bench.records.annotations import Annotations, read_annotations_file, read_description
from dkp_bench.records.layout import ANNOTATIONS, OBJECTS, RECORD, annotations_path
from dkp_bench.records.schema import Identity
from dkp_bench.records.store import Run

LARGEST_JSON = 16 * 2**20
"""Bytes of a record or of a description of annotations."""


@dataclass(frozen=True)
class Checked:
    """What came of checking a results root.

    Attributes:
        runs: records found that can be read.
        scores: scores that were computed anew.
        problems: what is wrong.
    """

    runs: int
    scores: int
    problems: tuple[Problem, ...]


def check_results(tree: Tree, report: Reporter, *, alone: bool) -> Checked:
    """Check the results root that a tree lists; nothing outside its plain files is read.

    Args:
        tree: of the results root.
        report: told how far it is.
        alone: whether nothing may lie in it that no record and no annotations name; else only among its objects.
    """
    too_large = tuple(_too_large(tree.files))
    if too_large:
        return Checked(0, 0, too_large)
    runs, problems = find_runs(tree, alone=alone)
    problems += [*_objects(tree), *check_once(tree, runs)]
    named = {path for run in runs for name in run.record.files for path in places(tree, run, name)}
    scores, done = 0, 0
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
            report("runs scored anew", done, len(runs))
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
    """Every file of annotations that is there or should be."""
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
        return Problem(file, in_words(tree, file, error))
    named = annotations_path(tree.root, annotations.dataset, annotations.image_size, annotations.dataset_hash)
    if named != tree.root / file:
        return Problem(file, f"holds the annotations of {annotations.dataset}, content {annotations.dataset_hash}")
    return annotations
