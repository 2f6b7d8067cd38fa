"""The method that knows nothing."""

from pathlib import Path

import numpy as np

from dkp_bench.baselines.mean_pose import MeanPose
from dkp_bench.datasets import ArrayImages
from dkp_bench.methods import FitContext, FitResult, Settings


def test_it_is_the_centre_whatever_the_image(tmp_path: Path) -> None:
    method = MeanPose(Settings(), 8)
    images = ArrayImages(np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8))
    assert method.fit(images, FitContext(0, "cpu", tmp_path)) == FitResult()
    np.testing.assert_array_equal(method.predict(images), np.zeros((5, 1, 2)))
    assert list(tmp_path.iterdir()) == []
