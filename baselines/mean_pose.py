"""Predicting the mean pose: one keypoint that never leaves the image's centre.

A regression with an intercept turns it into the mean of the joints, so its error is what an evaluation gives for
knowing nothing about the image.
"""

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import ImageSet
from dkp_bench.methods import FitContext, FitResult, Method


class MeanPose(Method):
    """The image's centre, for every image."""

    name = "mean_pose"
    summary = "the image's centre for every image: what the regression gives without a detector"
    learns = False

    @property
    def keypoints(self) -> int:
        return 1

    def fit(self, images: ImageSet, context: FitContext) -> FitResult:
        return FitResult()

    def predict(self, images: ImageSet) -> NDArray[np.float32]:
        return np.zeros((len(images), 1, 2), dtype=np.float32)
