"""What holds for every built-in method; a new one is checked here by being there."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from dkp_bench.datasets import ArrayImages, datasets
from dkp_bench.errors import DkpError
from dkp_bench.methods import FitContext, Method, Settings, built_in_methods, find_method
from dkp_bench.presets import PROFILES, preset
from dkp_bench.training import inference

EVERY = sorted(built_in_methods())
SIZE, IMAGES = 64, 24
SMALL = {
    "steps": 2,
    "batch_size": 4,
    "keypoints": 4,
    "detector_width": 4,
    "decoder_width": 2,
    "perceptual": "pyramid-random",
}
"""A budget of seconds, for those methods that have such settings."""
WITHOUT_CHANCE = {"mean_pose"}
"""Methods that draw nothing, so that all seeds give the same."""


def images(*, depth: bool = True) -> ArrayImages:
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (IMAGES, SIZE, SIZE, 3), dtype=np.uint8)
    return ArrayImages(rgb, rng.random((IMAGES, SIZE, SIZE), dtype=np.float32) if depth else None)


def small(kind: type[Method]) -> Settings:
    overrides = {key: value for key, value in SMALL.items() if key in kind.settings_type.model_fields}
    return preset(kind, "mannequin", "tiny", overrides)


def created(name: str) -> Method:
    kind = find_method(name)
    return kind(small(kind), SIZE)


def fitted(name: str, folder: Path, seed: int = 0) -> Method:
    method = created(name)
    required = {other: fitted(other, folder / other, seed) for other in method.requires}
    method.fit(images(), FitContext(seed, "cpu", folder / "run", required))
    return method


@dataclass(frozen=True)
class Case:
    """A method fitted with one seed, with that seed again, and with another one."""

    name: str
    method: Method
    again: Method
    other_seed: Method


@pytest.fixture(scope="module", params=EVERY)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folders = [tmp_path_factory.mktemp(request.param) for _ in range(3)]
    first, again = (fitted(request.param, folder) for folder in folders[:2])
    return Case(request.param, first, again, fitted(request.param, folders[2], seed=1))


@pytest.mark.parametrize("name", EVERY)
def test_it_says_what_it_is(name: str) -> None:
    kind = find_method(name)
    assert kind.name == name
    assert 10 < len(kind.summary) <= 110
    assert "\n" not in kind.summary
    assert kind.inputs in ("rgb", "depth")


@pytest.mark.parametrize("name", EVERY)
def test_what_it_requires_exists_and_is_no_circle(name: str) -> None:
    def chain(kind: type[Method], above: tuple[str, ...]) -> None:
        assert kind.name not in above
        for other in kind.requires:
            chain(find_method(other), (*above, kind.name))

    chain(find_method(name), ())
    assert isinstance(find_method(name).needs_depth(), bool)


@pytest.mark.parametrize("name", EVERY)
def test_its_presets_are_valid_for_every_dataset_and_profile(name: str) -> None:
    kind = find_method(name)
    for dataset in datasets():
        for profile in PROFILES:
            assert type(preset(kind, dataset, profile)) is kind.settings_type


@pytest.mark.parametrize("name", EVERY)
def test_it_has_the_settings_and_size_it_was_given(name: str) -> None:
    method = created(name)
    assert method.settings == small(type(method))
    assert method.image_size == SIZE
    assert method.keypoints == getattr(method.settings, "keypoints", method.keypoints) >= 1
    assert all(isinstance(value, str) for value in method.resolved.values())


def test_its_predictions_are_points_of_the_image(case: Case) -> None:
    points = case.method.predict(images())
    assert points.shape == (IMAGES, case.method.keypoints, 2)
    assert points.dtype == np.float32
    assert np.isfinite(points).all()
    assert np.abs(points).max() <= 1


def test_a_seed_fixes_it(case: Case) -> None:
    np.testing.assert_array_equal(case.method.predict(images()), case.again.predict(images()))
    same = np.array_equal(case.method.predict(images()), case.other_seed.predict(images()))
    assert same == (case.name in WITHOUT_CHANCE)


def test_it_is_the_same_after_saving_and_loading(case: Case, tmp_path: Path) -> None:
    case.method.save(tmp_path)
    loaded = created(case.name)
    loaded.load(tmp_path)
    np.testing.assert_array_equal(loaded.predict(images()), case.method.predict(images()))


def test_weights_that_are_missing_or_do_not_fit_are_an_error(case: Case, tmp_path: Path) -> None:
    case.method.save(tmp_path / "saved")
    if not (tmp_path / "saved").exists():
        pytest.skip("this method has no weights")
    with pytest.raises(DkpError, match="weights"):
        created(case.name).load(tmp_path / "nowhere")
    kind = type(case.method)
    larger = kind(small(kind).model_copy(update={"keypoints": case.method.keypoints + 1}), SIZE)
    with pytest.raises(DkpError, match="weights"):
        larger.load(tmp_path / "saved")


@pytest.mark.parametrize("batch_size", [1, 7, IMAGES])
def test_the_batch_size_does_not_change_the_answer(
    case: Case, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = case.method.predict(images())
    monkeypatch.setattr(inference, "BATCH_SIZE", batch_size)
    np.testing.assert_allclose(case.method.predict(images()), expected, atol=1e-6)


def test_its_edge_maps_are_pictures(case: Case) -> None:
    maps = case.method.edge_maps(images())
    if maps is None:
        return
    assert maps.shape == (IMAGES, SIZE, SIZE)
    assert maps.dtype == np.float32
    assert maps.min() >= 0
    assert maps.max() <= 1


def test_images_without_depth_are_refused_where_it_is_needed(case: Case, tmp_path: Path) -> None:
    kind = type(case.method)
    required = {other: fitted(other, tmp_path / other) for other in kind.requires}
    context = FitContext(0, "cpu", tmp_path / "run", required)
    if kind.fits_on_depth:
        with pytest.raises(DkpError, match="no depth maps"):
            created(case.name).fit(images(depth=False), context)
    else:
        created(case.name).fit(images(depth=False), context)
    if kind.inputs == "depth":
        with pytest.raises(DkpError, match="no depth maps"):
            case.method.predict(images(depth=False))
    else:
        np.testing.assert_array_equal(case.method.predict(images(depth=False)), case.method.predict(images()))


def test_fitting_and_predicting_leave_the_global_chance_alone(case: Case, tmp_path: Path) -> None:
    method = created(case.name)
    required = {other: fitted(other, tmp_path / other) for other in method.requires}
    torch.manual_seed(5)
    before = torch.get_rng_state()
    method.fit(images(), FitContext(0, "cpu", tmp_path / "run", required))
    method.predict(images())
    assert torch.equal(torch.get_rng_state(), before)
