"""Leeds Sports Pose Extended: real photographs of people in extreme poses. See docs/lsp.md."""

from dkp_bench.datasets.lsp.dataset import Lsp as Lsp
