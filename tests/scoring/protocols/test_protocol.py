import numpy as np

from dkp_bench.scoring import LabelledKeypoints
from dkp_bench.scoring.protocols.base import all_of, applies_always, needs_group, needs_joints, needs_subjects


def images(joints: int = 3, **groups: list[str]) -> LabelledKeypoints:
    texts = {name: np.array(values) for name, values in groups.items()}
    return LabelledKeypoints(
        np.zeros((2, 1, 2)), np.zeros((2, joints, 2)), np.ones((2, joints), dtype=np.bool_), groups=texts
    )


FIT, TEST = images(subject=["S1", "S5"], action=["a", "b"]), images(subject=["S9", "S9"])


def test_reasons() -> None:
    assert applies_always(FIT, TEST) == ""
    assert needs_joints(3)(FIT, TEST) == ""
    assert needs_joints(4)(FIT, TEST) == "it names joints by number in a skeleton of 4, this one has 3"
    assert needs_group("subject")(FIT, TEST) == ""
    assert needs_group("action")(FIT, TEST) == "it needs the action of each image, which this dataset does not know"
    assert needs_subjects("S1", "S9")(FIT, TEST) == ""
    assert needs_subjects("S1", "S6", "S11")(FIT, TEST) == "it needs images of S6, S11, and there are none"


def test_the_first_lack_is_named_and_nothing_is_asked_after_it() -> None:
    nobody = images()
    need = all_of(needs_joints(3), needs_group("subject"), needs_subjects("S1"))
    assert need(FIT, TEST) == ""
    assert need(nobody, nobody) == "it needs the subject of each image, which this dataset does not know"
