"""Whether runs of one's own give the stored numbers."""

from collections.abc import Callable

import pytest

from dkp_bench.analysis.agreement import agreement
from dkp_bench.runs.run import Run

MakeRun = Callable[..., Run]


@pytest.fixture
def stored(run: MakeRun) -> list[Run]:
    return [run(error=error, seed=seed) for seed, error in enumerate((8.0, 8.2, 8.4))]


@pytest.mark.parametrize(
    ("own", "verdict"),
    [
        ({0: 8.0}, "equal"),
        ({0: 8.004}, "equal"),
        ({0: 8.006}, "within"),
        ({0: 9.18}, "within"),  # 8.2 ± 4.303 · 0.2 · √(1 + 1/3) = 8.2 ± 0.9937
        ({0: 9.21}, "outside"),
        ({3: 7.21}, "within"),
        ({3: 7.19}, "outside"),
        ({3: 8.89, 4: 8.89}, "within"),  # the mean of two: 8.2 ± 4.303 · 0.2 · √(1/2 + 1/3) = 8.2 ± 0.7856
        ({3: 9.0, 4: 9.0}, "outside"),
        ({0: 8.0, 3: 9.0}, "within"),
    ],
)
def test_the_verdict(own: dict[int, float], verdict: str, run: MakeRun, stored: list[Run]) -> None:
    mine = [run(error=error, seed=seed, version="0.9.0") for seed, error in own.items()]
    score = stored[0].record.scores[0]
    assert agreement(mine, stored, score.protocol, score.metric, 0.005).verdict == verdict


@pytest.mark.parametrize("change", [{"preset_hash": "bbbb0000"}, {"dataset_hash": "other"}, {"keypoints": 8}])
def test_other_settings_and_images_are_no_counterpart(
    change: dict[str, object], run: MakeRun, stored: list[Run]
) -> None:
    score = stored[0].record.scores[0]
    found = agreement([run(error=8.0, **change)], stored, score.protocol, score.metric, 0.005)
    assert (found.stored, found.verdict) == ({}, "unknown")


def test_one_stored_seed_gives_no_interval(run: MakeRun, stored: list[Run]) -> None:
    score = stored[0].record.scores[0]
    found = agreement([run(error=8.1)], stored[:1], score.protocol, score.metric, 0.005)
    assert (found.same_seeds, found.interval, found.verdict) == ({0: pytest.approx(0.1)}, None, "unknown")
