"""motion-cosegmentation (Siarohin et al.) on Taichi, the first to sum the mean absolute errors of 36 coordinates."""

from functools import partial

from dkp_bench.scoring.metrics import SUMMED_MAE
from dkp_bench.scoring.protocols.base import Protocol, match_plain

PROTOCOLS = (
    Protocol(
        "motion-cosegmentation",
        "motion-cosegmentation on Taichi: regression with an intercept, the mean absolute errors of all coordinates "
        "summed; the same number as autolink-taichi.",
        "motion-cosegmentation, official code at 571e26f, evaluate.py (regress_keypoints)",
        partial(match_plain, intercept=True),
        (SUMMED_MAE,),
    ),
)
