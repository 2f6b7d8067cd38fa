"""BKinD on Human3.6M: its own split and 16 joints; labels of people seen from behind are flipped only in the fit.

BKinD fits on subjects 1, 5, 6, 7 and 8 and scores 9 and 11. In the split of AutoLink and of this project subject 9 is
among those that the detector learns from, so its images here are new to the regression and not to the detector.
"""

from dataclasses import replace

import numpy as np

from dkp_bench.scoring.distances import Matched
from dkp_bench.scoring.labelled import Bools, LabelledKeypoints, join
from dkp_bench.scoring.metrics import MEAN_L2_BY_ACTION, MIN_L2_BY_ACTION
from dkp_bench.scoring.protocols.base import (
    CENTRE,
    Protocol,
    all_of,
    match_plain,
    needs_group,
    needs_joints,
    needs_subjects,
)
from dkp_bench.scoring.swap import Order, swap_labels, swap_order

JOINTS = 32
FIT_SUBJECTS = ("S1", "S5", "S6", "S7", "S8")
TEST_SUBJECTS = ("S9", "S11")
ACTIONS = ("Waiting", "Posing", "Greeting", "Directions", "Discussion", "Walking")
"""Recordings of others, such as WalkingDog, are left out; AutoLink, which looks at how a name begins, takes them."""
LEFT = (6, 7, 8, 9, 10, 16, 17, 18, 19, 20, 21, 22, 23)
RIGHT = (1, 2, 3, 4, 5, 24, 25, 26, 27, 28, 29, 30, 31)
FACING = 9
"""Seen from the front, at least this many of the 13 left joints lie further right in the image than the right ones."""
SCORED = (1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
SCORED_PAIRS = ((0, 3), (1, 4), (2, 5), (10, 13), (11, 14), (12, 15))
"""Left and right among the scored joints, by their place there."""


def match_bkind(fit: LabelledKeypoints, test: LabelledKeypoints, order: Order) -> Matched:
    """Match after a split by subject, labels facing away flipped in the fit; those of ``fit`` are scored last."""
    both = join(test, fit)
    everyone = both.take(np.isin(both.groups["action"], ACTIONS))
    subjects = everyone.groups["subject"]
    fitted = everyone.take(np.isin(subjects, FIT_SUBJECTS))
    tested = everyone.take(np.isin(subjects, TEST_SUBJECTS))
    away = facing_away(fitted)
    table = swap_order(tuple(zip(LEFT, RIGHT, strict=True)), JOINTS)
    joints, visible = swap_labels(fitted.joints, fitted.visible, table, away)
    flipped = replace(fitted, joints=joints, visible=visible)
    matched = match_plain(flipped, tested, order, intercept=False, origin=CENTRE)
    scored = np.array(SCORED)
    return Matched(
        matched.predicted[:, scored],
        matched.joints[:, scored],
        matched.visible[:, scored],
        notes={
            "images_fitted": len(fitted),
            "fit_images_flipped": int(away.sum()),
            "images_tested": len(tested),
            "images_of_other_subjects": len(everyone) - len(fitted) - len(tested),
        }
        | ({"images_of_other_actions": len(both) - len(everyone)} if len(everyone) < len(both) else {}),
        groups=tested.groups,
        joint_indices=scored,
        order=swap_order(SCORED_PAIRS, len(SCORED)),
    )


def facing_away(images: LabelledKeypoints) -> Bools:
    """Return the images with fewer than nine of the 13 left joints right of their counterparts, ``(N,)``.

    A pair of which a joint is not visible counts as not so; in Human3.6M all joints are.
    """
    left, right = np.array(LEFT), np.array(RIGHT)
    shown = images.visible[:, left] & images.visible[:, right]
    facing = (images.joints[:, left, 0] > images.joints[:, right, 0]) & shown
    return np.asarray(facing.sum(axis=1) < FACING)


PROTOCOLS = (
    Protocol(
        "bkind",
        "BKinD on Human3.6M: subjects 1, 5–8 to fit, 9 and 11 to score; 16 joints, no intercept, labels facing away "
        "flipped in the fit; mean of each action, then of the actions; the same with each image's better side.",
        "BKinD, official code at 9e73721, test_simplehuman36m.py, dataloader/simple_human36m_dataset.py, "
        "regressor/regression.py and evaluation/evaluate_simplehuman36m.py",
        match_bkind,
        (MEAN_L2_BY_ACTION, MIN_L2_BY_ACTION),
        all_of(
            needs_joints(JOINTS),
            needs_group("subject"),
            needs_group("action"),
            needs_subjects(*FIT_SUBJECTS, *TEST_SUBJECTS, actions=ACTIONS),
        ),
        scores_test_images=False,
    ),
)
