"""DeepFashion In-shop with pseudo-labels of 17 joints; docs/datasets.md says how to get it and what is odd about it."""

from dkp_bench.datasets.deepfashion.dataset import DeepFashion as DeepFashion
