import numpy as np
import pytest
import scipy.linalg

from dkp_bench.scoring import LabelledKeypoints
from dkp_bench.scoring.protocols.base import CENTRE, CORNER, match_plain


def images(seed: int, count: int) -> LabelledKeypoints:
    random = np.random.default_rng(seed)
    joints = random.uniform(-1, 1, (count, 4, 2))
    return LabelledKeypoints(random.uniform(-1, 1, (count, 3, 2)), joints, np.ones((count, 4), dtype=np.bool_))


@pytest.mark.parametrize(("origin", "at"), [(CORNER, -1), (CENTRE, 0)])
def test_without_an_intercept_the_origin_predicts_the_origin(origin: float, at: float) -> None:
    fit = images(0, 50)
    still = LabelledKeypoints(np.full((1, 3, 2), at), fit.joints[:1], fit.visible[:1])
    matched = match_plain(fit, still, np.arange(4), intercept=False, origin=origin)
    np.testing.assert_allclose(matched.predicted, origin, atol=1e-12)


@pytest.mark.parametrize("origin", [CORNER, CENTRE])
def test_with_an_intercept_the_origin_does_not_matter(origin: float) -> None:
    fit, test = images(1, 50), images(2, 20)
    x, x_test = (np.column_stack([s.keypoints.reshape(len(s), -1), np.ones(len(s))]) for s in (fit, test))
    oracle = x_test @ scipy.linalg.lstsq(x, fit.joints.reshape(50, -1))[0]
    matched = match_plain(fit, test, np.arange(4), intercept=True, origin=origin)
    np.testing.assert_allclose(matched.predicted * 2 - 1, oracle.reshape(20, 4, 2), atol=1e-12)
    np.testing.assert_allclose(matched.joints * 2 - 1, test.joints, atol=1e-15)
