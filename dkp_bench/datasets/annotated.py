"""Datasets of images in folders with one annotation file a split; no name in it leads out of the folder."""

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import ImageSet, Labels
from dkp_bench.datasets.downloaded import DownloadedDataset, listed
from dkp_bench.datasets.file_images import FileImages, in_batches, in_threads
from dkp_bench.datasets.finding import Finding, offenders
from dkp_bench.datasets.index import Indexed, indexed, listing_key
from dkp_bench.datasets.layout import instead
from dkp_bench.datasets.splits import SPLITS, LabelledSplit, Split, stored_name
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256
from dkp_bench.progress import Progress
from dkp_bench.walk import Listed, Skipped, walk


def name_problem(name: object) -> str:
    """Return what is wrong with the name of an image relative to a folder; empty if it is as a listing has it."""
    if not isinstance(name, str):
        return f"the name is of the type {type(name).__name__}, not text"
    if not name.strip():
        return "the name is empty"
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in name.replace("\\", "/").split("/"):
        return f"the name {name!a} leads out of the folder"
    if "\\" in name:
        return f"the name {name[:100]!a} has backslashes; write / in their place"
    if not name.isprintable() or str(path) != name or len(name) > 255:
        return f"{name[:100]!a} is no name of a file"
    return ""


INDEX_VERSION = 2
"""Goes up when an index holds something else or is made with more care; older ones are then made again."""
SAMPLE = 1000
"""Images that are only trained on of which so many, evenly spread, are decoded; ``data check`` decodes all of them."""


@dataclass(frozen=True)
class Annotation:
    """The annotation of one split.

    Attributes:
        source: the file it was read from, relative to the dataset's folder.
        images: names of the images, relative to the dataset's folder.
        joints: ``(N, J, 2)`` float32 (x, y) in [−1, 1].
        visible: ``(N, J)`` bool.
        beside: names of other files that belong to the images, such as masks.
    """

    source: str
    images: list[str]
    joints: NDArray[np.float32]
    visible: NDArray[np.bool_]
    beside: list[str] = field(default_factory=list)

    def absent(self, there: Iterable[str]) -> list[str]:
        """Return the files that it names and that are not ``there``."""
        found = set(there)
        return [name for name in (*self.images, *self.beside) if name not in found]


class AnnotatedDataset(DownloadedDataset):
    """Images in folders, joints in a file a split; indexed once, until a file changes."""

    def __init__(self, size: int, *, cache: Path, data: Path | None = None, depth: str | None = None) -> None:
        super().__init__(size, cache=cache, data=data, depth=depth)
        self._found: Indexed | None = None
        self._skipped: list[Skipped] = []

    @abstractmethod
    def listing(self) -> list[Listed]:
        """List every file that the dataset may consist of, relative to its folder."""

    @abstractmethod
    def annotations(self) -> Mapping[LabelledSplit, Annotation]:
        """Read the annotation of each labelled split.

        Raises:
            DkpError: if a file is damaged or says what cannot be.
        """

    @abstractmethod
    def training_images(self, fitted: list[str]) -> list[str]:
        """Return the names of the images to train on, given those that the regression is fitted on."""

    def read(self, progress: Progress | None = None) -> None:
        self._index(progress)

    def image_count(self, split: Split) -> int:
        return len(self.names(split))

    def images(self, split: Split) -> ImageSet:
        names = self.names(split)
        missing = self.why_no_depth()
        return FileImages(
            len(names),
            self.size,
            lambda number: self.read_picture(self.folder / names[number]),
            None if missing else lambda number: self.read_depth(names[number]),
            missing,
        )

    def labels(self, split: LabelledSplit) -> Labels:
        arrays, stored = self._index().arrays, stored_name(split)
        joints, visible = np.array(arrays[f"{stored}-joints"]), np.array(arrays[f"{stored}-visible"])
        return Labels(joints, visible, self.masks(split), self.groups(split))

    def masks(self, split: LabelledSplit) -> NDArray[np.bool_] | None:
        """Return masks ``(N, size, size)``, true on the person; None where there are none."""
        del split
        return None

    def groups(self, split: LabelledSplit) -> Mapping[str, NDArray[np.str_]]:
        """Return which images belong together, by the name of the grouping."""
        del split
        return {}

    def names(self, split: Split) -> list[str]:
        """Return the names of the images of a split, relative to the dataset's folder."""
        if split == "train":
            return self.training_images(self.names("regression"))
        names: list[str] = self._index().arrays[f"{stored_name(split)}-images"].tolist()
        return names

    def photographs(self) -> Mapping[str, Path]:
        return self._photographs

    @cached_property
    def _photographs(self) -> Mapping[str, Path]:
        return {name: self.folder / name for split in SPLITS for name in self.names(split)}

    def content_hash(self) -> str:
        return hashlib.sha256(f"{self._index().facts['digest']} {self.size}".encode()).hexdigest()[:16]

    @cached_property
    def listed(self) -> list[Listed]:
        """:meth:`listing`, looked up once."""
        return self.listing()

    def skipped(self) -> list[Skipped]:
        _ = self.listed
        return self._skipped

    def list_below(self, part: str, suffixes: tuple[str, ...]) -> list[Listed]:
        """List the files below a part of the dataset's folder, or that part if it is a file; none if it is missing."""
        path = self.named_folder / part
        if path.is_dir():
            found = walk(path, suffixes)
            self._skipped += [Skipped(f"{part}/{name}", why) for name, why in found.skipped]
            return [Listed(f"{part}/{name}", *rest) for name, *rest in found.files]
        if not path.is_file():
            return []
        status = path.stat()
        return [Listed(part, status.st_size, status.st_mtime_ns)]

    def _index(self, progress: Progress | None = None) -> Indexed:
        """Return the annotation and a digest of the files, from the cache or made now."""
        if self._found is None:
            folder = self.folder  # refuses what is incomplete before anything is listed
            key = listing_key(self.listed, INDEX_VERSION)
            self._found = indexed(self.cache / self.files / f"index-{key}", lambda: self._build(folder, progress))
        return self._found

    def _build(self, folder: Path, progress: Progress | None) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]:
        annotations = self.annotations()
        there = {file.name for file in self.listed}
        for annotation in annotations.values():
            if absent := annotation.absent(there):
                named = len(annotation.images) + len(annotation.beside)
                problem = f"{folder} lacks {len(absent):,} of {named:,} files that {annotation.source} asks for"
                named_so = [name + near for name, near in zip(absent, instead(folder, absent, there), strict=True)]
                raise DkpError(f"{self.name}: {problem}: {listed(named_so)}.", self.how_to_fix)
        arrays: dict[str, NDArray[Any]] = {}
        for split, annotation in annotations.items():
            stored = stored_name(split)
            arrays[f"{stored}-images"] = np.array(annotation.images)
            arrays[f"{stored}-joints"] = annotation.joints
            arrays[f"{stored}-visible"] = annotation.visible
        digest, decoded, damaged = self._digest(annotations, progress)
        return arrays, {"digest": digest, "decoded": decoded, "damaged": damaged}

    def read_findings(self) -> list[Finding]:
        """Check each image that is predicted on and scored, and each mask: after the training it would be too late."""
        facts = self._index().facts
        return [offenders("files that were decoded", facts["decoded"], facts["damaged"])]

    def problem_of(self, name: str) -> str:
        """Return what is wrong with an image or a file beside one, with its name; empty if it can be used."""
        try:
            self.decode(name)
        except DkpError as error:
            return f"{name}: {error.__cause__ or error.problem}"
        return ""

    def decode(self, name: str) -> None:
        """Read an image, or a file beside one, as the splits would.

        Raises:
            DkpError: naming it, if it is damaged.
        """
        self.read_picture(self.named_folder / name)

    def _digest(
        self, annotations: Mapping[LabelledSplit, Annotation], progress: Progress | None
    ) -> tuple[str, int, list[str]]:
        """Return a digest over labels and files, how many of these were decoded, and what is wrong with them.

        Images that are only trained on count by name and length, all others by content; of the former some are decoded,
        evenly spread, of the latter all.
        """
        digest, decoded, damaged = hashlib.sha256(), 0, list[str]()
        for split, annotation in annotations.items():
            digest.update(f"{stored_name(split)} {annotation.joints.shape}\n".encode())
            digest.update(annotation.joints.tobytes() + annotation.visible.tobytes())
            names = [*annotation.images, *annotation.beside]
            decoded += len(names)
            contents = in_batches(self._look_into, names, f"{self.name}: reading the {split} images", progress)
            for name, (content, problem) in zip(names, contents, strict=True):
                digest.update(f"{name}\0{content}\n".encode())
                damaged += [problem] if problem else []
        annotated = {name for annotation in annotations.values() for name in annotation.images}
        sizes = {file.name: file.bytes for file in self.listed}
        others = [name for name in self.training_images(annotations["regression"].images) if name not in annotated]
        for name in others:
            digest.update(f"{name}\0{sizes[name]}\n".encode(errors="surrogateescape"))
        some = others[:: -(-len(others) // SAMPLE) or 1]
        damaged += [problem for problem in in_threads(self.problem_of, some) if problem]
        return digest.hexdigest(), decoded + len(some), damaged

    def _look_into(self, name: str) -> tuple[str, str]:
        """Return the hash of a file, and what is wrong with it."""
        try:
            return sha256(self.folder / name), self.problem_of(name)
        except OSError as error:
            raise DkpError(f"{self.name}: {self.folder / name} cannot be read: {error}.", self.how_to_fix) from error
