"""A valid record as JSON, and jobs on a small dataset."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dkp_bench.runs.schema import SCHEMA_VERSION


@pytest.fixture(scope="session")
def content() -> Callable[..., dict[str, Any]]:
    """A fresh copy of a valid record's content; the arguments change its identity."""

    def make(**changes: Any) -> dict[str, Any]:
        identity = {
            "dataset": "squares",
            "dataset_hash": "00ff",
            "image_size": 64,
            "depth": "none",
            "method": "alpha",
            "preset_hash": "abcd1234",
            "profile": "tiny",
            "keypoints": 4,
            "seed": 0,
            "perceptual": "none",
            "version": "0.1.0",
            "scores_version": 1,
            "split": "test",
            **changes,
        }
        provenance = {
            "git_commit": "unknown",
            "git_clean": None,
            "code_hash": "c0dec0de",
            "python": "3.12",
            "platform": "x",
            "processor": "y",
            "threads": 1,
            "processes": 1,
            "accelerator": "none",
            "precision": "fp32",
            "packages": {"numpy": "2.4"},
            "command": "c",
            "started": "2026-01-01T00:00:00+00:00",
            "finished": "2026-01-01T00:01:00+00:00",
        }
        score = {"protocol": "p", "metric": "m", "value": 1.5, "unit": "%", "higher_is_better": False}
        return {
            "schema_version": SCHEMA_VERSION,
            "identity": identity,
            "inputs": "rgb",
            "settings": {"gamma": 0.1, "flip": True, "steps": 3, "schedule": "cosine"},
            "required_settings": {"teacher": {"steps": 4}},
            "overrides": {"steps": 3},
            "scores": [{**score, "per_joint": {"knee": 2.0}}],
            "timings": {"fit_seconds": 0.5, "predict_seconds": 1.0, "steps": 2, "images_per_second": 3.0},
            "provenance": provenance,
            "curves": {"step": [1.0, 2.0], "loss": [0.5, 0.25]},
            "files": {"predictions.npz": "ab" * 32},
        }

    return make


@pytest.fixture
def make_job(small_datasets: None, own_methods: None, tmp_path: Path) -> Callable[..., Any]:
    """Makes a bound run on ``squares``; the arguments are those of a spec, settings by name, and ``device``."""
    from dkp_bench.runs.spec import BoundRun, RunSpec

    def make(
        method: str = "own_method:Corner",
        dataset: str = "squares",
        overrides: dict[str, Any] | None = None,
        device: str = "auto",
        **changes: Any,
    ) -> BoundRun:
        spec = RunSpec(dataset, method, overrides=tuple((overrides or {}).items()), **changes)
        return spec.bind(spec.open_dataset(tmp_path / "cache"), tmp_path / "runs", device)

    return make
