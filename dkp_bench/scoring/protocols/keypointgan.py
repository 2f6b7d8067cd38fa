"""KeypointGAN (Jakab et al., 2020) on Human3.6M: nothing is regressed, for keypoint k is meant to be joint k."""

from dkp_bench.scoring.distances import Matched
from dkp_bench.scoring.labelled import LabelledKeypoints, to_unit
from dkp_bench.scoring.metrics import MEAN_L2_BY_ACTION
from dkp_bench.scoring.protocols.base import Protocol, all_of, needs_group
from dkp_bench.scoring.swap import Order, swap_where_better


def match_by_name(fit: LabelledKeypoints, test: LabelledKeypoints, order: Order) -> Matched:
    """Match keypoints as they are with the labels, swapped by the true pairs in each image where that helps."""
    del fit
    matched = Matched(to_unit(test.keypoints), to_unit(test.joints), test.visible, groups=test.groups)
    return swap_where_better(matched, order)


def _as_many_keypoints_as_joints(fit: LabelledKeypoints, test: LabelledKeypoints) -> str:
    del fit
    keypoints, joints = test.keypoints.shape[1], test.joints.shape[1]
    return "" if keypoints == joints else f"it reads keypoint k as joint k: K is {keypoints}, the joints are {joints}"


PROTOCOLS = (
    Protocol(
        "keypointgan",
        "KeypointGAN on Human3.6M: no regression, the better of left/right and right/left in each image; mean of each "
        "action, then of the actions.",
        "KeypointGAN, official code at 541b769, test_pose.py (mean min distance)",
        match_by_name,
        (MEAN_L2_BY_ACTION,),
        all_of(_as_many_keypoints_as_joints, needs_group("action")),
    ),
)
