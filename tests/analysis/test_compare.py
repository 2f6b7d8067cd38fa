"""One method held against others, and the same as a file."""

from pathlib import Path

import numpy as np
import pytest
from shifted import PROTOCOL, make_annotations, store

from dkp_bench.analysis.compare import Comparison, compare_run, find_score
from dkp_bench.analysis.compare_file import to_file
from dkp_bench.analysis.find_runs import choose
from dkp_bench.errors import DkpError

ERRORS = np.array([1.0, 1.5, 1.2, 1.8, 2.0, 1.1, 1.7, 1.6, 1.3, 2.2, 1.4, 1.9])


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    """``mine`` beside one that is as good and one whose error in every image is larger by 2 (but for rounding)."""
    for seed in range(2):
        store(tmp_path, "same", ERRORS + seed / 10, seed=seed)
        store(tmp_path, "worse", ERRORS + 2 + seed / 10, seed=seed)
    return compare_run(store(tmp_path, "mine", ERRORS), tmp_path, ["worse", "same"])


def test_names_and_tiers(comparison: Comparison) -> None:
    assert list(comparison.measurements) == ["mine", "worse", "same"]
    assert comparison.tiers == (("mine", "same"), ("worse",))
    assert [comparison.tier(name) for name in comparison.measurements] == [1, 2, 1]
    assert (comparison.pairs, comparison.images, comparison.sequences) == (3, 12, None)


def test_the_subject_comes_first_in_each_difference(comparison: Comparison) -> None:
    worse, same = comparison.baselines
    assert worse.difference.one is comparison.candidate
    assert worse.difference.estimate.value == pytest.approx(-2.05, abs=1e-5)
    assert same.difference.estimate.value == pytest.approx(-0.05, abs=1e-5)
    for baseline in comparison.baselines:
        assert set(baseline.joints) == set(make_annotations().skeleton.names)
        for number in baseline.joints.values():
            assert number.value == pytest.approx(baseline.difference.estimate.value, abs=1e-5)


def test_the_run_may_be_one_of_those_stored(tmp_path: Path) -> None:
    run = store(tmp_path / "runs", "base", ERRORS)
    store(tmp_path / "stored", "base", ERRORS + 1)
    found = compare_run(run, tmp_path / "stored")
    assert list(found.measurements) == ["base (RUN)", "base"]


def test_what_has_no_finite_size_is_none_in_the_file(tmp_path: Path) -> None:
    store(tmp_path, "none", np.full(12, 9.0))
    found = compare_run(store(tmp_path, "all", np.full(12, 1.0)), tmp_path, metric="pck")
    against = to_file(found).against[0]
    assert against.cohen_dz is None
    assert against.percent is None
    assert against.difference.value == pytest.approx(100.0)
    assert against.share_better == 1.0


def test_the_score_to_compare_by(tmp_path: Path) -> None:
    candidate = choose(store(tmp_path, "mine", ERRORS)).variant
    chosen = [
        find_score(candidate, protocol, metric)
        for protocol, metric in ((None, None), (None, "pck"), ("autolink-fixed", None), ("on-figure", None))
    ]
    assert [(score.protocol, score.metric) for score in chosen] == [
        (PROTOCOL, "mean_l2"),
        (PROTOCOL, "pck"),
        ("autolink-fixed", "mean_l2"),
        ("on-figure", "on_figure"),
    ]
    with pytest.raises(DkpError, match="choose another: --metric on_figure"):
        find_score(candidate, "on-figure", "figure_area")


def test_any_protocol_that_applies_compares_though_it_is_recorded_nowhere(tmp_path: Path) -> None:
    run, _ = store(tmp_path, "mine", ERRORS), store(tmp_path, "worse", ERRORS + 2)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}
    found = compare_run(run, tmp_path, protocol="autolink-taichi")
    listed = compare_run(run, tmp_path, metric="summed_mae")
    assert (found.candidate.protocol, listed.candidate.protocol) == ("autolink-taichi", PROTOCOL)
    for one, other in zip(found.measurements.values(), listed.measurements.values(), strict=True):
        assert one.values == pytest.approx(other.values), "the same regression and the same number"
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.json")}
    with pytest.raises(DkpError, match="protocol bkind does not apply: it names joints by number"):
        compare_run(run, tmp_path, protocol="bkind")
    with pytest.raises(DkpError, match="Did you mean 'autolink-float32'"):
        compare_run(run, tmp_path, protocol="autolink-float23")
