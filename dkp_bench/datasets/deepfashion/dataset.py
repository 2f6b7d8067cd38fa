"""DeepFashion In-shop (Liu et al., CVPR 2016), with the splits and labels of Lorenz et al. (CVPR 2019)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.annotated import AnnotatedDataset, Annotation
from dkp_bench.datasets.base import Skeleton
from dkp_bench.datasets.deepfashion.check import deepfashion_findings
from dkp_bench.datasets.deepfashion.files import (
    IMAGES,
    JOINT_NAMES,
    LABELS,
    LISTS,
    PARTS,
    all_rows,
    garment,
    normalised,
    read_labels,
    read_list,
    shared_garments,
)
from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.splits import LABELLED, LabelledSplit
from dkp_bench.imaging import SUFFIXES
from dkp_bench.progress import Progress
from dkp_bench.walk import Listed


class DeepFashion(AnnotatedDataset):
    """DeepFashion In-shop at 256 px: 10,604 images to train and to fit the regression on, 1,179 to test on.

    The labels are not made by people: they are AlphaPose's detections of COCO's 17 joints. The images were split at
    random, so many garments, and the people who wear them, occur in both splits.
    """

    name = "deepfashion"
    summary = "DeepFashion In-shop: people in clothes, 17 joints, PCK; an agreement is needed"
    licence = "DeepFashion agreement, non-commercial research"
    title = "DeepFashion In-shop"
    files = "deepfashion"
    protocols = ("autolink-deepfashion", "stablekeypoints-deepfashion", "no-swap+intercept")
    skeleton = Skeleton(
        names=JOINT_NAMES,
        pairs=tuple((i, i + 1) for i in range(1, 17, 2)),
        bones=(
            *((0, 1), (1, 3), (0, 2), (2, 4)),
            *((6, 5), (5, 7), (7, 9), (6, 8), (8, 10)),
            *((5, 11), (6, 12), (12, 11), (11, 13), (13, 15), (12, 14), (14, 16)),
        ),
    )
    request = (
        "sign the agreement of the CUHK Multimedia Lab and download the In-shop Clothes Retrieval images:"
        " https://mmlab.ie.cuhk.edu.hk/projects/DeepFashion.html",
        "download data_{train,test}.{csv,json} of https://github.com/theRealSuperMario/unsupervised-disentangling"
        " (branch reproducing_baselines, original_code/custom_datasets/deepfashion)",
        "data_train.json, the labels that the regression is fitted on, is listed there too (commit eff9d77), but no"
        " copy of it could be had when this loader was written: its form is taken from data_test.json",
    )
    parts = PARTS
    layout = (
        "data_{train,test}.csv      id and filename, one row an image",
        "data_{train,test}.json     keypoints, 17×2 (x, y) in 256 px, row by row",
        "img/{MEN,WOMEN}/…/*.jpg    images; the CSV has their names, relative to img",
    )

    def listing(self) -> list[Listed]:
        parts = dict.fromkeys((*LISTS.values(), *LABELS.values()), ()) | {IMAGES: SUFFIXES}
        return [file for part, suffixes in parts.items() for file in self.list_below(part, suffixes)]

    def annotations(self) -> Mapping[LabelledSplit, Annotation]:
        return {split: self._annotation(split) for split in LABELLED}

    def training_images(self, fitted: list[str]) -> list[str]:
        """Return the images that the regression is fitted on; their labels stay apart."""
        return fitted

    def groups(self, split: LabelledSplit) -> Mapping[str, NDArray[np.str_]]:
        """Return ``sequence``: the garment, whose images show one person in one pose after another."""
        return {"sequence": np.array([garment(name.removeprefix(f"{IMAGES}/")) for name in self.names(split)])}

    def look(self, progress: Progress | None = None) -> list[Finding]:
        return deepfashion_findings(self, progress)

    def notes(self) -> tuple[str, ...]:
        trained, tested = (self.names(split) for split in LABELLED)
        return (
            f"{len(trained):,} images to train and to fit the regression on, {len(tested):,} to test on",
            shared_garments(trained, tested),
            "the labels are detections of AlphaPose, not made by people; every joint counts",
            *super().notes(),
        )

    def _annotation(self, split: LabelledSplit) -> Annotation:
        names = all_rows(self.folder / LISTS[split], read_list(self.folder / LISTS[split]))
        labels = self.folder / LABELS[split]
        joints = np.stack(all_rows(labels, read_labels(labels, names)))
        visible = np.ones(joints.shape[:2], dtype=bool)
        return Annotation(LISTS[split], [f"{IMAGES}/{name}" for name in names], normalised(joints), visible)
