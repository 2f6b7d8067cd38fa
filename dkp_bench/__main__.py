"""``python -m dkp_bench``: the same as ``dkp-bench``; ``torchrun`` starts it as ``-m dkp_bench``."""

from dkp_bench.cli import main

main()
