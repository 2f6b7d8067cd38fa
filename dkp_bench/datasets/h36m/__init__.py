"""Human3.6M in its simplified form, with and without background; docs/datasets.md says how to get it."""

from dkp_bench.datasets.h36m.dataset import HumanWithBackground as HumanWithBackground
from dkp_bench.datasets.h36m.dataset import HumanWithoutBackground as HumanWithoutBackground
