"""Each way to break the contract is caught by the rule meant for it, and by no other."""

import inspect
import random
from pathlib import Path

import broken_fits
import broken_predictions
import numpy as np
import pytest
import torch
from own_method import Corner, Diverged, OneTooFew
from pydantic import Field
from sound_method import Sound, SoundForAnyNumber, SoundOnDepth, SoundSettings

from dkp_bench.method_contract import RULES, Outcome, Subject, check_method
from dkp_bench.methods import Method

BROKEN = [
    kind
    for module in (broken_fits, broken_predictions)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if getattr(kind, "breaks", "")
]


def outcomes(kind: type[Method], folder: Path) -> dict[str, Outcome]:
    return {outcome.rule.name: outcome for outcome in check_method(Subject(kind, folder))}


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_exactly_the_rule_meant_for_it_catches(kind: type[Sound], tmp_path: Path) -> None:
    found = outcomes(kind, tmp_path)
    assert [name for name, outcome in found.items() if outcome.state == "broken"] == [kind.breaks]
    assert found[kind.breaks].seen
    unchecked = [outcome for outcome in found.values() if outcome.state == "not checked"]
    assert {outcome.seen for outcome in unchecked} <= {kind.breaks}


@pytest.mark.parametrize(("kind", "rule"), [(OneTooFew, "predict"), (Diverged, "finite")])
def test_methods_that_other_tests_call_broken_are(kind: type[Method], rule: str, tmp_path: Path) -> None:
    assert [name for name, outcome in outcomes(kind, tmp_path).items() if outcome.state == "broken"] == [rule]


@pytest.mark.parametrize("kind", [Sound, SoundOnDepth, SoundForAnyNumber, Corner])
def test_a_sound_method_keeps_every_rule(kind: type[Method], tmp_path: Path) -> None:
    assert [outcome for outcome in outcomes(kind, tmp_path).values() if outcome.state != "ok"] == []


def test_every_rule_catches_something() -> None:
    assert {rule.name for rule in RULES} == {kind.breaks for kind in BROKEN}


def test_rules_need_earlier_rules() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    for number, rule in enumerate(RULES):
        assert set(rule.needs) <= set(names[:number])


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        (broken_fits.RaisesInFit, "ZeroDivisionError: no pixel is bright (broken_fits.py, line "),
        (broken_predictions.RaisesInPredict, "IndexError: index 99 is out of bounds"),
        (broken_fits.LeavesThePython, "SystemExit: 3"),
        (broken_fits.Slices, "TypeError: images.rgb wants an array of indices"),
        (broken_fits.AsksForJoints, "it asks its images for 'joints'"),
        (broken_fits.OpensTheDataset, "it opens the dataset 'mannequin' by itself"),
        (broken_fits.WithoutADefault, "rate: Field required"),
        (broken_fits.RequiresItself, "it requires itself: circle → circle"),
        (broken_fits.RequiresTwice, "it requires a method twice: mean_pose, mean_pose"),
        (broken_fits.TakesHalfAStep, "has 2.5 steps, which is no whole number"),
        (broken_fits.TakesNegativeTime, "a negative number of seconds"),
        (broken_predictions.Pixels, "these look like pixels"),
        (broken_predictions.YBeforeX, "follows what is in the images with x and y exchanged: x comes first"),
        (
            broken_predictions.DropsTheLastBatch,
            "seven images gives the shape (0, 4, 2) instead of (7, 4, 2)",
        ),
        (broken_predictions.ImagesOf64, "with images of 128 px, predict returns the shape (96, 4, 2), not (24, 4, 2)"),
        (broken_fits.DrawsFromNumPy, "the global generator of numpy.random"),
        (broken_fits.DrawsInPredict, "the global generator of random"),
        (broken_predictions.KeypointsFirst, "predict returns the shape (4, 24, 2), not (24, 4, 2)"),
        (
            broken_predictions.FitsOnDepthInSecret,
            "fit reads depth maps, and the class does not say depth",
        ),
        (broken_predictions.LoadsWithATraceback, "from a folder without the files raises FileNotFoundError"),
        (broken_predictions.LoadsAnything, "loading with one keypoint more in the settings raises no error"),
    ],
)
def test_what_was_seen_is_said(kind: type[Sound], seen: str, tmp_path: Path) -> None:
    assert seen in outcomes(kind, tmp_path)[kind.breaks].seen


def test_ctrl_c_is_no_broken_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Sound, "fit", stop)
    with pytest.raises(KeyboardInterrupt):
        outcomes(Sound, tmp_path)


def test_the_process_is_left_as_it_was(tmp_path: Path) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    outcomes(broken_fits.SeedsTorch, tmp_path)
    outcomes(broken_fits.StartsAnywhere, tmp_path)
    outcomes(broken_fits.OpensTheDataset, tmp_path)
    after = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


def test_settings_win_over_the_small_ones(tmp_path: Path) -> None:
    assert Subject(Sound, tmp_path).settings.model_dump() == {"keypoints": 4}
    assert Subject(Sound, tmp_path, {"keypoints": 9}).settings.model_dump() == {"keypoints": 9}


class PatientSettings(SoundSettings):
    steps: int = Field(500, ge=100)
    batch_size: int = 32


class Patient(Sound):
    settings_type = PatientSettings


def test_a_small_setting_that_a_method_refuses_is_left(tmp_path: Path) -> None:
    assert Subject(Patient, tmp_path).settings.model_dump() == {"keypoints": 4, "steps": 500, "batch_size": 4}
