"""Taichi, whose published annotation is a pickle that is read without running it; docs/datasets.md has its facts."""

from dkp_bench.datasets.taichi.dataset import Taichi as Taichi
