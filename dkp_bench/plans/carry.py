"""One file with all that a later look needs, small enough to carry away from the machine that made it.

It holds a results root as ``results/baselines`` is one: records (with their curves), predictions and sample images as
objects, the labels they are scored against; the summary and the journal; weights where they are asked for. Unpacked,
``dkp-bench report``, ``compare``, ``score``, ``predict`` (with weights) and ``store`` read it.
"""

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

from safetensors.torch import load_file, save
from torch import Tensor

from dkp_bench.errors import unknown_name
from dkp_bench.files import atomic_path, sha256
from dkp_bench.plans.journal import JOURNAL_FILE
from dkp_bench.runs.layout import ANNOTATIONS, OBJECTS, RECORD, object_path
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.runs.store import KEPT
from dkp_bench.tensor_files import HALF_OF
from dkp_bench.training.inference import WEIGHTS_FILE

CARRY_FILE = "carry.tar"

Weights = Literal["none", "half", "full"]
"""Which weights go along: none, float16, or as they were trained."""


def weights_choice(name: str) -> Weights:
    """The choice called ``name``.

    Raises:
        DkpError: if there is none.
    """
    for choice in get_args(Weights):
        if choice == name:
            return choice  # type: ignore[no-any-return]
    raise unknown_name("choice of weights", name, get_args(Weights))


def pack(root: Path, summary: str, weights: Weights = "none") -> Path:
    """Write ``carry.tar`` into a folder of runs, atomically, with every finished run in it.

    Args:
        root: folder of all runs.
        summary: name of the summary in it.
        weights: which weights go along. Half ones have another hash than the record says, and name it.

    Returns:
        The file.

    Raises:
        DkpError: if a run's predictions or sample images are missing or damaged, or the weights that are to go along.
    """
    runs = load_runs(root)
    with atomic_path(root / CARRY_FILE) as temporary, tarfile.open(temporary, "w") as tar:
        for path, source in _members(root, (summary, JOURNAL_FILE), runs).items():
            _add(tar, path.relative_to(root), source.read_bytes())
        for run in runs if weights != "none" else ():
            if (run.path / WEIGHTS_FILE).is_file():
                _add(tar, (run.path / WEIGHTS_FILE).relative_to(root), _weights(run, weights))
    return root / CARRY_FILE


def check(root: Path) -> None:
    """Find out before the work whether what lies in a folder of runs could be packed after it.

    Raises:
        DkpError: if a record, predictions or sample images are missing or damaged.
    """
    _members(root, (), load_runs(root))


def _members(root: Path, notes: Iterable[str], runs: Iterable[Run]) -> dict[Path, Path]:
    """What goes along besides weights: where it would lie in this folder, and where it lies."""
    found = [root / name for name in notes]
    found += [path for folder in (ANNOTATIONS, OBJECTS) for path in sorted((root / folder).glob("[!.]*"))]
    members = {path: path for path in found if path.is_file()}
    for run in runs:
        members[run.path / RECORD] = run.path / RECORD
        for name in KEPT:
            if name in run.record.files:
                members[object_path(root, run.record.files[name], Path(name).suffix)] = run.checked_file(name)
    return members


def _add(tar: tarfile.TarFile, name: Path, content: bytes) -> None:
    member = tarfile.TarInfo(name.as_posix())
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _weights(run: Run, weights: Weights) -> bytes:
    path = run.checked_file(WEIGHTS_FILE)
    if weights == "full":
        return path.read_bytes()
    tensors = {name: _halved(tensor) for name, tensor in load_file(path).items()}
    return save(tensors, {HALF_OF: sha256(path)})


def _halved(tensor: Tensor) -> Tensor:
    """A tensor in float16, unless it holds no floating-point numbers or some that float16 has not."""
    half = tensor.half()
    return half if tensor.is_floating_point() and bool(half.isfinite().all()) else tensor
