"""How far a student's keypoints are from those of its teacher: how much of its teacher it has become."""

import numpy as np

from dkp_bench.analysis.seed_scores import SeedScores
from dkp_bench.runs.layout import PREDICTIONS
from dkp_bench.runs.predictions import run_predictions
from dkp_bench.runs.run import Run
from dkp_bench.studies.design import Condition
from dkp_bench.studies.measured import PlaceResults

EDGE = 2.0
"""Length of the image's edge: coordinates go from −1 to 1."""


def distance_to_teacher(condition: Condition, at: PlaceResults) -> SeedScores | None:
    """Return how far keypoints are from the teacher's on the scored images, in % of the edge.

    It is a mean over images and keypoints, for each seed that both have; None where there is no teacher, where
    predictions are not there, or where the two differ in K.

    Raises:
        DkpError: if predictions are damaged.
    """
    if condition not in at.required:
        return None
    guides = {run.record.identity.seed: run for run in at.required[condition].runs}
    pairs = [(run, guides[seed]) for run in at.variants[condition].runs if (seed := run.record.identity.seed) in guides]
    found = [away for student, teacher in pairs if (away := _distance(student, teacher)) is not None]
    return SeedScores(tuple(found)) if found and len(found) == len(pairs) else None


def _distance(student: Run, teacher: Run) -> float | None:
    if student.find(PREDICTIONS) is None or teacher.find(PREDICTIONS) is None:
        return None
    one, other = run_predictions(student).test, run_predictions(teacher).test
    if one.shape != other.shape:
        return None
    return 100 / EDGE * float(np.linalg.norm(one - other, axis=-1).mean())
