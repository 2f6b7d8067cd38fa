"""Synthetic runs with fixed numbers, and the golden files.

Golden files are rewritten by ``DKP_BENCH_UPDATE_GOLDEN=1 python -m pytest tests/report``; read the difference before
you commit it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dkp_bench.files import write_json
from dkp_bench.records.schema import Identity, Provenance, Record, Score, Timings
from dkp_bench.records.store import Run
from dkp_bench.report.published import Display, Published, PublishedDelta, PublishedNumber, StandIn

HEADLINE = "autolink-fixed+intercept"


def make_scores(error: float, on_figure: float) -> list[Score]:
    def score(protocol: str, metric: str, value: float, unit: str, up: bool | None) -> Score:
        return Score(protocol=protocol, metric=metric, value=value, unit=unit, higher_is_better=up)

    return [
        score(HEADLINE, "mean_l2", error, "% of edge", False),
        score(HEADLINE, "pck", 10 * error, "%", True),
        score(HEADLINE, "summed_mae", 30 * error, "px at 255", False),
        score("no-swap+intercept", "mean_l2", error + 1, "% of edge", False),
        score("autolink-fixed", "mean_l2", error + 2, "% of edge", False),
        score("on-figure", "on_figure", on_figure, "%", True),
        score("on-figure", "figure_area", 12.5, "%", None),
    ]


def make_record(method: str = "base", error: float = 8.0, on_figure: float = 20.0, **changes: Any) -> Record:
    """A record; ``changes`` go to the identity, but for ``settings``, ``inputs``, ``curves`` and ``started``."""
    settings = changes.pop("settings", {"gamma": 0.1})
    inputs, curves = changes.pop("inputs", "rgb"), changes.pop("curves", None)
    started = changes.pop("started", "2026-01-02T03:04:05+00:00")
    identity = {
        "dataset": "squares",
        "dataset_hash": "0123456789abcdef",
        "image_size": 64,
        "method": method,
        "preset_hash": "aaaa0000",
        "profile": "tiny",
        "keypoints": 4,
        "seed": 0,
        "perceptual": "pyramid-random",
        "version": "0.1.0",
        **changes,
    }
    trained = identity["perceptual"] != "none"
    default_curves = {"step": [10, 20, 30], "loss": [3.0, 2.0, 1.5]} if trained else {}
    return Record(
        identity=Identity(**identity),
        inputs=inputs,
        settings=settings,
        scores=make_scores(error, on_figure),
        timings=Timings(
            fit_seconds=90.4 if trained else 0,
            predict_seconds=2,
            steps=30 if trained else 0,
            images_per_second=250 if trained else 0,
        ),
        provenance=Provenance(
            git_commit="0123456789abcdef",
            git_clean=True,
            code_hash="c0dec0de",
            python="3.12.1",
            platform="Linux",
            processor="a processor",
            threads=2,
            accelerator="none",
            packages={"numpy": "2.4.0", "torch": "2.15.0"},
            command=f"dkp-bench train {method}",
            started=started,
            finished="2026-01-02T03:06:05+00:00",
        ),
        curves=default_curves if curves is None else curves,
        files={},
    )


@pytest.fixture(scope="session")
def record() -> Callable[..., Record]:
    return make_record


@pytest.fixture(scope="session")
def run() -> Callable[..., Run]:
    """A run in memory: the arguments are those of a record."""

    def make(*args: Any, **changes: Any) -> Run:
        return Run(Path("nowhere"), make_record(*args, **changes))

    return make


@pytest.fixture(scope="session")
def two_by_two() -> list[Run]:
    """Two methods, two seeds; on one of two datasets."""
    folder = Path("nowhere")
    records = [
        make_record("base", 8.0, 20.0, seed=0),
        make_record("base", 8.4, 22.0, seed=1),
        make_record("taught", 4.0, 96.0, seed=0),
        make_record("taught", 4.2, 98.0, seed=1),
        make_record("base", 5.0, 30.0, dataset="paper-set"),
    ]
    return [Run(folder, made) for made in records]


@pytest.fixture(scope="session")
def published() -> Published:
    link = {"source": "A. Author, Table 1", "url": "https://example.org/paper", "verified": "read in the table"}
    return Published(
        report=Display(
            baseline="base",
            subject="taught",
            order=("base", "taught"),
            ablation=("untaught", "taught"),
            headline_metric="mean_l2",
        ),
        delta=(
            PublishedDelta(
                dataset="paper-set",
                method="taught",
                metric="mean_l2",
                metric_name="mean L2 error",
                value="-12.50",
                unit="%",
                higher_is_better=False,
                command="nox -s reproduce-paper-set -- --data PATH",
                **link,
            ),
        ),
        stand_in=(StandIn(dataset="squares", command="nox -s reproduce-squares"),),
        published=(
            PublishedNumber(
                dataset="paper-set",
                method="Base 2020",
                metric="mean_l2",
                value="3.10",
                unit="% of edge",
                higher_is_better=False,
                **link,
            ),
        ),
    )


@pytest.fixture(scope="session")
def save() -> Callable[[Path, Record], Path]:
    """Writes a record where a run would leave it; returns the run's folder."""

    def write(root: Path, made: Record) -> Path:
        who = made.identity
        folder = root / who.dataset / who.profile / who.method / f"seed{who.seed}-{who.preset_hash}"
        write_json(folder / "record.json", made.model_dump(mode="json"))
        return folder

    return write


@pytest.fixture
def sample_arrays() -> dict[str, Any]:
    """Two sample images of 64 pixels: three keypoints, two joints."""
    rng = np.random.default_rng(0)
    return {
        "indices": np.arange(2),
        "rgb": np.full((2, 64, 64, 3), 90, np.uint8),
        "keypoints": rng.uniform(-1, 1, (2, 3, 2)).astype(np.float32),
        "joints": rng.uniform(-1, 1, (2, 2, 2)).astype(np.float32),
        "truth": rng.uniform(-1, 1, (2, 2, 2)).astype(np.float32),
        "visible": np.ones((2, 2), dtype=np.bool_),
        "bones": np.array([[0, 1]]),
        "edges": rng.uniform(0, 1, (2, 64, 64)).astype(np.float32),
        "depth": rng.uniform(0, 9, (2, 64, 64)).astype(np.float32),
    }
