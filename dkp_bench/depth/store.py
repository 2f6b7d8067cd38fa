"""The depth store: beside a dataset, one 16-bit PNG an image and the range of values it stands for.

    <root>/<name>/store.json      what estimated the maps, and when and where the store was filled
    <root>/<name>/maps.csv        image, lowest value, highest value, SHA-256 of the PNG; one row a map
    <root>/<name>/<image>.png     round((value − low) / (high − low) · 65535)

A map is written before its row, so a store that was interrupted goes on with the images that have no row.
"""

import csv
import hashlib
import io
import json
import math
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from dkp_bench.errors import DkpError
from dkp_bench.files import atomic_path, write_json
from dkp_bench.progress import Reporter

MANIFEST, ROWS = "store.json", "maps.csv"
FILLS = "fills"
"""The part of the manifest that may differ from one filling of a store to the next: when, where, with which packages.
All the rest says what the maps are."""
LEVELS = 65535
UNFIT = re.compile(r"[\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Not in the name of an image: backslashes, control characters, and what stands for bytes that are no UTF-8."""
GO_ON = "mend that and type the same command again: it goes on with the maps that are missing"


class Row(NamedTuple):
    """The range of a map and the SHA-256 of its PNG."""

    low: float
    high: float
    sha256: str


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
        """What estimated the maps: the model and the first digits of its weights' SHA-256."""
        return self.folder.name

    def command(self, of: str = "DATASET") -> str:
        """What to type to have made what is missing in this store of ``of``, or damaged."""
        model, seed = self.about.get("model"), self.about.get("seed")
        options = [] if model is None else ["--model", str(model)]
        options += ["--weights", "FILE"] if seed is None else ["--random", "--seed", str(seed)]
        return f"dkp-bench data depth {of} {shlex.join(options)}"

    def missing(self, images: Iterable[str]) -> list[str]:
        """Those of ``images`` that have no map, in their order."""
        return [image for image in images if image not in self._rows]

    def read(self, image: str) -> NDArray[np.float32]:
        """The depth map of an image, ``(H, W)``, at most half of (high − low) / 65535 off.

        Raises:
            DkpError: if it has none, or its file is not the one that was written.
        """
        row, path, again = self._rows.get(image), self.file(image), f"to have it made anew, type: {self.command()}"
        if row is None:
            raise DkpError(f"the depth store {self.folder} has no map of {image}", again)
        try:
            levels = _decode(_read_written(path, row))
        except ValueError as error:
            raise DkpError(f"{path} {error}", again) from error
        return np.asarray(row.low + levels * ((row.high - row.low) / LEVELS), dtype=np.float32)

    def verify(self, images: Iterable[str], report: Reporter | None = None) -> dict[str, str]:
        """Compare the files of all maps with what was written, by several threads.

        Args:
            images: those without a map are passed over; :meth:`missing` names them.
            report: is told how many maps were looked at.

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
                if report:
                    report(f"verifying {self.name}", done, len(written))
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
        except OSError as error:
            raise DkpError(f"cannot write to the depth store {self.folder}: {error.strerror}", GO_ON) from error
        self._rows |= rows

    def note_fill(self, circumstances: Mapping[str, Any]) -> None:
        """Write down when, where and with which packages maps are about to be added."""
        self.about = {**self.about, FILLS: [*self.about.get(FILLS, []), dict(circumstances)]}
        write_json(self.folder / MANIFEST, self.about)

    def file(self, image: str) -> Path:
        """Where the map of an image lies."""
        return self.folder / f"{image}.png"

    def _write(self, image: str, depth: NDArray[np.floating]) -> Row:
        depth = np.asarray(depth, dtype=np.float32)
        if depth.ndim != 2 or not depth.size or not np.isfinite(depth).all():
            problem = f"the depth of {image} has the shape {depth.shape} or values that are not finite"
            raise DkpError(problem, "the model's weights are damaged, or of another model")
        low, high = float(depth.min()), float(depth.max())
        scaled = (depth.astype(np.float64) - low) / ((high - low) or 1.0)
        content = cv2.imencode(".png", np.round(scaled * LEVELS).astype(np.uint16))[1].tobytes()
        with atomic_path(self.file(image)) as temporary:
            temporary.write_bytes(content)
        return Row(low, high, hashlib.sha256(content).hexdigest())


def open_for_writing(root: Path, name: str, about: Mapping[str, Any]) -> DepthStore:
    """The store called ``name`` under ``root``, made if it is not there, to be filled or filled up.

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
            hint = f"maps of both kinds must not mix; delete it or move it away: rm -r {folder}"
            raise DkpError(f"{folder} was made with {was}", hint)
        _drop_torn_line(folder / ROWS)
    except OSError as error:
        hint = "stores lie beside the images; for a dataset, DKP_BENCH_DEPTH can name another folder for them"
        raise DkpError(f"cannot write the depth store {folder}: {error.strerror}", hint) from error
    return DepthStore(folder)


def stores(root: Path) -> list[str]:
    """Names of the stores under ``root``."""
    return sorted(path.parent.name for path in root.glob(f"*/{MANIFEST}"))


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        about = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(about, dict) or not isinstance(about.get(FILLS, []), list):
            raise ValueError(f"{MANIFEST} does not say what it holds")
        return about
    except (OSError, ValueError) as error:
        raise DkpError(f"{folder} is no depth store: {error}", "'dkp-bench data depth' makes one") from error


def _read_rows(path: Path) -> dict[str, Row]:
    content = path.read_bytes() if path.exists() else b""
    whole, rows = content[: content.rfind(b"\n") + 1], dict[str, Row]()
    lines = csv.reader(whole.decode(errors="replace").split("\n")[:-1])
    try:
        for image, low, high, digest in lines:
            rows[image] = row = Row(float(low), float(high), digest)
            if not -math.inf < row.low <= row.high < math.inf or not re.fullmatch("[0-9a-f]{64}", digest):
                raise ValueError(f"no range and SHA-256 of {image}")
    except (ValueError, csv.Error) as error:
        problem = f"{path}, line {lines.line_num}, is damaged: {error}"
        raise DkpError(problem, "delete that line; 'dkp-bench data depth' makes its map anew") from error
    return rows


def _drop_torn_line(path: Path) -> None:
    """A row that was cut off by a kill must not run into the next one."""
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
    """The content of a map's file; ValueError says what is wrong if it is not what was written."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise ValueError(f"is not the map that was written: its SHA-256 differs from that in {ROWS}")
    return content


def _decode(content: bytes) -> NDArray[np.uint16]:
    try:
        levels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ValueError(f"is no image: {error}") from error
    if levels is None or levels.dtype != np.uint16 or levels.ndim != 2:
        raise ValueError("is not a 16-bit grey PNG")
    return np.asarray(levels, dtype=np.uint16)
