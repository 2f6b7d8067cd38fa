"""Photographs of the user: found among files and folders, and read in the formats that Pillow reads."""

import io
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError, features

from dkp_bench.errors import DkpError, printable
from dkp_bench.imaging import read_rgb
from dkp_bench.picture_headers import JPEG_START, MOST_PIXELS, OTHER_FORMATS, PNG_START, check_picture
from dkp_bench.walk import Skipped, Walk, walk

HEIF = (".heic", ".heif")
SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".jp2", ".ppm", ".pgm", ".avif", *HEIF),
)
"""How the names of images end, in lower case."""
DRAWN_BY = "dkp-bench predict"
"""What the ``Software`` text of a drawn picture says, by which it is never taken for a photograph."""
BY_RULE = ("hidden", "results are written there", "a link to a folder above it")
"""Why :func:`dkp_bench.walk.walk` leaves things out that are not missed."""
_HEIF_READER = "pillow_heif"
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")
_TURN: Final[Mapping[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]]] = {  # from Exif's orientation to upright
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


class Photograph(NamedTuple):
    """An image file, and the name it goes by among those that were found with it: a relative path (POSIX)."""

    path: Path
    name: str


@dataclass(frozen=True)
class Found:
    """The photographs that were found, and what was left out.

    Attributes:
        photographs: in the order of their names, no name twice.
        left_out: what is none by a rule: hidden files, drawings and folders of results.
        failed: what should be one and cannot be read, such as a link that leads nowhere.
        others: how many files end in what is no image's, by that ending.
    """

    photographs: tuple[Photograph, ...]
    left_out: tuple[Skipped, ...]
    failed: tuple[Skipped, ...]
    others: Counter[str]


class Picture(NamedTuple):
    """A photograph as it is shown: ``(H, W, 3)`` uint8 RGB, upright, and the Exif orientation of its file, 1 to 8."""

    rgb: NDArray[np.uint8]
    orientation: int


def find_photographs(paths: Sequence[Path], out: Path) -> Found:
    """Find the images among files and folders, subfolders included.

    Their names are relative to the folder that holds all of them: ``a.jpg`` for one file, ``sub/a.jpg`` in a folder,
    ``x/a.jpg`` and ``y/a.jpg`` for two of them.

    Args:
        paths: files, taken by their content, and folders, in which the names tell images from others.
        out: where results are written to; it is not looked into.

    Raises:
        DkpError: if there is no such file or folder, or a folder cannot be read.
    """
    places = [_place(path) for path in paths]
    root = Path(os.path.commonpath([place if place.is_dir() else place.parent for place in places]))
    photographs: dict[str, Photograph] = {}
    left_out: list[Skipped] = []
    failed: list[Skipped] = []
    others: Counter[str] = Counter()
    for place in places:
        prefix = place.relative_to(root)
        if not place.is_dir():
            _sort_in(Photograph(place, prefix.as_posix()), photographs, left_out, failed)
            continue
        walked = _walk(place, out)
        for file in walked.files:
            if file.name.lower().endswith(SUFFIXES):
                _sort_in(Photograph(place / file.name, (prefix / file.name).as_posix()), photographs, left_out, failed)
            else:
                others[PurePosixPath(file.name).suffix or "no ending"] += 1
        for name, why in walked.skipped:
            if name.endswith("/") or name.lower().endswith(SUFFIXES):
                whole = (prefix / name).as_posix() + ("/" if name.endswith("/") else "")
                (left_out if why in BY_RULE else failed).append(Skipped(whole, why))
    found = tuple(photographs[name] for name in sorted(photographs))
    return Found(found, tuple(dict.fromkeys(left_out)), tuple(dict.fromkeys(failed)), others)


def others_in_words(others: Counter[str], shown: int = 5) -> str:
    """Say how many files are no images, by how their names end.

    >>> others_in_words(Counter({".txt": 3, ".mp4": 1}))
    '3 .txt, 1 .mp4'
    """
    ranked = sorted(others.items(), key=lambda item: (-item[1], item[0]))
    parts = [f"{count} {printable(ending, 20)}" for ending, count in ranked[:shown]]
    return ", ".join([*parts, "…"] if len(others) > shown else parts)


def read_photograph(path: Path) -> Picture:
    """Read a photograph as it is shown; of an animation or a file with several pages, the first picture.

    Transparency is left out, and 16 bits a channel become 8.

    Raises:
        ValueError: if it is damaged, too large, or of a format that cannot be read here; the message says which.
        OSError: if there is no such file.
    """
    content = path.read_bytes()
    if content.startswith((JPEG_START, PNG_START)):
        orientation = _orientation_of(content)
        return Picture(_turned(read_rgb(path), orientation), orientation)
    return _read_other(content)


def _place(path: Path) -> Path:
    """Return where a path leads to, its last part as it was given."""
    expanded = path.expanduser()
    if not os.path.lexists(expanded):
        raise DkpError(f"there is no file or folder {path}", "name images, or folders with images")
    return expanded.resolve() if expanded.is_dir() else expanded.parent.resolve() / expanded.name


def _walk(folder: Path, out: Path) -> Walk:
    try:
        return walk(folder, without=[out])
    except OSError as error:
        raise DkpError(f"{folder} cannot be read: {error.strerror or error}", "let this user read it") from error


def _sort_in(
    photograph: Photograph, photographs: dict[str, Photograph], left_out: list[Skipped], failed: list[Skipped]
) -> None:
    """Put a file among the photographs, or among what is none."""
    path, name = photograph
    if not path.is_file():
        why = "a link that leads nowhere" if path.is_symlink() and not path.exists() else "no regular file"
        failed.append(Skipped(name, why))
    elif _is_drawing(path):
        left_out.append(Skipped(name, f"drawn by {DRAWN_BY}"))
    else:
        photographs[name] = photograph


def _is_drawing(path: Path) -> bool:
    """Return whether a picture says that it was drawn here; only its header is read."""
    try:
        with path.open("rb") as file:
            if not file.read(8).startswith(PNG_START):
                return False
            file.seek(0)
            with Image.open(file, formats=("PNG",)) as picture:
                return bool(picture.info.get("Software") == DRAWN_BY)
    except Exception:  # what is wrong with it is said where it is read
        return False


def _orientation_of(content: bytes) -> int:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return _orientation(picture)
    except Exception:  # its pixels could be read, and nothing else counts
        return 1


def _orientation(picture: Image.Image) -> int:
    value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    return value if isinstance(value, int) and value in _TURN else 1


def _turned(rgb: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(_TURN[orientation](rgb)) if orientation in _TURN else rgb


def _read_other(content: bytes) -> Picture:
    """Read what is neither a JPEG nor a PNG."""
    if _is_heif(content):
        formats = _heif_formats(content)
    else:
        check_picture(content)
        formats = OTHER_FORMATS
    try:
        with Image.open(io.BytesIO(content), formats=formats) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError(f"it says that it has more than {MOST_PIXELS:,} pixels")
            orientation = _orientation(picture)
            picture.load()  # some of Pillow's readers turn a picture here, and some do not
            return Picture(_turned(_rgb(picture), _orientation(picture)), orientation)
    except UnidentifiedImageError as error:
        raise ValueError("it is damaged") from error  # its beginning is that of an image
    except ValueError:
        raise
    except Exception as error:  # each of Pillow's readers raises types of its own on a damaged file
        raise ValueError(f"it is damaged: {printable(error)}") from error


def _is_heif(content: bytes) -> bool:
    """Return whether it is a picture in a format of video frames, HEIC, HEIF or AVIF, and not a video."""
    return content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS


def _heif_formats(content: bytes) -> tuple[str, ...]:
    """Return Pillow's names for the format, once what reads it is installed.

    Raises:
        ValueError: if nothing here reads it; the message names the package that does.
    """
    is_avif = b"avif" in content[8:64] or b"avis" in content[8:64]
    if is_avif and features.check("avif"):
        return ("AVIF",)
    try:
        import_module(_HEIF_READER).register_heif_opener()
    except ImportError:
        name, package = ("AVIF", "pillow>=11.3") if is_avif else ("HEIC", "pillow-heif")
        raise ValueError(f"{name} wants another package: pip install '{package}'") from None
    return ("HEIF",)


def _rgb(picture: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of an opened picture, 8 bits a channel."""
    if picture.mode == "F":
        raise ValueError("it holds floating-point numbers, which are no colours")
    if picture.mode.startswith("I"):  # 16 bits of grey; Pillow's own conversion would cut them off at 255
        grey = np.clip(np.asarray(picture) >> 8, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    return np.asarray(picture.convert("RGB"), dtype=np.uint8)
