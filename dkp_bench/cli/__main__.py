"""``python -m dkp_bench.cli``: the same as ``dkp-bench``."""

from dkp_bench.cli import main

main()
