"""Runs by name: ``METHOD@DATASET``, of one profile ``METHOD@DATASET:PROFILE``, of one seed ``…:seed0``."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dkp_bench.analysis.find_runs import choose, choose_one
from dkp_bench.errors import DkpError, printable
from dkp_bench.runs.hints import train_command
from dkp_bench.runs.layout import RECORD
from dkp_bench.runs.run import Run, open_run
from dkp_bench.shipped import RESULTS, WITHOUT_BASELINES
from dkp_bench.text import cut_short

RUNS = RESULTS / "runs"
"""Where a person's own runs lie by default."""
LISTED = 40
"""So many names are listed where one means nothing."""
_NAME = re.compile(
    r"(?P<method>[^@/\\]+)@(?P<dataset>[^@:/\\]+)(?::(?!seed\d)(?P<profile>[^@:/\\]+))?(?::seed(?P<seed>\d+))?"
)


@dataclass(frozen=True)
class RunName:
    """A name as it was typed, in its parts.

    Attributes:
        method: a method's name, or ``module:Class``.
        dataset: the dataset's name.
        profile: the profile's; None for any.
        seed: one seed; None for all of them.
    """

    method: str
    dataset: str
    profile: str | None = None
    seed: int | None = None


def parse_run_name(words: str) -> RunName | None:
    """Return the name in a text; None for anything else, such as a path, and for what is there under that path.

    >>> parse_run_name("autolink@mannequin:tiny:seed1")
    RunName(method='autolink', dataset='mannequin', profile='tiny', seed=1)
    >>> parse_run_name("results/runs/mannequin/tiny/autolink")
    """
    found = _NAME.fullmatch(words)
    if found is None or Path(words).exists():
        return None
    seed = found["seed"]
    return RunName(found["method"], found["dataset"], found["profile"], None if seed is None else int(seed))


def locate(words: Path, baselines: Path, *, runs: Path = RUNS, to_predict: bool = False) -> Path:
    """Return the path of the runs that a name means; a path is returned as it is.

    Args:
        words: a path, or a name.
        baselines: results root of the stored runs.
        runs: results root of one's own; a name is looked up in both.
        to_predict: whether only runs count whose weights are here.

    Returns:
        A method's folder, or a run's ``record.json`` if a seed is named.

    Raises:
        DkpError: if no run has that name, or runs in several folders, which are listed.
    """
    name = parse_run_name(str(words))
    if name is None:
        return words
    roots = list(dict.fromkeys([runs, baselines]))
    named = [path for folder in _folders(roots, name) for path in _of_seed(folder, name.seed)]
    found = [path for path in named if not to_predict or choose_one(path)[0].can_predict]
    if len(found) == 1:
        return found[0]
    if found:
        listed = [f"{_in_words(path)}: {path}" for path in found]
        raise DkpError(f"{printable(words)} means runs in {len(found)} folders", "\n".join(["name one:", *listed]))
    if named:
        train = train_command(name.method, name.dataset, name.profile or named[0].parents[0].name, str(name.seed or 0))
        raise DkpError(f"no run of {printable(words)} has its weights here", f"train one that has: {train}")
    raise _unknown(printable(words), roots, baselines)


def locate_one(words: Path, baselines: Path, *, runs: Path = RUNS, to_predict: bool = False) -> tuple[Run, str]:
    """Return the one run that a run's folder or a name means, and a note on what was taken where a name means several.

    Raises:
        DkpError: as :func:`locate`, or if a folder is not that of a finished run.
    """
    path = locate(words, baselines, runs=runs, to_predict=to_predict)
    return (open_run(words), "") if path == words else choose_one(path)


def _folders(roots: Sequence[Path], name: RunName) -> Iterator[Path]:
    """Yield the folders of a method on a dataset, of each profile, that have finished runs."""
    for root in roots:
        profiles = sorted((root / name.dataset).glob("[!.]*")) if name.profile is None else [Path(name.profile)]
        for profile in profiles:
            folder = root / name.dataset / profile.name / name.method.replace(":", ".")
            if any(folder.glob(f"*/{RECORD}")):
                yield folder


def _of_seed(folder: Path, seed: int | None) -> list[Path]:
    """Return a method's folder, or the record of one seed of its main variant; empty if there is no such seed."""
    if seed is None:
        return [folder]
    runs = choose(folder).variant.runs
    return [run.path / RECORD for run in runs if run.record.identity.seed == seed]


def _in_words(path: Path) -> str:
    """Return the name of a method's folder, or of a record in it."""
    folder = path.parents[1] if path.name == RECORD else path
    return f"{folder.name}@{folder.parents[1].name}:{folder.parent.name}"


def _unknown(words: str, roots: Sequence[Path], baselines: Path) -> DkpError:
    folders = {record.parent.parent for root in roots for record in root.glob(f"*/*/*/*/{RECORD}")}
    names = sorted({_in_words(folder) for folder in folders})
    nearest = difflib.get_close_matches(words[:200], names, n=1)
    guess = f"; did you mean {nearest[0]}?" if nearest else ""
    first, more = cut_short(names, LISTED)
    listed = ["there are", *(f"  {name}" for name in first), *([f"  {more}"] if more else [])] if names else []
    without = [] if baselines.is_dir() else [f"there are no stored baselines here: {WITHOUT_BASELINES}"]
    return DkpError(f"there is no run of {words}{guess}", "\n".join([*listed, *without]))
