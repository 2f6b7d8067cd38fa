"""A BagIt bag (RFC 8493): writing one around a payload, and what its ``bag-info.txt`` says."""

from collections.abc import Mapping
from pathlib import Path

from dkp_bench.bundle.manifest import PAYLOAD, TAGS, manifest_text
from dkp_bench.bundle.tree import read_small, read_tree
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256, write_bytes

DECLARATION = "bagit.txt"
DECLARED = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
INFO = "bag-info.txt"
LARGEST_INFO = 2**16
"""Bytes of ``bag-info.txt``."""


def write_bag(folder: Path, info: Mapping[str, str]) -> None:
    """Make a bag of a folder that holds its payload in ``data/``; the same payload and ``info`` give the same bytes.

    Args:
        folder: gets the tag files.
        info: labels and texts for ``bag-info.txt``; the Payload-Oxum is added.
    """
    payload = read_tree(folder).below("data").files
    labels = {**info, "Payload-Oxum": oxum(payload)}
    _write(folder / DECLARATION, DECLARED)
    _write(folder / INFO, "".join(f"{label}: {' '.join(text.split())}\n" for label, text in sorted(labels.items())))
    _write(folder / PAYLOAD, manifest_text({f"data/{path}": sha256(folder / "data" / path) for path in payload}))
    _write(folder / TAGS, manifest_text({name: sha256(folder / name) for name in (DECLARATION, INFO, PAYLOAD)}))


def oxum(payload: Mapping[str, int]) -> str:
    """Bytes and files of a payload as BagIt writes them: ``BYTES.FILES``."""
    return f"{sum(payload.values())}.{len(payload)}"


def read_info(folder: Path) -> dict[str, str]:
    """The labels and texts of a bag's ``bag-info.txt``.

    Raises:
        DkpError: without the name of the file, if it is missing, too large, not UTF-8, or not such a file.
    """
    try:
        lines = read_small(folder / INFO, LARGEST_INFO).decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise DkpError(f"is not UTF-8: {error}") from error
    info: dict[str, str] = {}
    label = ""
    for number, line in enumerate(lines, start=1):
        name, colon, text = line.partition(": ")
        if label and line.startswith((" ", "\t")):
            info[label] += f" {line.strip()}"
        elif colon and name and name == name.strip() and name not in info:
            label = name
            info[label] = text.strip()
        elif line:
            raise DkpError(f"line {number} is not a new label, a colon and a text: {line[:80]}")
    return info


def _write(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8"))
