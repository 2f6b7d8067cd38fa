"""The files in an untrusted folder: listed without following a link, read without trusting a size."""

import os
import re
import stat
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dkp_bench.array_files import DAMAGE
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256
from dkp_bench.runs.annotations import Annotations
from dkp_bench.runs.layout import OBJECTS, RECORD, STORED_FILES, is_aside
from dkp_bench.runs.predictions import run_predictions
from dkp_bench.runs.rescore import wrong_scores
from dkp_bench.runs.run import Run, read_record
from dkp_bench.runs.schema import Identity, Record

MOST_FILES = 50_000
"""Limit of files and folders in a bundle."""


@dataclass(frozen=True, order=True)
class Problem:
    """A problem with a file. Its texts are raw, and must be made printable before they are shown.

    Attributes:
        file: its path, relative to what is verified, with ``/``.
        what: the problem, in words that follow the path.
    """

    file: str
    what: str


@dataclass(frozen=True)
class Tree:
    """The plain files below a folder.

    Attributes:
        root: the folder.
        files: bytes of each by its path, relative and with ``/``, sorted.
        problems: entries that are no plain files (symbolic links, devices, pipes) or cannot be read.
    """

    root: Path
    files: Mapping[str, int]
    problems: tuple[Problem, ...]

    def below(self, folder: str) -> "Tree":
        """Return the part of the tree in one of its folders."""
        prefix = f"{folder}/"
        files = {path.removeprefix(prefix): size for path, size in self.files.items() if path.startswith(prefix)}
        return Tree(self.root / folder, files, ())


def read_tree(root: Path) -> Tree:
    """List the files below a folder, of which more than :data:`MOST_FILES` are one problem.

    No symbolic link is followed: a link in an untrusted folder could lead to any file of the machine.
    """
    files: dict[str, int] = {}
    problems: list[Problem] = []
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    path, status = f"{folder}{entry.name}", entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(status.st_mode):
                        folders.append(f"{path}/")
                    elif stat.S_ISREG(status.st_mode):
                        files[path] = status.st_size
                    else:
                        problems.append(_not_plain(path, status.st_mode))
                    if len(files) + len(folders) + len(problems) > MOST_FILES:
                        return Tree(root, {}, (Problem(path, f"is one of more than {MOST_FILES:,} files"),))
        except OSError as error:
            problems.append(Problem(folder or ".", f"cannot be read: {error.strerror}"))
    return Tree(root, dict(sorted(files.items())), tuple(problems))


def _not_plain(path: str, mode: int) -> Problem:
    what = "a symbolic link" if stat.S_ISLNK(mode) else "neither a file nor a folder"
    return Problem(path, f"is {what}; there must be plain files alone")


def why_not(path: Path, digest: str, said_by: str) -> str:
    """Say why a file does not have a SHA-256; empty if it has it. The file is read in pieces."""
    try:
        return "" if sha256(path) == digest else f"its content is not what {said_by} says"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def read_small(path: Path, largest: int) -> bytes:
    """Return the bytes of a file that should be small.

    Raises:
        DkpError: if it is not there, is no plain file, cannot be read or has more than ``largest`` bytes.
    """
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            raise DkpError(_not_plain(path.name, mode).what)
        with path.open("rb") as file:
            content = file.read(largest + 1)  # a size from stat may be wrong by now, so it is not relied on
    except FileNotFoundError as error:
        raise DkpError("is missing") from error
    except OSError as error:
        raise DkpError(f"cannot be read: {error.strerror}") from error
    if len(content) > largest:
        raise DkpError(f"has more than {largest:,} bytes")
    return content


_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:+-]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def find_runs(tree: Tree, *, alone: bool) -> tuple[list[Run], list[Problem]]:
    """Return the runs in a tree whose records are safe to build paths from, and the problems of the others.

    Args:
        tree: of a results root.
        alone: if true, runs that were replaced and set aside are checked like any other; else they are skipped.
    """
    runs, problems = [], []
    for file in (path for path in tree.files if PurePosixPath(path).name == RECORD):
        path = tree.root / file
        if is_aside(path.parent) and not alone:
            continue
        try:
            record = read_record(path)
        except DkpError as error:
            problems.append(Problem(file, fault_in_words(tree, file, error)))
            continue
        wrong = _why_untrusted(record) or _why_elsewhere(record.identity, file)
        if wrong:
            problems.append(Problem(file, wrong))
        else:
            runs.append(Run(path.parent, record))
    return runs, problems


def record_of(tree: Tree, run: Run) -> str:
    """Return the path of a run's record in the tree."""
    return (run.path / RECORD).relative_to(tree.root).as_posix()


def check_once(tree: Tree, runs: Iterable[Run]) -> Iterator[Problem]:
    """Yield a problem for each run that is there a second time: a seed must count once."""
    seen: dict[Identity, Run] = {}
    for run in runs:
        other = seen.setdefault(run.record.identity, run)
        if other is not run:
            yield Problem(record_of(tree, run), f"the same run is in {record_of(tree, other)} too")


def places(tree: Tree, run: Run, name: str) -> tuple[str, str]:
    """Return the two possible paths of a file that a record names: beside the record, and among the objects."""
    beside = (run.path / name).relative_to(tree.root).as_posix()
    return beside, f"{OBJECTS}/{run.record.files[name]}{PurePosixPath(name).suffix}"


def check_files(tree: Tree, run: Run) -> Iterator[Problem]:
    """Yield a problem for each file of a run that is missing or does not have the hash in its record."""
    record = record_of(tree, run)
    for name, digest in run.record.files.items():
        beside, kept = places(tree, run, name)
        found = next((path for path in (beside, kept) if path in tree.files), None)
        if found is None:
            if name in STORED_FILES:  # the others, such as weights, are in the record but are not stored with it
                yield Problem(kept, f"is missing; it is the {name} of {record}")
        elif why_not(tree.root / found, digest, record):
            yield Problem(found, why_not(tree.root / found, digest, record))


def _why_untrusted(record: Record) -> str:
    """Say why a record does not belong here: it is no result, or its names are no safe parts of a path; else empty."""
    # Names in the record become parts of paths below, so one such as "../../x" would be read outside the folder.
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


MOST_KEYPOINTS = 1024
"""Limit of K in a record: the memory of the regression grows with its square."""
FAILURES = (DkpError, *DAMAGE)
"""Errors that reading or scoring crafted files may raise."""


def check_scores(tree: Tree, file: str, run: Run, annotations: Annotations) -> list[str]:
    """Compute the scores of a record again, and describe those that differ.

    Args:
        tree: the results root.
        file: the record's path in it.
        run: the run; its files are there and have the hashes of the record.
        annotations: the annotations it was scored against.
    """
    try:
        with quiet():
            return _wrong_keypoints(run) or wrong_scores(run, annotations)
    except FAILURES as error:
        return [fault_in_words(tree, file, error)]


@contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings: crafted numbers overflow and old files are converted, but only the scores are checked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def fault_in_words(tree: Tree, file: str, error: Exception) -> str:
    """Write an error about a file without the file's path, which the problem names already."""
    text = error.problem if isinstance(error, DkpError) else f"{type(error).__name__}: {error}"
    for root in (tree.root.absolute(), tree.root):
        text = text.replace(f"{root}/", "")
    return text.removeprefix(f"{file}: ")


def _wrong_keypoints(run: Run) -> list[str]:
    predictions, stated = run_predictions(run), run.record.identity.keypoints
    found = {predictions.regression.shape[1], predictions.test.shape[1]}
    if found != {stated}:
        return [f"says {stated} keypoints; its predictions have {' and '.join(map(str, sorted(found)))}"]
    return [f"has more than {MOST_KEYPOINTS} keypoints"] if stated > MOST_KEYPOINTS else []
