"""Opening files that PyTorch saved, which may be damaged or hostile: nothing is run, and none keeps one waiting.

``torch.load`` with ``weights_only`` runs nothing. What it says of a name that it refuses takes time that is quadratic
in the name's length, so names and texts are looked at before it sees them.
"""

import io
import pickletools
import warnings
import zipfile
from pathlib import Path
from typing import IO, Any

import torch
from safetensors import SafetensorError, safe_open

LONGEST = 1_000
"""Characters of a name or a text in such a file; names of parameters have up to a hundred."""
LARGEST = 64 * 2**20
"""Bytes of the part that says what the tensors are; that of the largest published network has 0.3 million."""
MOST_INSTRUCTIONS = 2_000_000
HALF_OF = "float16 of"
"""Under this key, weights that were halved say the SHA-256 of those they were made from."""
OLD_PARTS = 5
"""Pickles that a file of the form before 2020 begins with: two of versions, the system, the content, the keys."""


def load_tensors(source: Path | bytes) -> Any:
    """Return what a file of PyTorch's holds, on the CPU: containers, numbers, text and tensors.

    Args:
        source: the file, or its content.

    Raises:
        Exception: of a type of its own for each way in which the file can be damaged.

    >>> content = io.BytesIO()
    >>> torch.save({"a": torch.ones(2)}, content)
    >>> load_tensors(content.getvalue())
    {'a': tensor([1., 1.])}
    """
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as file:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of an odd escape in a name, which is refused anyway
            _check(file)
        file.seek(0)
        return torch.load(file, map_location="cpu", weights_only=True)


def halved_from(path: Path) -> str:
    """Return the SHA-256 of the weights that those in a file were halved from; empty where they are no such weights."""
    try:
        with safe_open(path, "pt") as file:
            return str((file.metadata() or {}).get(HALF_OF, ""))
    except (OSError, SafetensorError):
        return ""


def _check(file: IO[bytes]) -> None:
    """Look at every pickle of the file, in the form of today, a zip, or that of before."""
    is_zip = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    if not is_zip:
        for _ in range(OLD_PARTS):
            _check_pickle(file)
        return
    with zipfile.ZipFile(file) as archive:
        for part in archive.infolist():
            if part.filename.endswith(".pkl"):
                if part.file_size > LARGEST:
                    raise ValueError(f"{part.filename} has {part.file_size:,} bytes")
                _check_pickle(io.BytesIO(archive.read(part)))


def _check_pickle(file: IO[bytes]) -> None:
    for number, (_, argument, _) in enumerate(pickletools.genops(file)):
        if isinstance(argument, str | bytes) and len(argument) > LONGEST:
            raise ValueError(f"a text in it has {len(argument):,} characters")
        if number > MOST_INSTRUCTIONS:
            raise ValueError(f"it has more than {MOST_INSTRUCTIONS:,} instructions")
