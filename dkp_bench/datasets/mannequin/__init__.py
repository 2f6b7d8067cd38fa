"""Mannequin: rendered people with exact depth, mask and joints; needs no download. See docs/mannequin.md."""

from dkp_bench.datasets.mannequin.dataset import Mannequin as Mannequin
from dkp_bench.datasets.mannequin.dataset import MannequinPlain as MannequinPlain
from dkp_bench.datasets.mannequin.dataset import MannequinStudio as MannequinStudio
from dkp_bench.datasets.mannequin.sample import Sample as Sample
from dkp_bench.datasets.mannequin.sample import render_sample as render_sample
