"""Scoring of stored predictions, in pure NumPy: docs/scoring.md has the formulas, docs/protocols.md the protocols.

:func:`score_all` is what a run needs; :func:`not_applicable` says what it leaves out. :func:`match` and
:func:`image_errors` give the same per joint and per image, for pictures; :func:`image_sums` and :func:`joint_sums`
give numbers as sums over images, for resampling.
"""

from dkp_bench.scoring.distances import Matched as Matched
from dkp_bench.scoring.distances import l2_of_images as l2_of_images
from dkp_bench.scoring.evaluate import find_protocol as find_protocol
from dkp_bench.scoring.evaluate import image_errors as image_errors
from dkp_bench.scoring.evaluate import image_sums as image_sums
from dkp_bench.scoring.evaluate import joint_sums as joint_sums
from dkp_bench.scoring.evaluate import match as match
from dkp_bench.scoring.evaluate import not_applicable as not_applicable
from dkp_bench.scoring.evaluate import score_all as score_all
from dkp_bench.scoring.evaluate import score_protocol as score_protocol
from dkp_bench.scoring.labelled import LabelledKeypoints as LabelledKeypoints
from dkp_bench.scoring.metrics import Score as Score
from dkp_bench.scoring.on_figure import keypoints_on_figure as keypoints_on_figure
from dkp_bench.scoring.on_figure import share_of_area as share_of_area
from dkp_bench.scoring.protocols import PROTOCOLS as PROTOCOLS
from dkp_bench.scoring.protocols import Protocol as Protocol
from dkp_bench.scoring.sums import Sums as Sums
