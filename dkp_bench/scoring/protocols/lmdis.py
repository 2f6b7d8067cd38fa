"""lmdis-rep (Zhang et al., CVPR 2018), who made the simplified Human3.6M: centred regression, no intercept, no swap."""

from functools import partial

from dkp_bench.scoring.metrics import MEAN_L2
from dkp_bench.scoring.protocols.base import CENTRE, Protocol, match_plain

PROTOCOLS = (
    Protocol(
        "lmdis",
        "lmdis-rep on Human3.6M: centred, no intercept, no swap; mean distance of all joints.",
        "lmdis-rep, official code at 2d3830e, evaluation/face_evaluation.m, linear_regressor.m and mean_error_IOD.m",
        partial(match_plain, intercept=False, origin=CENTRE),
        (MEAN_L2,),
    ),
)
