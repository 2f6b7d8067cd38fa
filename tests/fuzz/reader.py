"""A reader that is fuzzed: the sound files it is given, what it makes of them, and what it may raise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dkp_bench.errors import DkpError


def _write(folder: Path, file: Path, content: bytes) -> None:
    del folder
    file.write_bytes(content)


@dataclass(frozen=True)
class Reader:
    """One way into the software for a file.

    Attributes:
        name: what it reads, in a word or two.
        modules: those of ``dkp_bench`` that read a file when it is called.
        make: writes sound files into a folder and returns those that are to be damaged.
        read: reads them; the folder is its argument.
        errors: what it says in its documentation that it raises.
        check: raises AssertionError if a value that was read cannot be right.
        place: puts the damaged content of a file where it is read.
        refuses: whether sound files, too, are refused in the end, being too small to be what is looked for.
        restores: whether reading may change files, so that all of them have to be restored each time.
    """

    name: str
    modules: tuple[str, ...]
    make: Callable[[Path], Sequence[Path]]
    read: Callable[[Path], object]
    errors: tuple[type[Exception], ...] = (DkpError,)
    check: Callable[[object], None] | None = None
    place: Callable[[Path, Path, bytes], None] = _write
    refuses: bool = False
    restores: bool = False


def written(folder: Path, contents: dict[str, bytes]) -> list[Path]:
    """Write files by their names, and return their paths."""
    paths = []
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        paths.append(path)
    return paths
