"""The worth of a difference between two scores: intervals, permutation tests, effect sizes, tiers.

Pure NumPy and SciPy on the sums that :func:`dkp_bench.scoring.image_sums` gives; docs/statistics.md has the formulas
and what each number does not cover.
"""

from dkp_bench.statistics.bootstrap import Resampling as Resampling
from dkp_bench.statistics.estimate import LEVEL as LEVEL
from dkp_bench.statistics.estimate import Estimate as Estimate
from dkp_bench.statistics.estimate import Interval as Interval
from dkp_bench.statistics.estimate import combine as combine
from dkp_bench.statistics.estimate import difference as difference
from dkp_bench.statistics.estimate import estimate_mean as estimate_mean
from dkp_bench.statistics.estimate import paired_by_seed as paired_by_seed
from dkp_bench.statistics.estimate import percent_change as percent_change
from dkp_bench.statistics.significance import ALPHA as ALPHA
from dkp_bench.statistics.significance import PValue as PValue
from dkp_bench.statistics.significance import cohen_dz as cohen_dz
from dkp_bench.statistics.significance import holm as holm
from dkp_bench.statistics.significance import paired_differences as paired_differences
from dkp_bench.statistics.significance import seed_permutation as seed_permutation
from dkp_bench.statistics.significance import share_better as share_better
from dkp_bench.statistics.significance import sign_flip as sign_flip
from dkp_bench.statistics.significance import smallest_seed_p as smallest_seed_p
from dkp_bench.statistics.significance import split_into_tiers as split_into_tiers
