"""The depth store: beside a dataset, one 16-bit PNG an image and the range of values it stands for.

    <root>/<name>/store.json      what estimated the maps, and when and where the store was filled
    <root>/<name>/maps.csv        image, lowest value, highest value, SHA-256 of the PNG; one row a map
    <root>/<name>/<image>.png     the map; map_file.py says how

A map is written before its row, so a store that was interrupted goes on with the images that have no row.
"""

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dkp_bench.depth.map_file import Range, check_range, decode_map, encode_map
from dkp_bench.errors import DkpError, printable, shell_command
from dkp_bench.files import WriteError, reason, write_bytes, write_json
from dkp_bench.progress import Progress
from dkp_bench.text_files import UnreadableError, read_json

MANIFEST, ROWS = "store.json", "maps.csv"
FILLS = "fills"
"""The part of the manifest that may differ from one filling of a store to the next: when, where, with which packages.
All the rest says what the maps are."""
UNFIT = re.compile(r"[\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Not in the name of an image: backslashes, control characters, and what stands for bytes that are no UTF-8."""
GO_ON = "fix that and type the same command again: it goes on with the maps that are missing"


class Row(NamedTuple):
    """The range of a map and the SHA-256 of its PNG."""

    low: float
    high: float
    sha256: str


class Photographs(NamedTuple):
    """Photographs that depth can be estimated from.

    Attributes:
        files: the image files by their names in a depth store.
        stores: the folder of their depth stores.
        upright: whether they are turned as their EXIF orientation says.
        left_out: a sentence on what lies among them and is not one of them; empty if nothing does.
    """

    files: Mapping[str, Path]
    stores: Path
    upright: bool = False
    left_out: str = ""


class DepthStore:
    """Relative inverse depth of images, near is large.

    Args:
        folder: of the store.

    Raises:
        DkpError: if there is no store, or its lists are damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about = _read_manifest(folder)
        self._rows = _read_rows(folder / ROWS)

    @property
    def name(self) -> str:
        """The model that estimated the maps, and the first digits of its weights' SHA-256."""
        return self.folder.name

    def command(self, of: str = "DATASET") -> str:
        """Return what to type to make what is missing or damaged in this store of ``of``."""
        model, seed = self.about.get("model"), self.about.get("seed")
        options = [] if model is None else ["--model", str(model)]
        options += ["--weights", "FILE"] if seed is None else ["--random", "--seed", str(seed)]
        return f"dkp-bench data depth {of} {shell_command(*options)}"

    def missing(self, images: Iterable[str]) -> list[str]:
        """Return those of ``images`` that have no map, in their order."""
        return [image for image in images if image not in self._rows]

    def read(self, image: str) -> NDArray[np.float32]:
        """Read the depth map of an image, ``(H, W)``, at most half of (high − low) / 65535 off.

        Raises:
            DkpError: if it has none, or its file or its range is not the one that was written.
        """
        row, path, again = self._rows.get(image), self.file(image), f"to have it made again, type: {self.command()}"
        if row is None:
            raise DkpError(f"the depth store {self.folder} has no map of {image}", again)
        try:
            return decode_map(_read_written(path, row), Range(row.low, row.high))
        except ValueError as error:
            raise DkpError(f"{path} {error}", again) from error

    def verify(self, images: Iterable[str], progress: Progress | None = None) -> dict[str, str]:
        """Compare the files of all maps with what was written, by several threads.

        Args:
            images: those without a map are passed over; :meth:`missing` names them.
            progress: called with how many maps were looked at.

        Returns:
            Images whose map is damaged, in their order, each with what is wrong.
        """
        written = [image for image in images if image in self._rows]

        def problem(image: str) -> str:
            try:
                _read_written(self.file(image), self._rows[image])
            except ValueError as error:
                return str(error)
            return ""

        damaged = {}
        with ThreadPoolExecutor() as pool:
            for done, (image, found) in enumerate(zip(written, pool.map(problem, written), strict=True), start=1):
                if found:
                    damaged[image] = found
                if progress:
                    progress(f"verifying {self.name}", done, len(written))
        return damaged

    def add(self, maps: Mapping[str, NDArray[np.floating]]) -> None:
        """Write maps by the names of their images: all files first, then their rows, on disk when this returns.

        Raises:
            DkpError: if a map is not ``(H, W)`` of finite numbers, a name leads out of the store or cannot be written
                down, or the disk refuses.
        """
        for image in maps:
            _check_name(image)
        try:
            with ThreadPoolExecutor() as pool:  # compressing and syncing release Python's lock
                rows = dict(zip(maps, pool.map(self._write, maps, maps.values()), strict=True))
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows([image, *row] for image, row in rows.items())
            with (self.folder / ROWS).open("a", encoding="utf-8", newline="") as file:
                file.write(text.getvalue())
                file.flush()
                os.fsync(file.fileno())
        except (OSError, WriteError) as error:
            raise DkpError(f"cannot write to the depth store {self.folder}: {_why(error)}", GO_ON) from error
        self._rows |= rows

    def note_fill(self, circumstances: Mapping[str, Any]) -> None:
        """Write down when, where and with which packages maps are about to be added."""
        self.about = {**self.about, FILLS: [*self.about.get(FILLS, []), dict(circumstances)]}
        write_json(self.folder / MANIFEST, self.about)

    def file(self, image: str) -> Path:
        """Return the path of an image's map."""
        return self.folder / f"{image}.png"

    def _write(self, image: str, depth: NDArray[np.floating]) -> Row:
        depth = np.asarray(depth, dtype=np.float32)
        if depth.ndim != 2 or not depth.size or not np.isfinite(depth).all():
            problem = f"the depth of {image} has the shape {depth.shape} or values that are not finite"
            raise DkpError(problem, "the model's weights are damaged, or of another model")
        content, found = encode_map(depth)
        write_bytes(self.file(image), content)
        return Row(*found, hashlib.sha256(content).hexdigest())


def open_for_writing(root: Path, name: str, about: Mapping[str, Any]) -> DepthStore:
    """Open the store called ``name`` under ``root``, made if it is not there, to be filled or completed.

    Args:
        root: where the stores of a dataset lie.
        name: of the store.
        about: what makes its maps what they are, as values of JSON.

    Raises:
        DkpError: if the store there was made from something else than ``about`` says, or cannot be written.
    """
    folder = root / name
    try:
        if not (folder / MANIFEST).exists():
            write_json(folder / MANIFEST, dict(about))
        existing = _read_manifest(folder)
        keys = {*existing, *about} - {FILLS}
        changed = sorted(key for key in keys if existing.get(key) != about.get(key))
        if changed:
            was = ", ".join(f"{key} {existing.get(key)!r} (now {about.get(key)!r})" for key in changed)
            hint = f"maps of both kinds must not mix; delete it or move it away: {shell_command('rm', '-r', folder)}"
            raise DkpError(f"{folder} was made with {printable(was, 600)}", hint)
        _drop_torn_line(folder / ROWS)
    except (OSError, WriteError) as error:
        hint = "stores lie beside the images; for a dataset, DKP_BENCH_DEPTH can name another folder for them"
        raise DkpError(f"cannot write the depth store {folder}: {_why(error)}", hint) from error
    return DepthStore(folder)


def stores(root: Path) -> list[str]:
    """Return the names of the stores under ``root``."""
    return sorted(path.parent.name for path in root.glob(f"*/{MANIFEST}"))


def _read_manifest(folder: Path) -> dict[str, Any]:
    hint = "'dkp-bench data depth' makes one"
    try:
        about = read_json(folder / MANIFEST)
    except UnreadableError as error:
        raise DkpError(f"{folder} is no depth store: {MANIFEST}: {printable(error.why)}", hint) from error
    if not isinstance(about, dict) or not isinstance(about.get(FILLS, []), list):
        raise DkpError(f"{folder} is no depth store: {MANIFEST} does not say what it holds", hint)
    return about


def _read_rows(path: Path) -> dict[str, Row]:
    """Read the whole lines of the list; a last one that a kill cut off does not count."""
    try:
        content = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise DkpError(f"{path} cannot be read: {error.strerror}", GO_ON) from error
    whole, rows = content[: content.rfind(b"\n") + 1], dict[str, Row]()
    lines = csv.reader(whole.decode(errors="replace").split("\n")[:-1])
    try:
        for image, low, high, digest in lines:
            rows[image] = row = Row(float(low), float(high), digest)
            if not Range(row.low, row.high).is_sound or not re.fullmatch("[0-9a-f]{64}", digest):
                raise ValueError(f"no range and SHA-256 of {image}")
    except (ValueError, csv.Error) as error:
        problem = f"{path}, line {lines.line_num}, is damaged: {printable(error)}"
        raise DkpError(problem, "delete that line; 'dkp-bench data depth' makes its map again") from error
    return rows


def _why(error: OSError | WriteError) -> str:
    cause = error if isinstance(error, OSError) else error.__cause__
    return reason(cause) if isinstance(cause, OSError) else str(error)


def _drop_torn_line(path: Path) -> None:
    """Remove a row that a kill cut off, so that it does not run into the next one."""
    if path.exists():
        content = path.read_bytes()
        with path.open("r+b") as file:
            file.truncate(content.rfind(b"\n") + 1)


def _check_name(image: str) -> None:
    """Refuse a name that leads out of the store, that is another's in disguise, or that a line of UTF-8 cannot hold."""
    path = PurePosixPath(image)
    inside = path.parts and not path.is_absolute() and ".." not in path.parts and path.as_posix() == image
    if not inside or UNFIT.search(image):
        raise DkpError(f"{image!r} is no name of an image within a folder", "rename that file")


def _read_written(path: Path, row: Row) -> bytes:
    """Read a map's file; raise ValueError saying what is wrong if it is not what was written."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise ValueError(f"is not the map that was written: its SHA-256 differs from that in {ROWS}")
    check_range(content, Range(row.low, row.high))
    return content
