"""AbsRel and δ₁ against a loop over pixels and NumPy's least squares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.depth.quality import align, depth_quality

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.floats(0, 2))
def test_it_is_the_definition(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.1, 1, (3, 4, 4))
    estimates = (truth * 5 + 2 + noise * rng.standard_normal(truth.shape)).astype(np.float32)
    errors, right = [], []
    for estimate, true in zip(estimates.astype(np.float64), truth, strict=True):
        columns = np.stack([estimate.ravel(), np.ones(16)], axis=1)
        fitted = columns @ np.linalg.lstsq(columns, true.ravel(), rcond=None)[0]
        for found, exact in zip(fitted, true.ravel(), strict=True):
            depth, true_depth = 1 / max(found, true.min()), 1 / exact
            errors.append(abs(depth - true_depth) / true_depth)
            right.append(max(depth / true_depth, true_depth / depth) < 1.25)
    quality = depth_quality(estimates, truth)
    assert quality.abs_rel == pytest.approx(np.mean(errors), abs=1e-6)
    assert quality.delta_1 == pytest.approx(np.mean(right), abs=1 / 48)  # a pixel may lie on the border of right


@given(seeds, st.floats(0.1, 10), st.floats(-10, 10), st.sampled_from([1, -1]))
def test_scale_shift_and_sign_do_not_count(seed: int, scale: float, shift: float, sign: int) -> None:
    truth = np.random.default_rng(seed).uniform(0.1, 1, (2, 4, 4))
    quality = depth_quality(sign * scale * truth + shift, truth)
    assert quality.abs_rel < 1e-9
    assert quality.delta_1 == 1


def test_a_constant_map_tells_the_mean() -> None:
    truth = np.random.default_rng(0).uniform(0.1, 1, (2, 4, 4))
    np.testing.assert_allclose(align(np.full((2, 4, 4), 0.5), truth)[1], truth[1].mean())
    assert depth_quality(np.full((2, 4, 4), 0.5), truth).delta_1 < 1
