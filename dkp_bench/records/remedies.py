"""What to do about a run's file that is missing or damaged: what is kept for good is restored, never deleted."""

import itertools
from pathlib import Path

from dkp_bench.datasets import datasets
from dkp_bench.errors import shell_command
from dkp_bench.records.layout import object_path
from dkp_bench.records.schema import UNKNOWN, Record

PREDICTIONS = "predictions.npz"
BAG = ("bagit.txt", "manifest-sha256.txt")
"""Stand in the top folder of every bundle."""
STORED = Path("results", "baselines")
"""Where a checkout has its stored baselines."""


def bundle_of(folder: Path) -> Path | None:
    """The bundle that a run's folder lies in, None where it lies in none."""
    return next((above for above in folder.resolve().parents if any((above / mark).is_file() for mark in BAG)), None)


def is_stored(folder: Path) -> bool:
    """Whether a run's folder lies among stored baselines."""
    return any(above.parts[-2:] == STORED.parts for above in folder.resolve().parents)


def restoring(folder: Path) -> str:
    """How to have a file of a run in ``folder`` again, without a word on training it."""
    bundle = bundle_of(folder)
    if bundle is not None:
        return f"get the bundle again; this names all that is damaged: {shell_command('dkp-bench', 'verify', bundle)}"
    if is_stored(folder):
        return f"restore what is stored: {shell_command('git', 'checkout', '--', folder)}"
    return f"restore the file, or delete the run's folder and run it again: {shell_command('rm', '-r', folder)}"


def train_command(record: Record) -> str:
    """What to type to make a run's like; of predictions made elsewhere, what scores them."""
    identity = record.identity
    if record.provenance.code_hash == UNKNOWN:
        words = ["score", "predictions.npz", "--dataset", identity.dataset, "--name", identity.method]
        return shell_command("dkp-bench", *words, "--profile", identity.profile, "--seed", identity.seed)
    words = ["train", identity.method, identity.dataset, "--profile", identity.profile, "--seeds", str(identity.seed)]
    kind = datasets().get(identity.dataset)
    words += ["--data", "PATH"] if kind is not None and kind.needs_files else []
    words += itertools.chain.from_iterable(
        ("--set", f"{key}={_text(value)}") for key, value in record.overrides.items()
    )
    return shell_command("dkp-bench", *words)


def without_weights(folder: Path, root: Path, record: Record) -> str:
    """What to do about a run in a results root whose weights are needed and cannot be read.

    Stored baselines and bundles keep none, so another run has to be trained; the one that is there stays.
    """
    stored = object_path(root, record.files.get(PREDICTIONS, "none")).is_file()
    if stored or bundle_of(folder) is not None or is_stored(folder):
        return f"stored runs and bundles keep no weights; train one like it: {train_command(record)}"
    names = (folder.with_name(f"{folder.name}.replaced-{number}") for number in itertools.count(1))
    aside = next(name for name in names if not name.exists())
    return f"set it aside and train it again:\n{shell_command('mv', folder, aside)}\n{train_command(record)}"


def _text(value: bool | float | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
