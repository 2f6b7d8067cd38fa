"""The runs of a results root from strangers: records that are valid, lie where they say, and name plain files."""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from dkp_bench.bundle.rescoring import in_words
from dkp_bench.bundle.tree import Problem, Tree, why_not
from dkp_bench.errors import DkpError
from dkp_bench.records.archive import KEPT
from dkp_bench.records.layout import OBJECTS, RECORD, is_aside
from dkp_bench.records.schema import Identity, Record
from dkp_bench.records.store import Run, read_record

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:+-]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def find_runs(tree: Tree, *, alone: bool) -> tuple[list[Run], list[Problem]]:
    """The runs in a tree whose records can be trusted with paths, and what is wrong with the others.

    Args:
        tree: of a results root.
        alone: whether no run that was replaced and set aside may be there either; else those are passed over.
    """
    runs, problems = [], []
    for file in (path for path in tree.files if PurePosixPath(path).name == RECORD):
        path = tree.root / file
        if is_aside(path.parent) and not alone:
            continue
        try:
            record = read_record(path)
        except DkpError as error:
            problems.append(Problem(file, in_words(tree, file, error)))
            continue
        wrong = _why_untrusted(record) or _why_elsewhere(record.identity, file)
        if wrong:
            problems.append(Problem(file, wrong))
        else:
            runs.append(Run(path.parent, record))
    return runs, problems


def record_of(tree: Tree, run: Run) -> str:
    """The path of a run's record in the tree."""
    return (run.path / RECORD).relative_to(tree.root).as_posix()


def check_once(tree: Tree, runs: Iterable[Run]) -> Iterator[Problem]:
    """Runs that are there a second time: a seed must count once."""
    seen: dict[Identity, Run] = {}
    for run in runs:
        other = seen.setdefault(run.record.identity, run)
        if other is not run:
            yield Problem(record_of(tree, run), f"the same run is in {record_of(tree, other)} too")


def places(tree: Tree, run: Run, name: str) -> tuple[str, str]:
    """Where a file that a record names may lie in the tree: beside the record, or among the objects."""
    beside = (run.path / name).relative_to(tree.root).as_posix()
    return beside, f"{OBJECTS}/{run.record.files[name]}{PurePosixPath(name).suffix}"


def check_files(tree: Tree, run: Run) -> Iterator[Problem]:
    """Files of a run that are missing, or not those that its record describes."""
    record = record_of(tree, run)
    for name, digest in run.record.files.items():
        beside, kept = places(tree, run, name)
        found = next((path for path in (beside, kept) if path in tree.files), None)
        if found is None:
            if name in KEPT:
                yield Problem(kept, f"is missing; it is the {name} of {record}")
        elif why_not(tree.root / found, digest, record):
            yield Problem(found, why_not(tree.root / found, digest, record))


def _why_untrusted(record: Record) -> str:
    """Why a record does not belong here: its names must not become part of a path, or it is no result; else empty."""
    identity = record.identity
    if identity.smoke:
        return "is of a smoke run, which is no result"
    names = (identity.dataset, identity.dataset_hash, identity.method, *record.files)
    strange = next((name for name in names if not _PLAIN.fullmatch(name)), None)
    if strange is not None:
        return f"{strange!r} is not a plain name"
    wrong = next((digest for digest in record.files.values() if not _DIGEST.fullmatch(digest)), None)
    return "" if wrong is None else f"{wrong!r} is not a SHA-256"


def _why_elsewhere(identity: Identity, file: str) -> str:
    method = identity.method.replace(":", ".")
    folder = f"{identity.dataset}/{identity.profile}/{method}/seed{identity.seed}-"
    fits = file.startswith(folder) and file.count("/") == folder.count("/") + 1
    return "" if fits else f"is the record of another run, whose folder is {folder}…"
