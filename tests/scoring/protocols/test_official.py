"""Numbers that the projects' own code gave for made-up images, once: each protocol must give them too.

The official functions were run as they are, at the commits that docs/protocols.md names, on the arrays below; they
agreed to the last digits, PCK to float32, in which AutoLink averages. What had to stand in: NumPy's least squares for
scikit-learn's in BKinD, BKinD's copy of KeypointGAN's distances for the original inside a script, AutoLink's Taichi for
motion-cosegmentation. The loops over test images of StableKeypoints were retyped. lmdis-rep's MATLAB ran in Octave
7.3. The numbers of ``…-float32`` are of AutoLink's code in its own arithmetic, on an x86 processor with one thread.
"""

from pathlib import Path

import numpy as np
import pytest

from dkp_bench.datasets.taichi.files import normalised, read_landmarks
from dkp_bench.scoring import LabelledKeypoints, score_protocol

PAIRS = (*((i, i + 5) for i in range(1, 6)), *((i, i + 8) for i in range(16, 24)))
LEFT = np.array([*range(6, 11), *range(16, 24)])
FIT_SUBJECTS, TEST_SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9"), ("S11",)
ACTIONS = ("Posing", "Waiting", "Walking")

OFFICIAL = {
    "autolink": [8.121602029827292],
    "stablekeypoints": [11.458738481721882],
    "lmdis": [9.603926615635044],
    "bkind": [9.221719315864775, 8.231874722861203],
    "keypointgan": [5.70817120607229],
    "autolink-taichi": [239.03906379567445],
    "motion-cosegmentation": [239.03906379567445],
    "stablekeypoints-taichi": [167.3229190038701],
    "autolink-deepfashion": [9.41176488995552],
    "stablekeypoints-deepfashion": [19.215686274509807],
}

OFFICIAL_IN_FLOAT32 = {
    "autolink-float32": 8.121602982282639,
    "autolink-taichi-float32": 239.03908348083496,
    "autolink-deepfashion-float32": 9.41176488995552,
}


def poses(count: int, keypoints: int, joints: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints, and joints that depend on them in the same way under all seeds; uniform numbers alone."""
    mixing = np.random.default_rng(0).random((2 * keypoints, 2 * joints)) - 0.5
    rng = np.random.default_rng(seed)
    found = 2 * rng.random((count, keypoints, 2)) - 1
    noise = 0.2 * (rng.random((count, joints, 2)) - 0.5)
    return found, 0.1 * (found.reshape(count, -1) @ mixing).reshape(count, joints, 2) + noise


def human36m(count: int, seed: int, subjects: tuple[str, ...]) -> LabelledKeypoints:
    """People who face the camera, as far as left and right are exchanged in none but a third of the images."""
    found, joints = poses(count, 16, 32, seed)
    joints[:, LEFT, 0] += 0.3
    rng = np.random.default_rng(seed + 1000)
    turned = rng.random(count) < 0.33
    mirrored = np.arange(32)
    for right, left in PAIRS:
        mirrored[right], mirrored[left] = left, right
    joints[turned] = joints[turned][:, mirrored]
    groups = {
        "subject": np.array(subjects)[np.floor(rng.random(count) * len(subjects)).astype(int)],
        "action": np.array(ACTIONS)[np.floor(rng.random(count) * len(ACTIONS)).astype(int)],
    }
    return LabelledKeypoints(found, joints, np.ones((count, 32), dtype=np.bool_), groups=groups)


def named(count: int, seed: int) -> LabelledKeypoints:
    """The same people, seen by a detector whose keypoint k is joint k."""
    images = human36m(count, seed, TEST_SUBJECTS)
    noise = 0.3 * (np.random.default_rng(seed + 2000).random(images.joints.shape) - 0.5)
    return LabelledKeypoints(images.joints + noise, images.joints, images.visible, groups=images.groups)


def others(count: int, seed: int, keypoints: int, joints: int, missing: float) -> LabelledKeypoints:
    """Images of the form of Taichi and DeepFashion."""
    found, labels = poses(count, keypoints, joints, seed)
    visible = np.random.default_rng(seed + 1000).random((count, joints)) >= missing
    visible[:, 1] = True
    return LabelledKeypoints(found, labels, visible)


def images_for(protocol: str) -> tuple[LabelledKeypoints, LabelledKeypoints]:
    """Images to fit on and to score."""
    if protocol == "keypointgan":
        return named(200, 1), named(90, 2)
    if "taichi" in protocol or protocol == "motion-cosegmentation":
        return others(300, 3, 10, 18, 0.1), others(90, 4, 10, 18, 0.1)
    if "deepfashion" in protocol:
        return others(300, 5, 16, 17, 0.0), others(90, 6, 16, 17, 0.0)
    return human36m(400, 7, FIT_SUBJECTS), human36m(120, 8, TEST_SUBJECTS)


@pytest.mark.parametrize("protocol", OFFICIAL)
def test_it_gives_the_number_of_the_official_code(protocol: str) -> None:
    fit, test = images_for(protocol)
    joints = test.joints.shape[1]
    results = score_protocol(
        protocol, fit, test, PAIRS if joints == 32 else (), [str(joint) for joint in range(joints)]
    )
    assert [result.value for result in results] == pytest.approx(OFFICIAL[protocol], rel=1e-7)


@pytest.mark.parametrize("protocol", OFFICIAL_IN_FLOAT32)
def test_in_float32_it_gives_the_number_of_the_official_code(protocol: str) -> None:
    fit, test = images_for(protocol)
    joints = test.joints.shape[1]
    (result,) = score_protocol(
        protocol, fit, test, PAIRS if joints == 32 else (), [str(joint) for joint in range(joints)]
    )
    assert result.value == pytest.approx(OFFICIAL_IN_FLOAT32[protocol], rel=1e-5)


def test_on_the_real_labels_of_taichi_it_gives_the_number_of_the_official_code(shared: Path) -> None:
    """56 joints to fit on and 3 to test on lie at 0 in x or y: with them it would be 182.758."""
    fit, test = (
        labelled_taichi(shared / "taichi" / "landmark" / f"taichi_{split}_gt.pkl") for split in ("train", "test")
    )
    (result,) = score_protocol("stablekeypoints-taichi", fit, test, (), [str(joint) for joint in range(18)])
    assert result.value == pytest.approx(181.17479248512518, rel=1e-9)


def labelled_taichi(path: Path) -> LabelledKeypoints:
    """The published labels, and ten keypoints that depend on them linearly, but for noise."""
    if not path.is_file():
        pytest.skip(f"no {path.name} in the shared data")
    labels = read_landmarks(path)
    joints = normalised(labels.joints)
    shown = np.where(labels.visible[..., None], joints, 0).reshape(len(joints), -1).astype(np.float64)
    mixing = np.random.default_rng(0).random((36, 20)) - 0.5
    noise = np.random.default_rng(1 if "train" in path.name else 2).random((len(joints), 20)) - 0.5
    found = 0.2 * shown @ mixing + 0.05 * noise
    return LabelledKeypoints(found.reshape(-1, 10, 2), joints, labels.visible)
