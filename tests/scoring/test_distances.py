from dataclasses import replace

import numpy as np
import pytest

from dkp_bench.scoring import distances
from dkp_bench.scoring.distances import Matched


def by_hand() -> Matched:
    """Three images, two joints; the second joint of the last image is not visible."""
    joints = np.zeros((3, 2, 2))
    predicted = np.array([[[0.03, 0.04], [0.0, 0.0]], [[0.0, -0.01], [0.01, 0.0]], [[0.06, -0.08], [9.0, 9.0]]])
    return Matched(predicted, joints, np.array([[True, True], [True, True], [True, False]]))


def test_errors_are_in_edges_and_an_images_mean_in_per_cent_of_it() -> None:
    matched = by_hand()
    lengths = distances.distances(matched)
    np.testing.assert_allclose(lengths, [[0.05, 0], [0.01, 0.01], [0.1, 0]], atol=1e-15)
    np.testing.assert_allclose(distances.image_l2(lengths, matched.visible), [2.5, 1, 10])
    np.testing.assert_array_equal(distances.l2_of_images(matched), distances.image_l2(lengths, matched.visible))
    np.testing.assert_allclose(distances.offsets(matched)[2], [[0.06, -0.08], [0, 0]])


@pytest.mark.parametrize(("pixels", "hit"), [(5.99, True), (6.0, False), (6.01, False)])
def test_pck_threshold_is_six_pixels_of_a_256_px_image(pixels: float, hit: bool) -> None:
    assert distances.hits(np.array([[pixels / 255]])).item() is hit


def test_what_stands_in_an_invisible_joint_never_counts() -> None:
    clean = by_hand()
    dirty = replace(clean, joints=np.where(clean.visible[..., None], clean.joints, np.nan))
    np.testing.assert_array_equal(distances.offsets(dirty), distances.offsets(clean))
    np.testing.assert_array_equal(distances.distances(dirty), distances.distances(clean))
