"""Hints for errors about runs: what to type next. What is stored for good is restored, never deleted."""

import itertools
from collections.abc import Mapping
from pathlib import Path

from dkp_bench.datasets import datasets
from dkp_bench.errors import shell_command
from dkp_bench.runs.layout import PREDICTIONS, object_path
from dkp_bench.runs.schema import NO_DEPTH, UNKNOWN, Record

BAG = ("bagit.txt", "manifest-sha256.txt")
"""Stand in the top folder of every bundle."""
STORED = Path("results", "baselines")
"""Where a checkout has its stored baselines."""


def bundle_of(folder: Path) -> Path | None:
    """Return the bundle that a run's folder lies in, None where it lies in none."""
    return next((above for above in folder.resolve().parents if any((above / mark).is_file() for mark in BAG)), None)


def is_stored(folder: Path) -> bool:
    """Return whether a run's folder lies among stored baselines."""
    return any(above.parts[-2:] == STORED.parts for above in folder.resolve().parents)


def restore_hint(folder: Path) -> str:
    """Return how to get a file of the run in ``folder`` back; training it again is not for this hint to say."""
    bundle = bundle_of(folder)
    if bundle is not None:
        return f"get the bundle again; this names all that is damaged: {shell_command('dkp-bench', 'verify', bundle)}"
    if is_stored(folder):
        return f"restore what is stored: {shell_command('git', 'checkout', '--', folder)}"
    return f"restore the file, or delete the run's folder and run it again: {shell_command('rm', '-r', folder)}"


def train_command(
    method: str, dataset: str, profile: str, seeds: str, settings: Mapping[str, object] | None = None
) -> str:
    """Return the command that trains one method on one dataset, with settings of its own.

    >>> train_command("autolink", "mannequin", "tiny", "0,1", {"flip": False})
    'dkp-bench train autolink mannequin --profile tiny --seeds 0,1 --set flip=false'
    """
    words = ["dkp-bench", "train", method, dataset, "--profile", profile, "--seeds", seeds, *files_option(dataset)]
    chosen = [word for key, value in (settings or {}).items() for word in ("--set", f"{key}={_text(value)}")]
    return shell_command(*words, *chosen)


def files_option(dataset: str) -> list[str]:
    """Return the option that names the files of a dataset; empty for one that makes its own images."""
    kind = datasets().get(dataset)
    return ["--data", "PATH"] if kind is not None and kind.needs_files else []


def rerun_command(record: Record) -> str:
    """Return the command that makes a run like this one; of predictions made elsewhere, the one that scores them."""
    identity = record.identity
    if record.provenance.code_hash == UNKNOWN:
        words = ["score", "predictions.npz", "--dataset", identity.dataset, "--name", identity.method]
        return shell_command("dkp-bench", *words, "--profile", identity.profile, "--seed", identity.seed)
    command = train_command(identity.method, identity.dataset, identity.profile, str(identity.seed), record.overrides)
    if identity.depth not in (NO_DEPTH, "exact"):
        command += f" {shell_command('--depth', identity.depth)}"
    return command if identity.split == "test" else f"{command} --split {identity.split}"


def missing_weights_hint(folder: Path, root: Path, record: Record) -> str:
    """Return what to do about a run in a results root whose weights are needed and cannot be read.

    Stored baselines and bundles keep no whole ones, so another run has to be trained; the one that is there stays.
    """
    stored = object_path(root, record.files.get(PREDICTIONS, "none")).is_file()
    if stored or bundle_of(folder) is not None or is_stored(folder):
        return f"stored runs and bundles keep no whole weights; train one like it: {rerun_command(record)}"
    names = (folder.with_name(f"{folder.name}.replaced-{number}") for number in itertools.count(1))
    aside = next(name for name in names if not name.exists())
    return f"set it aside and train it again:\n{shell_command('mv', folder, aside)}\n{rerun_command(record)}"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
