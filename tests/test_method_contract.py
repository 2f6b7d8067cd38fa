"""Every built-in method keeps the contract; a new one is checked here by being there."""

from pathlib import Path

import numpy as np
import pytest

from dkp_bench.errors import DkpError
from dkp_bench.method_contract import RULES, Rule, Subject
from dkp_bench.method_contract.subject import IMAGES
from dkp_bench.methods import built_in_methods, find_method
from dkp_bench.training import inference

EVERY = sorted(built_in_methods())
WITHOUT_CHANCE = {"mean_pose"}
"""Methods that draw nothing, so that all seeds give the same."""


@pytest.fixture(scope="module", params=EVERY)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return Subject(find_method(request.param), tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_it_keeps(rule: Rule, subject: Subject) -> None:
    rule.check(subject)


@pytest.mark.parametrize("name", EVERY)
def test_it_is_called_as_its_file(name: str) -> None:
    assert find_method(name).name == name


def test_its_keypoints_are_in_the_image(subject: Subject) -> None:
    assert np.abs(subject.points).max() <= 1


def test_another_seed_gives_others(subject: Subject) -> None:
    same = np.array_equal(subject.predict(subject.fit(seed=1)), subject.points)
    assert same == (subject.kind.name in WITHOUT_CHANCE)


def test_weights_that_are_missing_or_do_not_fit_are_an_error(subject: Subject, tmp_path: Path) -> None:
    subject.fitted.save(tmp_path / "saved")
    if not (tmp_path / "saved").exists():
        pytest.skip("this method has no weights")
    with pytest.raises(DkpError, match="weights"):
        subject.create().load(tmp_path / "nowhere")
    larger = subject.create(subject.settings.model_copy(update={"keypoints": subject.fitted.keypoints + 1}))
    with pytest.raises(DkpError, match="weights"):
        larger.load(tmp_path / "saved")


@pytest.mark.parametrize("batch_size", [1, 7, IMAGES])
def test_the_batch_size_does_not_change_the_answer(
    subject: Subject, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "BATCH_SIZE", batch_size)
    np.testing.assert_allclose(subject.predict(subject.fitted), subject.points, atol=1e-6)
