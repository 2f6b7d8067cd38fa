"""Taichi (Siarohin et al., 2019): videos of people doing tai chi, with the landmarks of motion-cosegmentation."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.annotated import AnnotatedDataset, Annotation
from dkp_bench.datasets.base import Skeleton
from dkp_bench.datasets.downloaded import listed
from dkp_bench.datasets.file_images import in_threads
from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.splits import LABELLED, LabelledSplit
from dkp_bench.datasets.taichi.check import taichi_findings
from dkp_bench.datasets.taichi.files import (
    FRAMES,
    IMAGES,
    LANDMARKS,
    MASKS,
    PARTS,
    all_landmarks,
    normalised,
    on_edge,
    read_mask,
)
from dkp_bench.errors import DkpError
from dkp_bench.imaging import SUFFIXES, resize
from dkp_bench.progress import Progress
from dkp_bench.walk import Listed


class Taichi(AnnotatedDataset):
    """Taichi at 256 px: frames to train on, 5,000 annotated images to fit the regression on and 300 to test on.

    The annotation names no joints; the order of OpenPose's 18 joints is inferred from where they lie. Nor does it name
    videos, so no groups are known.
    """

    name = "taichi"
    summary = "Taichi: people doing tai chi, 18 joints, sum of mean absolute errors; must be downloaded"
    licence = "CC BY-NC 4.0"
    title = "Taichi"
    files = "taichi"
    protocols = ("autolink-taichi", "motion-cosegmentation", "stablekeypoints-taichi", "no-swap+intercept")
    skeleton = Skeleton(
        names=(
            *("nose", "neck"),
            *(f"{side} {joint}" for side in ("right", "left") for joint in ("shoulder", "elbow", "wrist")),
            *(f"{side} {joint}" for side in ("right", "left") for joint in ("hip", "knee", "ankle")),
            *("right eye", "left eye", "right ear", "left ear"),
        ),
        pairs=((2, 5), (3, 6), (4, 7), (8, 11), (9, 12), (10, 13), (14, 15), (16, 17)),
        bones=(
            *((1, 0), (0, 14), (14, 16), (0, 15), (15, 17)),
            *((1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7)),
            *((1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13)),
        ),
    )
    request = (
        "fetch the videos with https://github.com/AliaksandrSiarohin/video-preprocessing (Taichi, 256 px, as images)",
        "download eval_images.tar.gz, the annotated images, from the link under Evaluation of"
        " https://github.com/AliaksandrSiarohin/motion-cosegmentation",
        "copy taichi_{train,test}_gt.pkl from that repository's folder landmarks into the folder landmark",
        "taichi-test-masks is read by AutoLink's evaluation and published nowhere that we know of; nothing but the"
        " share of keypoints on the figure needs it",
    )
    parts = PARTS
    layout = (
        "train/<video>/*.png                           frames to train on (or .jpg)",
        "eval_images/taichi-256/{train,test}/*.png     annotated images",
        "landmark/taichi_{train,test}_gt.pkl           their 18 landmarks",
        "taichi-test-masks/*.png                       masks of the test images, named like them; may be absent",
    )

    def listing(self) -> list[Listed]:
        parts = dict.fromkeys((FRAMES, *IMAGES.values(), MASKS), SUFFIXES) | dict.fromkeys(LANDMARKS.values(), ())
        return [file for part, suffixes in parts.items() for file in self.list_below(part, suffixes)]

    def annotations(self) -> Mapping[LabelledSplit, Annotation]:
        return {split: self._annotation(split) for split in LABELLED}

    def training_images(self, fitted: list[str]) -> list[str]:
        """Return the frames by video, folder in it and name, in the order of torchvision's ImageFolder."""
        del fitted
        found = self._frames_in_videos
        if not found:
            problem = f"{self.folder / FRAMES} holds no frames: no *{', *'.join(SUFFIXES)} in a folder of a video"
            raise DkpError(f"{self.name}: {problem}.", "Extract the frames of the videos, each into its own folder.")
        return found

    def decode(self, name: str) -> None:
        if name.startswith(f"{MASKS}/"):
            self._mask(name)
        else:
            super().decode(name)

    def masks(self, split: LabelledSplit) -> NDArray[np.bool_] | None:
        if split != "test" or not self._has_masks:
            return None
        return np.stack(list(in_threads(self._mask, [f"{MASKS}/{Path(name).name}" for name in self.names(split)])))

    def look(self, progress: Progress | None = None) -> list[Finding]:
        return taichi_findings(self, progress)

    def notes(self) -> tuple[str, ...]:
        frames, (fit, test) = self.names("train"), (self.labels(split) for split in LABELLED)
        edge = sum(int(on_edge(labels.joints, labels.visible).sum()) for labels in (fit, test))
        outside = sum(file.name.startswith(f"{FRAMES}/") for file in self.listed) - len(frames)
        return (
            f"{len(frames):,} frames of {len({name.split('/')[1] for name in frames}):,} videos to train on",
            f"{len(fit):,} images to fit the regression on, {len(test):,} to test on",
            f"missing joints: {1 - fit.visible.mean():.1%} of those to fit on,"
            f" {1 - test.visible.mean():.1%} of those to test on",
            f"{edge:,} joints at x = 0 or y = 0, which StableKeypoints' code takes for missing",
            "test masks: " + ("all there" if self._has_masks else f"no folder {MASKS}, so no share on the figure"),
            *([f"{outside:,} frames lie in no folder of a video and are not trained on"] if outside else []),
            *super().notes(),
        )

    @cached_property
    def _frames_in_videos(self) -> list[str]:
        names = [file.name for file in self.listed if file.name.startswith(f"{FRAMES}/")]
        # by class, then by the path of the folder as text, then by the file's name
        return sorted(
            (name for name in names if name.count("/") > 1), key=lambda name: (name.split("/")[1], name.rpartition("/"))
        )

    @property
    def _has_masks(self) -> bool:
        return (self.folder / MASKS).is_dir()

    def _annotation(self, split: LabelledSplit) -> Annotation:
        found = all_landmarks(self.folder / LANDMARKS[split])
        return Annotation(
            source=LANDMARKS[split],
            images=[f"{IMAGES[split]}/{name}" for name in found.names],
            joints=normalised(found.joints),
            visible=found.visible,
            beside=self._masks_of(found.names) if split == "test" else [],
        )

    def _masks_of(self, names: list[str]) -> list[str]:
        """Return the masks of the test images, if there are masks."""
        if not self._has_masks:
            return []
        masks = [f"{MASKS}/{name}" for name in names]
        if absent := sorted(set(masks).difference(file.name for file in self.listed)):
            problem = f"{self.name}: {self.folder} lacks {len(absent):,} of {len(masks):,} masks: {listed(absent)}."
            raise DkpError(problem, f"Complete {MASKS}, or move it away: only the share on the figure needs it.")
        return masks

    def _mask(self, name: str) -> NDArray[np.bool_]:
        return resize(self.read_file(read_mask, self.named_folder / name), self.size) > 127
