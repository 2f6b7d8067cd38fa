"""BagIt bags (RFC 8493): a writer for a payload, and readers for ``bag-info.txt`` and the manifests.

The reader is not the library bagit: a bag may come from an untrusted source, and every damaged file should be named.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dkp_bench.bundle.untrusted import Problem, read_small, read_tree
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
    """Write the size of a payload as BagIt does: ``BYTES.FILES``.

    >>> oxum({"a.txt": 10, "b.txt": 5})
    '15.2'
    """
    return f"{sum(payload.values())}.{len(payload)}"


def read_info(folder: Path) -> dict[str, str]:
    """Return the labels and texts of a bag's ``bag-info.txt``.

    Raises:
        DkpError: without the name of the file, if it is missing, too large, not UTF-8, or not in that format.
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


PAYLOAD = "manifest-sha256.txt"
TAGS = "tagmanifest-sha256.txt"

LARGEST = 16 * 2**20
"""Bytes of a manifest."""
LONGEST_LINE = 4096
"""Characters of a line."""

_LINE = re.compile(r"([0-9a-f]{64})  (.+)", re.DOTALL)
_ENCODED = {"%0A": "\n", "%0D": "\r", "%25": "%"}


@dataclass(frozen=True)
class Manifest:
    """The digests that a manifest lists, and the problems found in it.

    Attributes:
        name: its file name.
        digests: SHA-256 by path.
        problems: about the manifest itself.
    """

    name: str
    digests: Mapping[str, str]
    problems: tuple[Problem, ...]


def manifest_text(digests: Mapping[str, str]) -> str:
    """Return the text of a manifest, sorted by path."""
    return "".join(f"{digest}  {encode_path(path)}\n" for path, digest in sorted(digests.items()))


def encode_path(path: str) -> str:
    """Encode a path as a manifest does: line ends and ``%`` percent-encoded, nothing else.

    >>> encode_path("100% real.txt")
    '100%25 real.txt'
    """
    return re.sub(r"[\n\r%]", lambda found: f"%{ord(found[0]):02X}", path)


def decode_path(text: str) -> str:
    """Decode a path in a manifest: the inverse of :func:`encode_path`."""
    return re.sub(r"%(?:0A|0D|25)", lambda found: _ENCODED[found[0].upper()], text, flags=re.IGNORECASE)


def why_unsafe(path: str) -> str:
    """Say why a path is not one inside the bag, written in its simplest form; empty if it is."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in path):
        return "the path has a control character"
    if path.startswith(("/", "~")) or "\\" in path or ":" in path:
        return "the path is not relative, with / between its parts and without ~, \\ and :"
    if ".." in path.split("/"):
        return "the path climbs out of the bundle"
    return "" if all(part not in ("", ".") for part in path.split("/")) else "the path is not in its simplest form"


def read_manifest(bag: Path, name: str) -> Manifest:
    """Read a manifest as far as it can be read.

    A line that cannot be read, or a path that must not be there, is among its problems and not in its digests.
    """
    digests: dict[str, str] = {}
    problems = []
    try:
        content = read_small(bag / name, LARGEST)
    except DkpError as error:
        return Manifest(name, {}, (Problem(name, error.problem),))
    text = content.decode("utf-8", "replace")
    if text.encode("utf-8") != content:
        problems.append(Problem(name, "is not UTF-8"))
    if "\r" in text:
        problems.append(Problem(name, "has carriage returns; did a program convert its line ends?"))
        text = text.replace("\r\n", "\n")
    folded: dict[str, str] = {}
    *lines, rest = text.split("\n")
    for number, line in enumerate(lines, start=1):
        found = None if len(line) > LONGEST_LINE else _LINE.fullmatch(line)
        if found is None:
            problems.append(Problem(name, f"line {number} is not a SHA-256, two spaces and a path: {line[:80]}"))
            continue
        path = decode_path(found[2])
        wrong = why_unsafe(path) or _wrong_place(path, name) or _collision(path, folded)
        if wrong:
            problems.append(Problem(path, f"{name}, line {number}: {wrong}"))
        else:
            digests[path] = found[1]
    if rest or not lines:
        problems.append(Problem(name, "does not end with the end of a line" if rest else "is empty"))
    return Manifest(name, digests, tuple(problems))


def _wrong_place(path: str, manifest: str) -> str:
    if manifest == PAYLOAD:
        return "" if path.startswith("data/") else "the path is not in data/"
    return "the path is in data/, or the manifest itself" if path.startswith("data/") or path == TAGS else ""


def _collision(path: str, folded: dict[str, str]) -> str:
    """Say why a path collides with an earlier one on some file system; empty if not. Add it to ``folded``."""
    other = folded.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
    if other is not path:
        return "the path is there twice" if other == path else f"the path differs from {other} in case alone"
    return ""
