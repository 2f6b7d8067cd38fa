"""DeepFashion In-shop (Liu et al., CVPR 2016), with the splits and labels of Lorenz et al. (CVPR 2019)."""

from pathlib import Path

from dkp_bench.datasets.base import Skeleton
from dkp_bench.datasets.licensed import LicensedDataset

PARTS = ("data_train.csv", "data_train.json", "data_test.csv", "data_test.json", "img")


class DeepFashion(LicensedDataset):
    """DeepFashion In-shop at 256 px: 10,604 training and 1,179 test images.

    The labels are not made by people: they are AlphaPose's detections in COCO's order of 17 joints. 633 of the 1,056
    garments of the test split also occur in the training split.
    """

    name = "deepfashion"
    summary = "DeepFashion In-shop: 17 joints, PCK; an agreement is needed, no loader yet"
    licence = "DeepFashion agreement, non-commercial research"
    title = "DeepFashion In-shop"
    files = "deepfashion"
    protocols = ("no-swap+intercept",)
    skeleton = Skeleton(
        names=(
            "nose",
            *(
                f"{side} {joint}"
                for joint in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
                for side in ("left", "right")
            ),
        ),
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
    )
    layout = (
        "data_{train,test}.csv      id and filename, one row an image",
        "data_{train,test}.json     keypoints, 17×2 (x, y) in 256 px, row by row",
        "img/{MEN,WOMEN}/…/*.jpg    images; the CSV has their names, relative to img",
    )

    def missing(self, folder: Path) -> list[str]:
        return [part for part in PARTS if not (folder / part).exists()]
