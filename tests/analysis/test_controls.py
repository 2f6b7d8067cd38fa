"""What the headline says of methods that learn nothing, on made-up runs both ways."""

from pathlib import Path

import numpy as np
import pytest
from shifted import store

from dkp_bench.analysis.compare import compare_run
from dkp_bench.analysis.published import Published
from dkp_bench.report import gather, merged_runs
from dkp_bench.report.headline import headline
from dkp_bench.runs.run import load_runs

ERRORS = np.linspace(1.0, 3.2, 12)
NOT_APART = "The baseline, autolink, cannot be told apart from a method that learns nothing: from untrained on squares"


@pytest.fixture
def display(published: Published) -> Published:
    """The real names of the baseline and the subject: what a method learns is looked up by its name."""
    names = {"baseline": "autolink", "subject": "distill_dkp"}
    return published.model_copy(update={"report": published.report.model_copy(update=names)})


def three_seeds(root: Path, **methods: float) -> Path:
    """Three seeds of each method, their errors the given multiple of ``ERRORS``."""
    for seed in (0, 1, 2):
        for method, factor in methods.items():
            depth = {"inputs": "depth"} if method == "untrained_depth" else {}
            store(root, method, factor * (ERRORS + seed / 50), seed=seed, **depth)
    return root


WORSE = "The baseline, autolink, is worse than a method that learns nothing: than untrained on squares"
LEARNED = (
    "autolink has learned on squares (2.12 against 4.24 of untrained): it is better than every method that learns "
    "nothing from pictures."
)


@pytest.mark.parametrize(
    ("untrained", "told_apart", "first", "later"),
    [(1.001, False, f"{NOT_APART}.", ""), (2.0, True, "", LEARNED), (0.4, True, f"{WORSE}.", "")],
)
def test_what_controls_say_of_the_baseline(
    untrained: float, told_apart: bool, first: str, later: str, tmp_path: Path, display: Published
) -> None:
    root = three_seeds(tmp_path, autolink=1.0, untrained=untrained, untrained_depth=0.6, distill_dkp=0.5)
    sentences = headline(gather(load_runs(root), display))
    assert (sentences[0] == first) == bool(first)
    assert (LEARNED in sentences[1:]) == bool(later)
    assert any("mean L2 error 50.0 % lower [−5" in sentence for sentence in sentences)
    found = compare_run(root / "squares" / "tiny" / "autolink", root)
    difference = next(baseline.difference for baseline in found.baselines if baseline.name == "untrained")
    assert difference.told_apart == told_apart


@pytest.mark.parametrize(
    ("depth", "said"),
    [
        (0.3, "is better than distill_dkp on squares (0.64 against 1.06)"),
        (0.5, "is not told apart from distill_dkp on squares (1.06 against 1.06)"),
        (0.9, ""),
    ],
)
def test_a_control_no_worse_than_the_subject_is_said(
    depth: float, said: str, tmp_path: Path, display: Published
) -> None:
    root = three_seeds(tmp_path, autolink=1.0, untrained_depth=depth, distill_dkp=0.5)
    sentences = headline(gather(load_runs(root), display))
    assert (f"untrained_depth, which learns nothing but sees depth at test, {said}." == sentences[-1]) == bool(said)
    assert ("learns nothing" in " ".join(sentences)) == bool(said)


def test_of_ones_own_runs_it_is_said_too(tmp_path: Path, display: Published) -> None:
    three_seeds(tmp_path / "stored", autolink=1.0, untrained=2.0, distill_dkp=0.5)
    three_seeds(tmp_path / "own", autolink=1.0, untrained=1.001, distill_dkp=0.5)
    data = gather(merged_runs(tmp_path / "own", tmp_path / "stored"), display, tmp_path / "stored")
    assert headline(data)[0] == f"{NOT_APART} (your runs)."
