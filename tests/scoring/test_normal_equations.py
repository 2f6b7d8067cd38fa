"""AutoLink's arithmetic: float32 and the inverse of XᵀX, against its procedures written down again with PyTorch."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from dkp_bench.errors import DkpError
from dkp_bench.scoring import LabelledKeypoints, match, score_protocol
from dkp_bench.scoring.labelled import Floats
from dkp_bench.scoring.normal_equations import Float32Regression
from dkp_bench.scoring.swap import MAX_ROUNDS

PAIRS = (*((i, i + 5) for i in range(1, 6)), *((i, i + 8) for i in range(16, 24)))
CODED = (*PAIRS[:5], (17, 25), (18, 26), (19, 27), (20, 28), (21, 28), (22, 30), (23, 31))
PLACES = {5: (-0.2, 0.55), 3: (0.0, 0.41)}
PIXEL = 2 / 128
Images = tuple[LabelledKeypoints, LabelledKeypoints]


def images(joints: int, still: dict[int, float], seed: int = 7) -> Images:
    """Sixteen keypoints on which joints depend, some of them staying within some pixels of 128 (standard deviation)."""
    mixing = np.random.default_rng(0).random((32, 2 * joints)) - 0.5
    sets = []
    for count, of_set in ((400, seed), (120, seed + 1)):
        random = np.random.default_rng(of_set)
        found = 2 * random.random((count, 16, 2)) - 1
        labels = 0.1 * (found.reshape(count, -1) @ mixing) + 0.2 * (random.random((count, 2 * joints)) - 0.5)
        for keypoint, pixels in still.items():
            noise = (random.random((count, 2)) - 0.5) * np.sqrt(12)
            found[:, keypoint] = PLACES[keypoint] + noise * pixels * PIXEL
        seen = np.ones((count, joints), dtype=np.bool_)
        sets.append(LabelledKeypoints(found.astype(np.float32), labels.reshape(count, joints, 2), seen))
    if joints == 32:
        sets = [half_turned(each) for each in sets]
    return sets[0], sets[1]


def half_turned(people: LabelledKeypoints) -> LabelledKeypoints:
    order, joints = np.arange(32), people.joints.copy()
    for left, right in PAIRS:
        order[left], order[right] = right, left
    joints[::2] = joints[::2][:, order]
    return LabelledKeypoints(people.keypoints, joints, people.visible)


def tensors(people: LabelledKeypoints, scale: float) -> tuple[Tensor, Tensor]:
    """Keypoints and joints as (row, column), flattened."""
    both = (torch.tensor(points[..., ::-1].copy()).float() for points in (people.keypoints, people.joints))
    x, y = (((points * 0.5 + 0.5) * scale).flatten(1) for points in both)
    return x, y


def inverted(x: Tensor, ridge: float = 0.0) -> Tensor:
    try:
        return (x.T @ x).inverse() @ x.T
    except RuntimeError:
        return (x.T @ x + ridge * torch.eye(x.shape[1])).inverse() @ x.T


def human36m(fit: LabelledKeypoints, test: LabelledKeypoints) -> float:
    (x, y), (x_test, y_test) = tensors(fit, 1), tensors(test, 1)
    y, error = settled(y, lambda labels: x @ (inverted(x) @ labels))
    kept = error < error.mean() + 3 * error.std()
    weights = inverted(x[kept]) @ y[kept]
    _, error = settled(y_test, lambda labels: x_test @ weights)
    return 100 * float(error.mean())


def settled(y: Tensor, predict: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """The official loops, but for their missing bound."""
    places = list(range(32))
    for first, second in CODED:
        places[first], places[second] = second, first
    for _ in range(MAX_ROUNDS):
        swapped = y.reshape(-1, 32, 2)[:, places].flatten(1)
        error, other = ((predict(y) - labels).reshape(-1, 32, 2).norm(dim=2).mean(dim=1) for labels in (y, swapped))
        if (error > other).sum() <= 10:
            break
        y = torch.where((error > other)[:, None], swapped, y)
    return y, error


def taichi(fit: LabelledKeypoints, test: LabelledKeypoints) -> float:
    (x, y), (x_test, y_test) = (
        (torch.cat([x, torch.ones(len(x), 1)], dim=1), y) for x, y in (tensors(people, 255) for people in (fit, test))
    )
    return float((x_test @ (inverted(x, 1.0) @ y) - y_test).abs().mean(dim=0).sum())


def deepfashion(fit: LabelledKeypoints, test: LabelledKeypoints) -> float:
    (x, y), (x_test, y_test) = tensors(fit, 255), tensors(test, 255)
    gaps = (x_test @ (inverted(x, 1e-3) @ y) - y_test).reshape(len(x_test), -1, 2)
    return 100 * float((gaps.norm(dim=2) < 6).float().mean())


OFFICIAL = {"autolink": (32, human36m), "autolink-taichi": (18, taichi), "autolink-deepfashion": (17, deepfashion)}


def number(protocol: str, sets: Images) -> float:
    joints = sets[0].joints.shape[1]
    return score_protocol(protocol, *sets, PAIRS if joints == 32 else (), [str(joint) for joint in range(joints)])[
        0
    ].value


@pytest.mark.parametrize("protocol", OFFICIAL)
@pytest.mark.parametrize("still", [{}, {3: 0.06}, {3: 0.06, 5: 0.06}])
def test_it_gives_what_the_official_arithmetic_gives_on_this_machine(protocol: str, still: dict[int, float]) -> None:
    joints, official = OFFICIAL[protocol]
    sets = images(joints, still)
    found, exact = number(f"{protocol}-float32", sets), number(protocol, sets)
    assert found == pytest.approx(official(*sets), rel=2e-3)
    assert (abs(found / exact - 1) > 5e-3) == bool(still), "a keypoint that hardly moves costs float32 its digits"


def test_labels_that_never_settle_end_the_loop_all_the_same() -> None:
    # On an x86 processor the official loop goes on for ever here, 251 of 400 images swapping each time.
    sets = images(32, {3: 0.02, 5: 0.02}, seed=10)
    notes = match("autolink-float32", *sets, PAIRS).notes
    assert notes["fit_rounds"] <= MAX_ROUNDS
    assert np.isfinite(number("autolink-float32", sets))


def no_inverse() -> Floats:
    """Keypoints of which one is always (0, 0) in [0, 1]: a column and a row of XᵀX are 0."""
    keypoints = images(32, {})[0].keypoints.copy()
    keypoints[:, 4] = -1
    return keypoints


def test_where_there_is_no_inverse_the_official_code_stops_or_adds_a_ridge() -> None:
    fit, test = images(32, {})
    fit = LabelledKeypoints(no_inverse(), fit.joints, fit.visible)
    with pytest.raises(DkpError, match="XᵀX of these keypoints has no inverse") as caught:
        number("autolink-float32", (fit, test))
    assert caught.value.hint == "score under autolink, which takes the solution of least norm then"
    for protocol in ("autolink-taichi", "autolink-deepfashion"):
        joints, official = OFFICIAL[protocol]
        sets = images(joints, {})
        sets = LabelledKeypoints(no_inverse(), sets[0].joints, sets[0].visible), sets[1]
        assert number(f"{protocol}-float32", sets) == pytest.approx(official(*sets), rel=1e-4)


def test_joints_are_fitted_on_the_images_that_show_them() -> None:
    fit, test = images(17, {})
    visible = fit.visible.copy()
    visible[:150, 2] = False
    regression = Float32Regression(fit.keypoints, intercept=True)
    some = regression.fit(fit.joints, visible).predict(test.keypoints)
    few = Float32Regression(fit.keypoints[150:], intercept=True)
    alone = few.fit(fit.joints[150:], fit.visible[150:]).predict(test.keypoints)
    np.testing.assert_allclose(some[:, 2], alone[:, 2], atol=1e-5)
    every = regression.fit(fit.joints, fit.visible).predict(test.keypoints)
    np.testing.assert_allclose(np.delete(some, 2, axis=1), np.delete(every, 2, axis=1), atol=1e-5)
    assert np.abs(some[:, 2] - every[:, 2]).max() > 1e-3
