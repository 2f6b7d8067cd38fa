"""Human3.6M in the simplified form of Zhang et al. (CVPR 2018): six actions, 128 px crops, 32 joints."""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import ImageSet, Labels, Skeleton
from dkp_bench.datasets.downloaded import DownloadedDataset, listed
from dkp_bench.datasets.file_images import FileImages, in_batches
from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.h36m.check import findings
from dkp_bench.datasets.h36m.files import (
    ACTIONS,
    IMAGES,
    MASKS,
    PARTS,
    SUBJECTS,
    TEST_SUBJECTS,
    TRAINING_SUBJECTS,
    Frame,
    PublishedFiles,
    list_published,
)
from dkp_bench.datasets.h36m.frames import (
    JOINTS,
    SIDE,
    far_background,
    read_frames,
    read_image,
    read_mask,
    without_background,
)
from dkp_bench.datasets.h36m.masks import MaskTally, unusual
from dkp_bench.datasets.index import Indexed, indexed
from dkp_bench.datasets.layout import missing_parts
from dkp_bench.datasets.splits import LabelledSplit, Split
from dkp_bench.errors import DkpError
from dkp_bench.imaging import resize
from dkp_bench.progress import Progress
from dkp_bench.walk import Skipped, folders_in

INDEX_VERSION = 2
"""Goes up when an index holds something else or is made with more care; older ones are then made again."""
_LEG = ("hip", "knee", "ankle", "ball of foot", "toes")
_ARM = ("unknown", "shoulder", "elbow", "wrist", "second wrist", "thumb", "little finger", "second little finger")


class _Prepared(NamedTuple):
    """Frames of the splits, joints and facts of all in that order, masks of the test split, what is left out."""

    train: list[Frame]
    test: list[Frame]
    content: Indexed
    masks: Indexed
    skipped: list[Skipped]


class HumanWithBackground(DownloadedDataset):
    """Human3.6M as it was filmed; the annotated joints are the 32 of the motion capture.

    The joints are named as in KeypointGAN's official code at 541b769, data/human36m_skeleton.py, which calls the one
    that both arms begin with unknown. Images are read as AutoLink's official code does, datasets/h36m.py: all of them,
    of subjects 1, 5, 6, 7, 8 and 9 to train and fit on, of subject 11 to test on. Labels of the latter have masks.
    """

    name = "h36m"
    summary = "Human3.6M (simplified), with background: 128 px, 32 joints; needs a licence and a download"
    licence = "Human3.6M licence, academic use"
    title = "Human3.6M (simplified)"
    files = "h36m"
    protocols = (
        *("autolink", "autolink-fixed", "autolink-fixed+intercept", "no-swap+intercept"),
        *("stablekeypoints", "bkind", "lmdis", "keypointgan"),
    )
    skeleton = Skeleton(
        names=(
            "hip",
            *(f"right {part}" for part in _LEG),
            *(f"left {part}" for part in _LEG),
            "pelvis",
            "thorax",
            "neck",
            "head centre",
            "head back",
            *(f"left {part}" for part in _ARM),
            *(f"right {part}" for part in _ARM),
        ),
        pairs=(*((i, i + 5) for i in range(1, 6)), *((i, i + 8) for i in range(16, 24))),
        bones=(
            *((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 6), (6, 7), (7, 8), (8, 9), (9, 10)),
            *((0, 12), (12, 13), (13, 14), (14, 15)),
            *((13, 17), (17, 18), (18, 19), (19, 21), (19, 22)),
            *((13, 25), (25, 26), (26, 27), (27, 29), (27, 30)),
        ),
    )
    request = (
        "request the Human3.6M licence at http://vision.imar.ro/human3.6m",
        "download human_images.tar.gz, the simplified archive of lmdis-rep (Zhang et al., CVPR 2018:"
        " http://www.ytzhang.net/projects/lmdis-rep), and unpack it",
    )
    parts = tuple(f"{subject}/{part}" for subject in SUBJECTS for part in PARTS)
    layout = (
        f"{{{','.join(SUBJECTS)}}}/WithBackground/<Action>[ k].<camera>/<number>.jpg   128×128 images",
        "S…/BackgroudMask/<Action>[ k].<camera>/<number>.png    masks (the folder is spelt like this)",
        "S…/Landmarks/<Action>[ k].<camera>/<number>.mat        keypoints_2d, 32×2 (y, x) in [0, 1]",
        f"with the actions {', '.join(ACTIONS)}",
    )

    def __init__(self, size: int, *, cache: Path, data: Path | None = None, depth: str | None = None) -> None:
        super().__init__(size, cache=cache, data=data, depth=depth)
        self._prepared: _Prepared | None = None

    def missing(self, folder: Path) -> list[str]:
        lacks = missing_parts(folder, self.parts)
        for part in self.parts:
            if (folder / part).is_dir():
                recordings = [item.name for item in folders_in(folder / part)]
                lacks += [
                    f"{part}/{action}…" for action in ACTIONS if not any(r.startswith(action) for r in recordings)
                ]
        return lacks

    def read(self, progress: Progress | None = None) -> None:
        if self._prepared is None:
            published = list_published(self.folder)
            train = [frame for subject in TRAINING_SUBJECTS for frame in published.frames(subject, IMAGES)]
            test = [frame for subject in TEST_SUBJECTS for frame in published.frames(subject, IMAGES)]
            cache = self.cache / self.files / published.key
            content = indexed(
                cache / f"frames-{INDEX_VERSION}", partial(self._read_all, published, train + test, progress)
            )
            masks = indexed(cache / f"masks-{self.size}px-{INDEX_VERSION}", partial(self._read_masks, test, progress))
            self._prepared = _Prepared(train, test, content, masks, published.skipped)

    def read_findings(self) -> list[Finding]:
        return [Finding(**found) for found in self._ready().content.facts["findings"]]

    def image_count(self, split: Split) -> int:
        return len(self._split(split))

    def skipped(self) -> list[Skipped]:
        return list_published(self.named_folder).skipped if self._prepared is None else self._prepared.skipped

    def images(self, split: Split) -> ImageSet:
        frames, missing = self._split(split), self.why_no_depth()
        read_depth = None if missing else lambda index: self._depth(frames[index])
        return FileImages(len(frames), self.size, lambda index: self._rgb(frames[index]), read_depth, missing)

    def labels(self, split: LabelledSplit) -> Labels:
        ready, frames = self._ready(), self._split(split)
        joints, trained_on = ready.content.arrays["joints"], len(ready.train)
        groups = {
            "subject": np.array([frame.subject for frame in frames]),
            "action": np.array([frame.action for frame in frames]),
            "sequence": np.array([frame.sequence for frame in frames]),
        }
        return Labels(
            np.asarray(joints[trained_on:] if split == "test" else joints[:trained_on]),
            np.ones((len(frames), JOINTS), dtype=bool),
            ready.masks.arrays["figure"] if split == "test" else None,
            groups,
        )

    def content_hash(self) -> str:
        digest = self._ready().content.facts["digest"]
        return hashlib.sha256(f"{digest} {self.name} {self.size}".encode()).hexdigest()[:16]

    def photographs(self) -> Mapping[str, Path]:
        every = self._split("train") + self._split("test")
        return {frame.file(IMAGES): self.folder / frame.file(IMAGES) for frame in every}

    def look(self, progress: Progress | None = None) -> list[Finding]:
        return findings(self.named_folder, self.name, progress)

    def notes(self) -> tuple[str, ...]:
        train, test, content, *_ = self._ready()
        facts, joints = content.facts, (len(train) + len(test)) * JOINTS
        return (
            f"{len(train):,} images to train and fit on, {len(test):,} of subject 11 to test on",
            f"landmarks from {facts['lowest']:.3f} to {facts['highest']:.3f}, where the image is 0 to 1",
            f"{facts['outside']:,} of {joints:,} joints lie outside their image",
            *facts["masks"],
            *super().notes(),
        )

    def _ready(self) -> _Prepared:
        self.read()
        assert self._prepared is not None
        return self._prepared

    def _split(self, split: Split) -> list[Frame]:
        return self._ready().test if split == "test" else self._ready().train

    def _rgb(self, frame: Frame) -> NDArray[np.uint8]:
        return resize(self.read_file(read_image, self.folder / frame.file(IMAGES)), self.size)

    def _depth(self, frame: Frame) -> NDArray[np.float32]:
        return self.read_depth(frame.file(IMAGES))

    def _mask(self, frame: Frame) -> NDArray[np.uint8]:
        return self.read_file(read_mask, self.folder / frame.file(MASKS))

    def _read_all(
        self, published: PublishedFiles, frames: list[Frame], progress: Progress | None
    ) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Read every file once: the joints, the hash over all of it, and the range of the landmarks."""
        wrong = [name for subject in SUBJECTS for part in PARTS for name in published.wrong_names(subject, part)]
        wrong += [f"{subject} has no images" for subject in sorted({*SUBJECTS} - {frame.subject for frame in frames})]
        if wrong:
            problem = f"{self.name}: images, masks and landmarks in {self.folder} do not belong together"
            raise DkpError(f"{problem}: {listed(wrong)}.", self.how_to_fix)
        joints = np.empty((len(frames), JOINTS, 2), dtype=np.float32)
        digest, problems, tally = hashlib.sha256(), list[str](), MaskTally()
        contents = read_frames(self.folder, dict.fromkeys(frames, PARTS), f"{self.name}: reading frames", progress)
        for index, content in enumerate(contents):
            problems += content.problems.values()
            if content.joints is not None:
                joints[index] = content.joints
            tally.add(frames[index], content)
            digest.update(f"{frames[index].file(IMAGES)}\0".encode() + content.digest)
        if problems:
            total = len(frames) * len(PARTS)
            problem = f"{self.name}: {len(problems):,} of {total:,} files in {self.folder} cannot be used"
            raise DkpError(f"{problem}: {listed(problems)}.", self.how_to_fix)
        facts = {
            "findings": [finding.as_json() for finding in tally.findings()],
            "masks": list(unusual(tally)),
            "digest": digest.hexdigest(),
            "outside": int((np.abs(joints) > 1).any(axis=-1).sum()),
            "lowest": (float(joints.min()) + 1) / 2,
            "highest": (float(joints.max()) + 1) / 2,
        }
        return {"joints": joints}, facts

    def _read_masks(
        self, frames: list[Frame], progress: Progress | None
    ) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return where the person covers more than half of a pixel at the dataset's size."""
        figure = np.empty((len(frames), self.size, self.size), dtype=np.bool_)
        masks = in_batches(self._mask, frames, f"{self.name}: masks of {self.size} px", progress)
        for index, mask in enumerate(masks):
            figure[index] = resize(mask, self.size) > 127
        return {"figure": figure}, {}


class HumanWithoutBackground(HumanWithBackground):
    """The same images with the background replaced by mid-grey, as AutoLink does.

    A depth map is estimated with the background; where the mask is 0 it then has its farthest value.
    """

    name = "h36m-nobg"
    summary = "Human3.6M (simplified), without background: 128 px, 32 joints; needs a licence and a download"

    def _rgb(self, frame: Frame) -> NDArray[np.uint8]:
        rgb = self.read_file(read_image, self.folder / frame.file(IMAGES))
        return resize(without_background(rgb, self._mask(frame)), self.size)

    def _depth(self, frame: Frame) -> NDArray[np.float32]:
        return resize(far_background(self.read_depth(frame.file(IMAGES), SIDE), self._mask(frame)), self.size)
