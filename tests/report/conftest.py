"""Synthetic runs with fixed numbers: two methods on squares, and the paper's datasets as a finished run leaves them."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import make_record, make_scores

from dkp_bench.files import write_json
from dkp_bench.records.schema import Record, Score
from dkp_bench.records.store import Run
from dkp_bench.report import Report, build_report, read_published
from dkp_bench.report.published import Display, Published, PublishedDelta, PublishedNumber, StandIn
from dkp_bench.scoring import PROTOCOLS

PAPER_PROTOCOLS = {
    "h36m": ("autolink", "autolink-fixed", "autolink-fixed+intercept", "no-swap+intercept", "stablekeypoints", "lmdis"),
    "h36m-nobg": ("autolink", "bkind"),
    "taichi": ("autolink-taichi", "stablekeypoints-taichi", "motion-cosegmentation"),
    "deepfashion": ("autolink-deepfashion", "stablekeypoints-deepfashion"),
}
"""Some of the protocols of each of the paper's datasets, the headline first."""
NOWHERE = Path("nowhere") / "dataset" / "profile" / "method" / "seed0"
"""Where a run in memory would lie in a folder of runs."""

HOSTILE = '<script>alert("1")</script> & a_b | $x$ \\input{x} `c` [d](e) *f* {{ g }} {% h %} << i >> #~^ | x |'
QUALITY = {"mean_pose": 1.9, "autolink": 1.0, "no_teacher": 0.97, "teacher_only": 0.8, "distill_dkp": 0.6}
"""Errors of a made-up method, as a multiple of the baseline's."""
BASELINE = {"% of edge": 3.0, "px at 128": 4.0, "px at 255": 320.0, "px at 256": 240.0, "%": 30.0}
"""The baseline's error in each unit; what is missing to 100 % for a share of hits."""
BEIT, SWIN = "dpt_beit_large_512-1a2b3c4d", "dpt_swin2_tiny_256-5e6f7a8b"


def make_paper_scores(dataset: str, quality: float) -> list[Score]:
    """Scores under the real protocols, each a little different from the others."""
    kinds = [(protocol, metric) for protocol in PAPER_PROTOCOLS[dataset] for metric in PROTOCOLS[protocol].metrics]
    scores = []
    for place, (protocol, metric) in enumerate(kinds):
        error = BASELINE[metric.unit] * quality * (1 + place / 50)
        value = 100 - error if metric.higher_is_better else error
        scores.append(
            Score(
                protocol=protocol,
                metric=metric.name,
                value=value,
                unit=metric.unit,
                higher_is_better=metric.higher_is_better,
            )
        )
    return scores + make_scores(0, 96 - 20 * quality)[-2:] * (dataset != "deepfashion")


def make_paper_run(dataset: str, profile: str, method: str, seed: int, depth: str = BEIT) -> Run:
    trained, paper = method != "mean_pose", profile == "paper"
    record = make_record(
        method,
        scores=make_paper_scores(dataset, QUALITY[method] * (1 if paper else 1.5) * (1 + seed / 50)),
        dataset=dataset,
        profile=profile,
        seed=seed,
        image_size=128 if paper else 64,
        depth=depth if method in ("teacher_only", "distill_dkp") else "none",
        inputs="depth" if method == "teacher_only" else "rgb",
        keypoints=(10 if dataset == "taichi" else 16) if trained else 1,
        perceptual=("vgg16-imagenet-397923af" if paper else "pyramid-random") if trained else "none",
    )
    return Run(NOWHERE, record)


@pytest.fixture(scope="session")
def paper_runs() -> list[Run]:
    """Every method on the paper's datasets: two seeds at the published size, one at the tiny profile."""
    seeds = [("paper", 0), ("paper", 1), ("tiny", 0)]
    every = itertools.product(PAPER_PROTOCOLS, seeds, QUALITY)
    runs = [make_paper_run(dataset, profile, method, seed) for dataset, (profile, seed), method in every]
    return [*runs, make_paper_run("h36m", "paper", "distill_dkp", 0, depth=SWIN)]


@pytest.fixture(scope="session")
def literature(repository: Path) -> Published:
    """The published numbers of the repository."""
    return read_published(repository / "results" / "published.toml")


@pytest.fixture(scope="session")
def papers(paper_runs: list[Run], literature: Published) -> Report:
    """The report of the paper's datasets."""
    return build_report(paper_runs, literature)


@pytest.fixture(scope="session")
def two_by_two() -> list[Run]:
    """Two methods, two seeds; on one of two datasets."""
    records = [
        make_record("base", 8.0, 20.0, seed=0),
        make_record("base", 8.4, 22.0, seed=1),
        make_record("taught", 4.0, 96.0, seed=0),
        make_record("taught", 4.2, 98.0, seed=1),
        make_record("base", 5.0, 30.0, dataset="paper-set"),
    ]
    return [Run(NOWHERE, made) for made in records]


@pytest.fixture(scope="session")
def published() -> Published:
    link = {"source": "A. Author, Table 1", "url": "https://example.org/paper", "verified": "read in the table"}
    return Published(
        report=Display(
            baseline="base",
            subject="taught",
            order=("base", "taught"),
            ablation=("untaught", "taught"),
        ),
        delta=(
            PublishedDelta(
                stated_for="Paper Set",
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
                stated_for="Paper Set",
                datasets=("paper-set",),
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
def hostile(run: Callable[..., Run], published: Published) -> Report:
    """A report whose every name is markup in some format."""
    runs = [
        run(HOSTILE, dataset=HOSTILE),
        run("_hidden", dataset=HOSTILE),
        run("base", dataset=HOSTILE, settings={HOSTILE: HOSTILE}, perceptual="none", curves={}),
    ]
    return build_report(runs, published)


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
    """Two sample images of 64 pixels and the best, median and worst of them: three keypoints, two joints."""
    rng = np.random.default_rng(0)
    return {
        "indices": np.array([0, 1, 1, 1, 0]),
        "choice": np.array(["first", "first", "best", "median", "worst"]),
        "errors": np.array([9.0, 3.0, 3.0, 3.0, 9.0]),
        "rgb": np.full((5, 64, 64, 3), 90, np.uint8),
        "keypoints": rng.uniform(-1, 1, (5, 3, 2)).astype(np.float32),
        "joints": rng.uniform(-1, 1, (5, 2, 2)).astype(np.float32),
        "truth": rng.uniform(-1, 1, (5, 2, 2)).astype(np.float32),
        "visible": np.ones((5, 2), dtype=np.bool_),
        "bones": np.array([[0, 1]]),
        "edges": rng.uniform(0, 1, (5, 64, 64)).astype(np.float32),
        "depth": rng.uniform(0, 9, (5, 64, 64)).astype(np.float32),
    }
