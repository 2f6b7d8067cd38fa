"""The runs that a path means: those of a run's folder, of a method's folder, or the one run of a record."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from dkp_bench.analysis.comparable import Variant, group_runs
from dkp_bench.errors import DkpError, printable, shell_command
from dkp_bench.runs.layout import RECORD, is_aside
from dkp_bench.runs.run import Run, latest, load_runs, read_record
from dkp_bench.runs.schema import Identity
from dkp_bench.runs.smoke import no_result
from dkp_bench.text import counted

LISTED = 10
"""So many folders are named where a path holds no run."""


@dataclass(frozen=True)
class Choice:
    """The runs that a path means.

    Attributes:
        path: as it was given.
        variant: the runs, a seed each.
        note: says what was taken where that is more, or less, than the path names; else empty.
    """

    path: Path
    variant: Variant
    note: str = ""


def choose(path: Path) -> Choice:
    """Return the runs that a path means.

    A run's folder (SEED) means its method with the same settings and all seeds that lie beside it; the ``record.json``
    in it means only that seed. A method's folder (DATASET/PROFILE/METHOD) means the method's main variant: the settings
    with the most seeds, in a tie those that were run first. Runs that were scored on val, to choose settings, count
    only where there are no others.

    Raises:
        DkpError: if there is no finished run, it is a smoke run, or there are runs of several methods, which are named
            with their folders.
    """
    found = _chosen(path)
    for run in found.variant.runs:
        if run.record.identity.smoke:
            raise no_result(run.path)
    return found


def _chosen(path: Path) -> Choice:
    if path.name == RECORD and path.is_file():
        return _one_seed(path)
    if (path / RECORD).exists():
        return _all_seeds(path)
    runs = load_runs(path) or load_runs(path, smoke=True)  # smoke runs too: `choose` says that they are no result
    if not runs:
        hint = "name the folder of one run (SEED) or of all seeds of a method (DATASET/PROFILE/METHOD)"
        raise DkpError(f"{path} holds no finished run", "\n".join([hint, *_runs_near(path)]))
    _refuse_several_methods(path, runs)
    found = variants_of(runs)
    variants = [each for each in found if each.runs[0].record.identity.split == "test"] or found
    main = min(variants, key=_rank)
    if len(variants) == 1:
        return Choice(path, main)
    others = "\n".join(f"  {each.label}: {each.runs[0].path}" for each in variants if each is not main)
    taken = f"{path} holds {len(variants)} variants of {main.method}; taken is {_in_words(main)}"
    return Choice(path, main, f"{taken}\nthe others go by a folder of theirs:\n{others}")


def _rank(variant: Variant) -> tuple[int, str]:
    """Rank a variant of a method by its seeds, then by its age."""
    return -len(variant.runs), min(run.record.provenance.started for run in variant.runs)


def variants_of(runs: Iterable[Run]) -> list[Variant]:
    """Return the variants of one method, each once: a control is in every group."""
    found = [variant for group in group_runs(tuple(runs), ()) for variant in group.variants]
    return list({tuple(run.path for run in variant.runs): variant for variant in found}.values())


def choose_one(path: Path) -> tuple[Run, str]:
    """Return the one run that a path means: of a run's folder or record, or the first seed of a method's main variant.

    Returns:
        The run, and a note that says what was taken where the path names more; else an empty string.

    Raises:
        DkpError: as :func:`choose`.
    """
    if (path / RECORD).exists():
        return Run(path, read_record(path / RECORD)), ""
    chosen = choose(path)
    run = chosen.variant.runs[0]
    taken = f"taken is {run.path}, the first seed of {_in_words(chosen.variant)}"
    return run, "" if path.name == RECORD else "\n".join(filter(None, [chosen.note, taken]))


def _all_seeds(folder: Path) -> Choice:
    variant = _variant_of(folder)
    if len(variant.runs) == 1:
        return Choice(folder, variant)
    alone = shell_command(folder / RECORD)
    return Choice(folder, variant, f"{folder} stands for {_in_words(variant)}; that seed alone goes by {alone}")


def _one_seed(record: Path) -> Choice:
    variant = _variant_of(record.parent)
    (run,) = (run for run in variant.runs if run.path.resolve() == record.parent.resolve())
    return Choice(record, replace(variant, runs=(run,)))


def _variant_of(folder: Path) -> Variant:
    """Return the variant of the run in a folder, with the seeds that lie beside it."""
    own = Run(folder, read_record(folder / RECORD))
    # The parent of "." and ".." by text is not the folder above; elsewhere the path stays as the reader wrote it.
    above = folder.parent if folder.name not in ("", "..") else folder.resolve().parent
    found_beside = (path.parent for path in sorted(above.glob(f"*/{RECORD}")) if not is_aside(path.parent))
    beside = [path for path in found_beside if path.resolve() != folder.resolve()]
    # A run repeated by another version of dkp-bench is the same seed again: the one that was named counts, else the
    # latest. A copy of the named run, with the very same identity, is refused below.
    others, _ = latest([Run(path, read_record(path / RECORD)) for path in beside])
    runs = [own, *(run for run in others if not _is_repeated(run.record.identity, own.record.identity))]
    place = _place(own.record.identity)
    variants = variants_of(run for run in runs if _place(run.record.identity) == place)
    found = next(each for each in variants if any(run is own for run in each.runs))
    for run in found.runs:
        twice = [each for each in found.runs if each.record.identity == run.record.identity]
        if len(twice) > 1:
            problem = f"the same run is there twice: {twice[0].path} and {twice[1].path}"
            raise DkpError(problem, f"a seed must count once; to compare only one: {shell_command(folder / RECORD)}")
    return found


def _refuse_several_methods(path: Path, runs: Sequence[Run]) -> None:
    folders: dict[tuple[str, ...], Path] = {}
    for run in runs:
        folders.setdefault(_place(run.record.identity), run.path.parent)
    if len(folders) > 1:
        what = {" on ".join((place[2], place[0])) + f", {place[1]}": folder for place, folder in folders.items()}
        listed = "\n".join(f"{name}: {folder}" for name, folder in sorted(what.items()))
        raise DkpError(f"{path} holds runs that differ in more than the seed", f"name the folder of one:\n{listed}")


def _runs_near(path: Path) -> list[str]:
    """Return lines that name folders of methods with finished runs, near a path that holds none."""
    above = next((folder for folder in (path, *path.parents) if folder.is_dir()), Path())
    if Path.cwd().is_relative_to(above.resolve()):  # not the whole disk: the folder where runs are made by default
        above = Path("results", "runs")
    patterns = ["/".join(["*"] * depth + [RECORD]) for depth in range(5)]
    records: list[Path] = []
    for pattern in patterns:
        with suppress(OSError):  # another process removes a folder meanwhile: this is a hint
            records += sorted(above.glob(pattern))
    folders = list(dict.fromkeys(str(record.parent.parent) for record in records if not is_aside(record.parent)))
    lines = [f"  {printable(folder)}" for folder in folders[:LISTED]]
    lines += [f"  and {len(folders) - LISTED} more"] if len(folders) > LISTED else []
    return ["there are finished runs in", *lines] if lines else ["dkp-bench train makes runs, in results/runs"]


def _is_repeated(one: Identity, other: Identity) -> bool:
    """Return whether only the version of dkp-bench sets two runs apart."""
    return one.choices == other.choices and one != other


def _place(identity: Identity) -> tuple[str, str, str]:
    return identity.dataset, identity.profile, identity.method


def _in_words(variant: Variant) -> str:
    seeds = ", ".join(map(str, variant.seeds))
    return f"{variant.label} with {counted(len(variant.seeds), 'seed')} ({seeds})"
