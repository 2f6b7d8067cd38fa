"""AutoLink's detector with random weights: how much the regression alone achieves."""

import torch

from dkp_bench.baselines.autolink import AutoLink, AutoLinkModel
from dkp_bench.datasets.base import ImageSet
from dkp_bench.methods import FitContext, FitResult


class Untrained(AutoLink):
    """The freshly initialised detector, drawn from the seed."""

    name = "untrained"
    summary = "AutoLink's detector with random weights: how much the regression alone achieves"
    learns = False

    @property
    def resolved(self) -> dict[str, str]:
        return {}

    def fit(self, images: ImageSet, context: FitContext) -> FitResult:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(context.seed)
            self.model = AutoLinkModel(self.settings)
        return FitResult()
