"""Taichi (Siarohin et al., 2019): videos of people doing tai chi, with the landmarks of motion-cosegmentation."""

from pathlib import Path

from dkp_bench.datasets.base import Skeleton
from dkp_bench.datasets.licensed import LicensedDataset

PARTS = (
    "train",
    "eval_images/taichi-256/train",
    "eval_images/taichi-256/test",
    "landmark/taichi_train_gt.pkl",
    "landmark/taichi_test_gt.pkl",
    "taichi-test-masks",
)


class Taichi(LicensedDataset):
    """Taichi at 256 px; 5,000 annotated images to fit the regression on and 300 to test on.

    The annotation names no joints; the order of OpenPose's 18 joints is inferred from where they lie.
    """

    name = "taichi"
    summary = "Taichi: 18 joints, sum of mean absolute errors; must be downloaded, no loader yet"
    licence = "CC BY-NC 4.0"
    title = "Taichi"
    files = "taichi"
    protocols = ("no-swap+intercept",)
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
        "fetch the videos with https://github.com/AliaksandrSiarohin/video-preprocessing (Taichi, 256 px frames)",
        "download eval_images.tar.gz, the annotated images and their landmarks, from the links of"
        " https://github.com/AliaksandrSiarohin/motion-cosegmentation",
        "ask the authors of AutoLink for taichi-test-masks, the test masks that its evaluation reads",
    )
    layout = (
        "train/<video>/<frame>                         frames to train on",
        "eval_images/taichi-256/{train,test}/*.png     annotated images",
        "landmark/taichi_{train,test}_gt.pkl           their 18 landmarks",
        "taichi-test-masks/                            masks of the test images",
    )

    def missing(self, folder: Path) -> list[str]:
        return [part for part in PARTS if not (folder / part).exists()]
