"""Finished runs on disk, and their records.

A results root holds runs in ``DATASET/PROFILE/METHOD/SEED/``. What belongs to a run lies beside its record, where it
was made, or, where runs are kept for good, in ``objects/`` under the SHA-256 that the record has for it.
"""

import difflib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from dkp_bench.errors import DkpError, printable, shell_command
from dkp_bench.files import sha256
from dkp_bench.progress import say
from dkp_bench.runs.hints import restore_hint
from dkp_bench.runs.layout import KEPT_WEIGHTS, RECORD, SAMPLES, STORED_FILES, is_aside, object_path
from dkp_bench.runs.schema import SCHEMA_VERSION, Record
from dkp_bench.runs.signature import short_signature, signature
from dkp_bench.scoring import Score
from dkp_bench.strict import first_mistake
from dkp_bench.text_files import read_json

LARGEST = 16 * 2**20
"""Bytes of a record; its curves have a few hundred points."""


@dataclass(frozen=True)
class Run:
    """A finished run: its folder and its record.

    Attributes:
        path: the run's folder.
        record: what its ``record.json`` says.
    """

    path: Path
    record: Record

    @property
    def root(self) -> Path:
        """The results root that the run lies in."""
        above = self.path.absolute().parents
        return above[min(3, len(above) - 1)]

    def find(self, name: str) -> Path | None:
        """Return the path of a file of the run, beside the record or among the objects; None if it lies in neither."""
        kept = object_path(self.root, self.record.files.get(name, "none"), Path(name).suffix)
        return next((path for path in (self.path / name, kept) if path.is_file()), None)

    def file(self, name: str) -> Path:
        """Return the path of a file of the run.

        Raises:
            DkpError: if it lies nowhere.
        """
        found = self.find(name)
        if found is None:
            raise DkpError(f"{self.path} has no {name}", restore_hint(self.path))
        return found

    def checked_file(self, name: str) -> Path:
        """Return the path of a file of the run, its hash checked.

        Raises:
            DkpError: if it lies nowhere, or is not the file that the record describes.
        """
        path = self.file(name)
        if sha256(path) != self.record.files.get(name):
            raise DkpError(f"{path} is not the file its record describes", restore_hint(self.path))
        return path

    @property
    def can_predict(self) -> bool:
        """Whether what its method saved is here: whole, or what is kept of the weights; true if it saved nothing."""
        saved = (name for name in self.record.files if name not in STORED_FILES)
        return self.find(KEPT_WEIGHTS) is not None or all((self.path / name).is_file() for name in saved)

    @property
    def samples(self) -> Path | None:
        """The file with the run's sample images, None where it left none."""
        return self.find(SAMPLES)

    @property
    def headline(self) -> Score | None:
        """The dataset's headline score, which a record lists first; None where nothing was scored."""
        return next(iter(self.record.scores), None)

    @property
    def headline_protocol(self) -> str:
        """The protocol of the headline score; empty where nothing was scored."""
        return self.headline.protocol if self.headline else ""

    def score(self, protocol: str, metric: str) -> Score | None:
        """Return the score of a protocol and metric, None where the run was not scored so."""
        found = (score for score in self.record.scores if (score.protocol, score.metric) == (protocol, metric))
        return next(found, None)

    def signature(self, protocol: str) -> str:
        """Return the line with every choice behind the run's score under ``protocol``."""
        return signature(self.record.identity, protocol)

    def short_signature(self, protocol: str) -> str:
        """Return the signature for a footnote, with a hash that ``dkp-bench runs --signature`` finds the run by."""
        return short_signature(self.record.identity, protocol)


def open_run(folder: Path) -> Run:
    """Return the finished run in a folder.

    Raises:
        DkpError: if there is none, or its record is damaged.
    """
    if not (folder / RECORD).is_file():
        hint = f"a finished run's folder has a {RECORD}; they lie in DATASET/PROFILE/METHOD/ of the folder of runs"
        raise DkpError(f"{folder} is not the folder of a finished run", hint)
    return Run(folder, read_record(folder / RECORD))


def load_runs(root: Path | str, *, smoke: bool = False) -> list[Run]:
    """Return all finished runs under ``root``, in an order that depends on what they are and not on where they lie.

    Args:
        root: folder of runs; one that does not exist holds none.
        smoke: whether to take only the smoke runs, which are no results, in place of all others.

    Returns:
        Runs sorted by their identities. A folder without a record is an unfinished run and not listed, nor is a
        run that was replaced and set aside.

    Raises:
        DkpError: if a record cannot be read, does not meet the schema, is of another schema version, or is there twice.
    """
    records = [path for path in sorted(Path(root).rglob(RECORD)) if not is_aside(path.parent)]
    runs = [Run(path.parent, read_record(path)) for path in records]
    runs = [run for run in runs if run.record.identity.smoke == smoke]
    runs.sort(key=lambda run: tuple(run.record.identity.model_dump().values()))
    for one, other in itertools.pairwise(runs):
        if one.record.identity == other.record.identity:
            raise DkpError(
                f"the same run is there twice: {one.path} and {other.path}",
                f"a seed must count once; delete one of the two, e.g.: {shell_command('rm', '-r', other.path)}",
            )
    counting, repeated = latest(runs)
    for run in repeated:
        say(f"{run.path} was run again with another version of dkp-bench, and that run counts in its place")
    return counting


def latest(runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """Split runs into those that count and those that were repeated.

    A seed counts once. Of runs that only the version of dkp-bench sets apart, which moves no score, the one that was
    finished last counts. Both keep the order of ``runs``.
    """
    last: dict[tuple[object, ...], Path] = {}
    for run in sorted(runs, key=_when):
        last[tuple(run.record.identity.choices.values())] = run.path
    counting = set(last.values())
    return [run for run in runs if run.path in counting], [run for run in runs if run.path not in counting]


def _when(run: Run) -> tuple[str, str]:
    return run.record.provenance.finished, run.record.identity.version


def named_runs(root: Path) -> list[Run]:
    """Return all finished runs under a folder that the user named.

    Raises:
        DkpError: if there is no such folder, with the nearest one that exists, if it holds no finished run, or only
            smoke runs; else as :func:`load_runs` does.
    """
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise DkpError(
            f"there is no finished run in {root}, which {what}", f"the nearest folder is {_nearest_folder(root)}"
        )
    runs = load_runs(root)
    if not runs and load_runs(root, smoke=True):
        raise DkpError(f"{root} holds only smoke runs: they show that everything works, and are no results")
    if not runs:
        raise DkpError(f"there is no finished run in {root}", "name a folder of runs, or one run's folder")
    return runs


def _nearest_folder(path: Path) -> Path:
    """Return the existing folder that may be meant: of a similar name beside the first missing part, or above it."""
    missing = path.absolute()
    while not missing.parent.is_dir():
        missing = missing.parent
    beside = [each.name for each in missing.parent.iterdir() if each.is_dir() and not each.name.startswith(".")]
    similar = difflib.get_close_matches(missing.name, beside, n=1, cutoff=0.5)
    found = missing.parent / similar[0] if similar else missing.parent
    return found.relative_to(Path.cwd()) if found.is_relative_to(Path.cwd()) else found


def read_record(path: Path) -> Record:
    """Read and validate one ``record.json``.

    Raises:
        DkpError: naming the file and what to do, if it is unreadable, invalid or of another schema version.
    """
    again = restore_hint(path.parent)
    content = read_json(path, hint=again, largest=LARGEST)
    version = content.get("schema_version", SCHEMA_VERSION) if isinstance(content, dict) else SCHEMA_VERSION
    if version != SCHEMA_VERSION:
        written = f"{path}: written with schema version {printable(repr(version), 40)}"
        problem = f"{written}; this dkp-bench reads version {SCHEMA_VERSION}"
        raise DkpError(problem, f"use the dkp-bench that wrote it, or {again}")
    try:
        return Record.model_validate(content)
    except ValidationError as error:
        raise DkpError(f"{path}: not a valid record: {first_mistake(error)}", again) from error
