"""A comparison of one method with others, for people to read."""

from dkp_bench.report.compare.write import comparison_text as comparison_text
from dkp_bench.report.compare.write import write_comparison as write_comparison
