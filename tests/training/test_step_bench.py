"""Speed and memory of the training step: ``nox -s bench -- tests/training``.

On a GPU at full size: the profile ``small``, which has the images, widths, keypoints and batch of ``paper``, with all
of VGG16. On a CPU at a size that takes a minute, with a quarter of VGG16's channels. Its weights are random, which
changes no figure here. Every line says what it was measured on; times are printed and never asserted.
"""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from step_parts import flops, kernels, matmul_rate, seconds_by_part
from step_runs import METHODS, OFFICIAL, SIZES, Steps, peak_memory, steps, synchronise

from dkp_bench.records.machine import machine

# What a GPU's driver or a newer PyTorch may warn of says nothing against a measurement.
pytestmark = [pytest.mark.bench, pytest.mark.filterwarnings("default")]
