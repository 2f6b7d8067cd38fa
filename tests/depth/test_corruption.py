"""Corrupt depth maps: ranges, identities, what they are drawn from, severity, and oracles that share no code."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.ndimage import label, map_coordinates

from dkp_bench.depth.corruption import FAMILIES, Corruption, corrupt, min_max, parse_corruption, shuffled_order
from dkp_bench.errors import DkpError
from dkp_bench.imaging import area_mean

Maps = NDArray[np.float32]

SIDE = 32
SEVERITIES = {
    "gaussian": (0, 0.08, 0.18, 0.38),
    "lowres": (64, 16, 8, 4, 1),
    "shift": (0, 1, 2, 4),
    "holes": (0, 0.1, 0.3, 0.6, 1),
    "quantise": (256, 16, 6, 3),
}
"""Levels of each family from none to the worst."""

seeds, images = st.integers(0, 2**32 - 1), st.integers(0, 10**6)
corruptions = st.one_of(
    [
        st.just(Corruption(name))
        if family.levels is None
        else (st.integers if family.whole else st.floats)(*family.levels).map(lambda n, name=name: Corruption(name, n))
        for name, family in FAMILIES.items()
    ]
)
depths = arrays(np.float32, (2, SIDE, SIDE), elements=st.floats(-100, 100, width=32), fill=st.floats(0, 10, width=32))


def figures(count: int = 4, side: int = SIDE) -> Maps:
    """Maps of an upright box before a ramp, at a place of its own in each."""
    y, x = np.mgrid[:64, :64] / 63
    boxes = [((abs(x - 0.3 - 0.1 * i) < 0.1) & (abs(y - 0.5) < 0.35)) * 1.0 for i in range(count)]
    return area_mean(np.stack([0.4 * y + box for box in boxes]).astype(np.float32), side)


def one(depth: Maps, name: str, seed: int = 0, image: int = 0) -> Maps:
    """A single map, made worse."""
    return corrupt(depth[None], np.array([image]), parse_corruption(name), seed)[0]


@given(depths, corruptions, seeds, images)
def test_maps_stay_maps(depth: Maps, corruption: Corruption, seed: int, image: int) -> None:
    before, numbers = depth.copy(), np.array([image, image + 1])
    worse = corrupt(depth, numbers, corruption, seed)
    assert worse.shape == depth.shape
    assert worse.dtype == np.float32
    assert worse.min() >= 0
    assert worse.max() <= 1
    np.testing.assert_array_equal(depth, before)
    for row in (1, 0):  # alone, and in another order, each map is what it was
        np.testing.assert_array_equal(corrupt(depth[[row]], numbers[[row]], corruption, seed)[0], worse[row])


@given(depths, st.floats(0.1, 10), st.floats(-10, 10))
def test_the_scale_of_relative_depth_does_not_count(depth: Maps, unit: float, offset: float) -> None:
    scaled = min_max(depth)
    ranges = np.ptp(depth, axis=(1, 2))
    np.testing.assert_array_equal(scaled.min(axis=(1, 2)), 0)
    np.testing.assert_array_equal(scaled.max(axis=(1, 2)), (ranges > 0) * 1.0)
    if (ranges > 1).all():
        np.testing.assert_allclose(min_max(depth.astype(np.float64) * unit + offset), scaled, atol=1e-3)


@pytest.mark.parametrize("name", ["gaussian-0", "lowres-64", "shift-0", "holes-0", "power-1", "shuffled"])
def test_there_is_a_level_that_changes_nothing(name: str) -> None:
    for clean in min_max(figures()):
        np.testing.assert_array_equal(one(clean, name), clean)


@given(depths)
def test_inverting_twice_changes_nothing(depth: Maps) -> None:
    depth[0, 0, :2] = -100, 100  # a constant map becomes 0 whatever it was
    scaled = min_max(depth)[0]
    np.testing.assert_allclose(one(one(scaled, "invert"), "invert"), scaled, atol=1e-6)


@pytest.mark.parametrize("family", SEVERITIES)
def test_a_worse_level_is_further_from_the_clean_map(family: str) -> None:
    clean, numbers = min_max(figures()), np.arange(4)
    worse = [corrupt(clean, numbers, Corruption(family, level), 1) for level in SEVERITIES[family]]
    distances = [float(abs(each - clean).mean()) for each in worse]
    assert distances == sorted(distances)
    assert len(set(distances)) == len(distances)


@pytest.mark.parametrize("name", ["gaussian-0.18", "shift-2", "holes-0.3", "noise"])
def test_what_is_drawn_depends_on_seed_and_image(name: str) -> None:
    clean = figures(1)[0]
    drawn = [one(clean, name, seed, image) for seed, image in ((0, 0), (0, 1), (1, 0))]
    assert all((drawn[i] != drawn[j]).any() for i, j in ((0, 1), (0, 2), (1, 2)))


@given(seeds, st.floats(0.05, 0.2))
def test_gaussian_noise_has_the_spread_asked_for(seed: int, sigma: float) -> None:
    middle = np.full((SIDE, SIDE), 0.5, np.float32)
    middle[0, :2] = 0, 1  # so that the scale is that of the map
    error = one(middle, f"gaussian-{sigma:.4f}", seed)[1:] - 0.5
    assert abs(error.std() / sigma - 1) < 0.15
    assert abs(error.mean()) < 5 * sigma / SIDE


@given(seeds, st.floats(0, 1))
def test_holes_take_their_share_in_a_few_blobs(seed: int, share: float) -> None:
    clean = figures(1)[0] + 1
    clean[-1, -1] = 0
    torn = one(clean, f"holes-{share:.4f}", seed) == 0
    assert abs(torn.mean() - share) <= 2 / SIDE**2 + 1e-4
    assert label(torn)[1] <= 32  # noise of the same share would have hundreds


def test_holes_are_the_same_at_every_size() -> None:
    at_64 = one(figures(1, 64)[0] + 1, "holes-0.3") == 0
    at_32 = one(figures(1, 32)[0] + 1, "holes-0.3") == 0
    same = (area_mean(at_64[None].astype(np.float32), 32)[0] > 0.5) == at_32
    assert same.mean() > 0.9  # 0.58 for holes that have nothing to do with each other


@pytest.mark.parametrize("count", [2, 3, 6, 16])
def test_quantising_leaves_so_many_values(count: int) -> None:
    ramp = np.linspace(0, 1, SIDE**2, dtype=np.float32).reshape(SIDE, SIDE)
    values = one(ramp, f"quantise-{count}")
    np.testing.assert_allclose(np.unique(values), np.linspace(0, 1, count), atol=1e-6)
    assert abs(values - ramp).max() <= 0.5 / (count - 1) + 1e-6


@given(depths, st.sampled_from([1, 2, 4, 8, 16]))
def test_lowres_is_torchs_area_and_bicubic(depth: Maps, pixels: int) -> None:
    scaled = torch.from_numpy(min_max(depth))[:, None]
    means = torch.nn.functional.adaptive_avg_pool2d(scaled, pixels)
    wide = torch.nn.functional.interpolate(means, SIDE, mode="bicubic", align_corners=False).clamp(0, 1)[:, 0]
    worse = corrupt(depth, np.array([0, 1]), Corruption("lowres", pixels), 0)
    np.testing.assert_allclose(worse, wide.numpy(), atol=1e-5)


@given(depths, st.sampled_from([0.5, 1, 2, 4]), seeds)
def test_shift_reads_the_map_elsewhere(depth: Maps, sigma: float, seed: int) -> None:
    """Ramps tell where it reads; SciPy reads other maps there."""
    ramps = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    places = [one(ramp, f"shift-{sigma}", seed) * (SIDE - 1) for ramp in ramps]
    worse, scaled = one(depth[0], f"shift-{sigma}", seed), min_max(depth)[0]
    np.testing.assert_allclose(worse, map_coordinates(scaled, places, order=1, mode="nearest"), atol=1e-3)
    moved = np.sqrt(np.mean([(place - ramp)[8:-8, 8:-8] ** 2 for place, ramp in zip(places, ramps, strict=True)]))
    assert moved < 3 * sigma * SIDE / 64  # where the border does not stop it


@given(st.integers(2, 200), seeds)
def test_shuffling_hands_each_map_to_another_image(count: int, seed: int) -> None:
    order = shuffled_order(count, seed)
    np.testing.assert_array_equal(np.sort(order), np.arange(count))
    assert (order != np.arange(count)).all()


NAMED = {
    "gaussian-0.18": (0.1147, 1.0),
    "lowres-8": (0.0531, 0.8977),
    "shift-2": (0.0389, 0.8939),
    "holes-0.3": (0.0748, 0.9045),
    "quantise-6": (0.0489, 1.0),
    "invert": (0.7036, 0.0955),
    "power-0.5": (0.1875, 0.9511),
    "uniform": (0.3518, 0.5),
    "noise": (0.369, 0.7766),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_name_stands_for_the_same_maps_for_ever(name: str) -> None:
    """Stored runs name their depth source: a family that is changed gets another name."""
    clean = min_max(figures(1))[0]
    worse = one(clean, name, seed=3, image=5)
    found = float(abs(worse - clean).mean()), float(worse[16, 9])
    assert found == pytest.approx(NAMED[name], abs=2e-4)


@given(corruptions)
def test_a_name_is_read_as_it_is_written(corruption: Corruption) -> None:
    text = str(Corruption(corruption.family, round(corruption.level, 4)))
    if (family := FAMILIES[corruption.family]).levels is None or round(corruption.level, 4) >= family.levels[0]:
        assert str(parse_corruption(text)) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("gausian-0.18", "unknown corruption of depth maps 'gausian'. Did you mean 'gaussian'?"),
        ("gaussian", "'gaussian': the level of 'gaussian' is a number from 0 to 1"),
        ("gaussian-1.5", "'gaussian-1.5': the level of 'gaussian' is a number from 0 to 1"),
        ("gaussian-nan", "'gaussian-nan': the level of 'gaussian' is a number from 0 to 1"),
        ("lowres-8.5", "'lowres-8.5': the level of 'lowres' is a whole number from 1 to 64"),
        ("quantise-1", "'quantise-1': the level of 'quantise' is a whole number from 2 to 256"),
        ("invert-1", "the corruption 'invert' has no levels, and 'invert-1' names one"),
    ],
)
def test_what_is_no_corruption_is_refused(text: str, problem: str) -> None:
    with pytest.raises(DkpError) as caught:
        parse_corruption(text)
    assert caught.value.problem == problem
    assert "gaussian-0…1, lowres-1…64, shift-0…16" in caught.value.hint
