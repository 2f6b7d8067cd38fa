"""Datasets whose files the user brings: how to get them, where they lie, and the depth store beside them."""

import os
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import Dataset
from dkp_bench.datasets.finding import Finding, offenders, refuse_wrong
from dkp_bench.datasets.folders import data_folder, data_variable
from dkp_bench.datasets.layout import elsewhere, missing_parts
from dkp_bench.datasets.plausible import label_findings
from dkp_bench.datasets.splits import LABELLED
from dkp_bench.datasets.usable import require_usable, usable_findings
from dkp_bench.depth.store import DepthStore, Photographs, stores
from dkp_bench.errors import DkpError, shell_command
from dkp_bench.imaging import read_rgb, resize
from dkp_bench.progress import Progress
from dkp_bench.text import cut_short
from dkp_bench.walk import Skipped, Walk

Item = TypeVar("Item", bound=np.generic)
SHOWN = 6
"""How many names a message lists."""
DEPTH_VARIABLE = "DKP_BENCH_DEPTH"
"""Names the folder of the depth stores of all datasets, where they cannot lie beside the files."""


class DownloadedDataset(Dataset):
    """A dataset that cannot come with dkp-bench; where no ``data`` folder is given, the environment is asked."""

    title: ClassVar[str]
    """The dataset's own name."""
    files: ClassVar[str]
    """The name that the environment variable of its folder is made of."""
    request: ClassVar[tuple[str, ...]]
    """The steps of getting the files, in order."""
    layout: ClassVar[tuple[str, ...]]
    """The expected files, one line each."""
    parts: ClassVar[tuple[str, ...]]
    """The files and folders that must be there, relative to the dataset's folder; a file's name has an ending."""

    def __init__(self, size: int, *, cache: Path, data: Path | None = None, depth: str | None = None) -> None:
        super().__init__(size, cache=cache, data=data, depth=depth)
        self._depth_store: DepthStore | None = None
        self._is_sound = False

    @abstractmethod
    def read(self, progress: Progress | None = None) -> None:
        """Read the files, or what was made of them before: after that there are images and labels.

        Raises:
            DkpError: if files are missing or damaged, with what to get and where to put it.
        """

    @abstractmethod
    def read_findings(self) -> list[Finding]:
        """Return what :meth:`read` found that makes a run on the dataset senseless, or would stop it late."""

    @abstractmethod
    def look(self, progress: Progress | None = None) -> list[Finding]:
        """Check every file, also where others are damaged; nothing is kept.

        Raises:
            DkpError: if there is nothing to look at, with what to get and where to put it.
        """

    @abstractmethod
    def skipped(self) -> Sequence[Skipped]:
        """Return what lies among the files and is none of them: hidden files and folders, links that lead nowhere."""

    @abstractmethod
    def photographs(self) -> Mapping[str, Path]:
        """Return every image file of every split by its name in a depth store."""

    def missing(self, folder: Path) -> list[str]:
        """Return the parts of the expected layout that ``folder`` does not have, by name; only names are looked at."""
        return missing_parts(folder, self.parts)

    def prepare(self, progress: Progress | None = None) -> None:
        if not self._is_sound:
            self.read(progress)
            start = f"{self.name}: {self.folder} cannot be used:"
            refuse_wrong(self.read_findings(), start, self.how_to_fix)
            refuse_wrong(self.plausible_findings(), start, self.how_to_fix)
            require_usable(self)
            self._is_sound = True

    def check(self, progress: Progress | None = None) -> list[Finding]:
        if not any((self.named_folder / part.split("/")[0]).exists() for part in self.parts):
            _ = self.folder  # nothing to look at: refused
        findings = self.look(progress)
        if skipped := [f"{name}: {why}" for name, why in self.skipped()]:
            findings.append(Finding("left out, for it is no file of the dataset", f"{len(skipped):,}", "", skipped))
        with TemporaryDirectory(prefix="dkp-bench-check-") as cache:
            twin = type(self)(self.size, cache=Path(cache), data=self.data, depth=self.depth)
            try:
                twin.read()  # what was looked at is made ready as prepare does it, and that is looked at
                return findings + twin.plausible_findings() + usable_findings(twin)
            except DkpError as error:
                if all(finding.ok for finding in findings):
                    findings.append(Finding("made ready", "it cannot be", offenders=[error.problem], ok=False))
                return findings

    def plausible_findings(self) -> list[Finding]:
        """Check that the labels can be those of people in these images."""
        return [found for split in LABELLED for found in label_findings(split, self.labels(split), self.skeleton)]

    def notes(self) -> tuple[str, ...]:
        left_out = self._left_out()
        return (left_out,) if left_out else ()

    def _left_out(self) -> str:
        """Return a sentence on what lies among the files and is none of them; empty if nothing does."""
        return Walk((), tuple(self.skipped())).skipped_in_words()

    @cached_property
    def named_folder(self) -> Path:
        """The folder that was named, complete or not.

        Raises:
            DkpError: if there is none, with what to get and where to put it.
        """
        folder = data_folder(self.files, self.data)
        if folder is None:
            raise DkpError(f"{self.name}: no folder with its files was named.", self._how_to_get())
        if not folder.is_dir():
            raise DkpError(f"{self.name}: there is no folder {folder}.", self._how_to_get())
        return folder

    @cached_property
    def folder(self) -> Path:
        """The folder with the files.

        Raises:
            DkpError: if there is none or it lacks a part of the layout, with what to get and where to put it.
        """
        folder = self.named_folder
        if missing := self.missing(folder):
            there = elsewhere(folder, lambda path: not self.missing(path))
            command = f"all of it lies in another folder: {shell_command('--data', there)}\n" if there else ""
            raise DkpError(f"{self.name}: {folder} lacks {listed(missing)}.", command + self._how_to_get())
        return folder

    @property
    def depth_root(self) -> Path:
        """The folder of the depth stores."""
        shared = os.environ.get(DEPTH_VARIABLE)
        return Path(shared).expanduser() / self.files if shared else self.folder / "depth"

    def depth_photographs(self) -> Photographs:
        """Return the photographs of all splits and where their depth stores lie, after :meth:`prepare`."""
        return Photographs(self.photographs(), self.depth_root, left_out=self._left_out())

    @property
    def depth_store(self) -> DepthStore | None:
        """The depth store to use, None if there is none yet.

        Raises:
            DkpError: if the one that was asked for is not there, or several are and none was asked for.
        """
        if self._depth_store is None:
            self._depth_store = self._find_depth_store()
        return self._depth_store

    def _find_depth_store(self) -> DepthStore | None:
        names, wanted = stores(self.depth_root), self.depth
        if wanted is not None and wanted not in names:
            there = f"there are: {', '.join(names)}" if names else f"there are none in {self.depth_root}"
            raise DkpError(f"{self.name} has no depth store {wanted!r}", there)
        if wanted is None and len(names) > 1:
            raise DkpError(f"{self.name} has several depth stores", f"choose with --depth: {', '.join(names)}")
        return DepthStore(self.depth_root / (wanted or names[0])) if names else None

    @property
    def depth_source(self) -> str:
        return self.depth_store.name if self.depth_store else "none"

    def why_no_depth(self) -> DkpError | None:
        if self.depth_store is None:
            problem = f"{self.name} has no depth maps, and this method needs one for each image"
            return DkpError(
                problem, f"to estimate them with MiDaS 3.1, type: dkp-bench data depth {self.on_command_line}"
            )
        missing = self.depth_store.missing(self.photographs())
        if not missing:
            return None
        problem = f"the depth store {self.depth_store.folder} lacks {len(missing):,} maps, the first of {missing[0]}"
        return DkpError(problem, f"to go on with it, type: {self.depth_store.command(self.on_command_line)}")

    def check_depth(self, progress: Progress | None = None) -> list[Finding]:
        """Check of every depth store that each image has its map, and each map is the one that was written.

        Raises:
            DkpError: if the images cannot be listed.
        """
        found = []
        for name in stores(self.depth_root):
            store, images = DepthStore(self.depth_root / name), list(self.photographs())
            missing = set(store.missing(images))
            damaged = store.verify((image for image in images if image not in missing), progress)
            wrong = [f"{image}: {problem}" for image, problem in damaged.items()]
            wrong += [f"{image} has no map" for image in images if image in missing]
            found.append(offenders(f"depth store {name}", len(images), wrong))
        return found

    def read_picture(self, path: Path) -> NDArray[np.uint8]:
        """Read an image file as square RGB, ``(size, size, 3)``.

        Raises:
            DkpError: naming the file, if it is damaged, absent or not square.
        """
        return resize(self.read_file(_read_square, path), self.size)

    def read_file(self, read: Callable[[Path], NDArray[Item]], path: Path) -> NDArray[Item]:
        """Return what ``read`` makes of a file.

        Raises:
            DkpError: naming the file, for each ValueError and OSError of ``read``.
        """
        try:
            return read(path)
        except (ValueError, OSError) as error:
            raise DkpError(f"{self.name}: {path} cannot be read: {error}.", self.how_to_fix) from error

    def read_depth(self, image: str, size: int | None = None) -> NDArray[np.float32]:
        """Read the depth map of an image, ``(size, size)``; the dataset's size if None."""
        if self.depth_store is None:
            raise self.why_no_depth() or DkpError(f"{self.name} has no depth maps")
        return resize(self.depth_store.read(image), size or self.size)

    @property
    def how_to_fix(self) -> str:
        """The hint for damaged files."""
        command = f"dkp-bench data check {self.on_command_line}"
        return f"Unpack it again from the published archive; to see every damaged file, type:\n  {command}"

    @property
    def on_command_line(self) -> str:
        return shell_command(self.name, "--data", self.data) if self.data else self.name

    def _how_to_get(self) -> str:
        lines = [f"{self.title} ({self.licence}) cannot come with dkp-bench. To have it ready:"]
        lines += [f"  {number}. {step}" for number, step in enumerate(self.request, start=1)]
        lines += ["The folder then holds:"]
        lines += [f"  {line}" for line in self.layout]
        lines += [
            f"Name it with --data PATH or {data_variable(self.files)}=PATH; to check it, type:",
            f"  {shell_command('dkp-bench', 'data', 'check', self.name, '--data', 'PATH')}",
        ]
        return "\n".join(lines)


def listed(names: list[str]) -> str:
    """Return the first names, and how many more there are."""
    first, more = cut_short(names, SHOWN)
    return f"{', '.join(first)} {more}".rstrip()


def _read_square(path: Path) -> NDArray[np.uint8]:
    picture = read_rgb(path)
    if picture.shape[0] != picture.shape[1]:
        raise ValueError(f"it is {picture.shape[1]}×{picture.shape[0]} pixels, not square")
    return picture
