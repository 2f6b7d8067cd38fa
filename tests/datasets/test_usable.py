"""Before a run trains it is asked whether it could reach its score."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dkp_bench.datasets import Dataset, open_dataset
from dkp_bench.datasets.usable import SCORED, require_usable, usable_findings
from dkp_bench.errors import DkpError


@pytest.fixture
def squares(small_datasets: None, tmp_path: Path) -> Dataset:
    return open_dataset("squares", 64, cache=tmp_path)


def test_an_empty_split_is_explained_by_its_rule(squares: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(squares, "rules", {"train": "of all images those with a cat"})
    monkeypatch.setattr(squares, "image_count", lambda split: 0)
    with pytest.raises(DkpError) as error:
        require_usable(squares)
    assert error.value.problem.splitlines() == [
        "squares: no run on it would reach a score:",
        "train: images: 0, expected at least 1: of all images those with a cat",
        "regression: images: 0, expected at least 1",
        "test: images: 0, expected at least 1",
    ]


def test_a_dataset_that_no_protocol_can_score_is_refused(squares: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(squares, "protocols", ("bkind", "no-swap+intercept"))
    assert usable_findings(squares)[-1].found == "1 of 2"
    monkeypatch.setattr(squares, "protocols", ("bkind",))
    with pytest.raises(DkpError, match="can score it: 0 of 1, expected at least 1: bkind does not apply: it"):
        require_usable(squares)


def test_what_only_a_protocol_misses_is_found(squares: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """BKinD fits on other images than the split: a joint that is visible elsewhere alone is none for it."""

    def refuse(*_: object) -> None:
        raise DkpError("joint 3 is visible in none of them")

    monkeypatch.setattr("dkp_bench.datasets.usable.score_protocol", refuse)
    with pytest.raises(DkpError, match="it cannot be scored, expected all that apply: joint 3 is visible in none"):
        require_usable(squares)


def test_a_joint_in_one_image_of_very_many_is_enough(squares: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    count, rng = 2 * SCORED + 7, np.random.default_rng(0)
    visible = np.ones((count, 4), dtype=bool)
    visible[:, 1] = np.arange(count) == count - 2  # the trial looks at every other image
    labels = replace(squares.labels("regression"), joints=rng.random((count, 4, 2)), visible=visible, mask=None)
    monkeypatch.setattr(squares, "labels", lambda split: labels)
    monkeypatch.setattr(squares, "image_count", lambda split: count)
    require_usable(squares)
