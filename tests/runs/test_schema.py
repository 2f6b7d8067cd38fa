"""The record's schema: what it refuses, and that nothing is lost on the way to the disk and back."""

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dkp_bench.files import write_json
from dkp_bench.runs.run import read_record
from dkp_bench.runs.schema import SCHEMA_VERSION, Record
from dkp_bench.scoring import Score


def change(content: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    for part in parents:
        content = content[int(part)] if isinstance(content, list) else content[part]
    content[last] = value


def test_a_record_comes_back_as_it_was_written(content: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    record = Record.model_validate(content())
    write_json(tmp_path / "record.json", record.model_dump(mode="json"))
    assert read_record(tmp_path / "record.json") == record
    assert json.loads((tmp_path / "record.json").read_text(encoding="utf-8")) == content()


def test_a_record_of_0_1_0_is_read(content: Callable[..., dict[str, Any]]) -> None:
    old = content()
    del old["identity"]["scores_version"], old["identity"]["split"], old["required_settings"]
    record = Record.model_validate(old)
    assert (record.identity.scores_version, record.identity.split, record.required_settings) == (1, "test", None)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_of_a_value_is_lost(value: float) -> None:
    score = Score(protocol="p", metric="m", value=value, unit="%", higher_is_better=True)
    assert TypeAdapter(Score).validate_json(json.dumps(asdict(score))) == score


@pytest.mark.parametrize(
    "place", ["", "identity.", "scores.0.", "timings.", "provenance."], ids=lambda place: place or "record"
)
def test_an_extra_field_is_refused(place: str, content: Callable[..., dict[str, Any]]) -> None:
    changed = content()
    change(changed, f"{place}surprise", 1)
    with pytest.raises(ValidationError, match="surprise"):
        Record.model_validate(changed)


@pytest.mark.parametrize("field", ["identity", "scores", "files", "curves", "provenance"])
def test_a_missing_field_is_refused(field: str, content: Callable[..., dict[str, Any]]) -> None:
    changed = content()
    del changed[field]
    with pytest.raises(ValidationError, match=field):
        Record.model_validate(changed)


def test_a_record_must_say_which_code_trained(content: Callable[..., dict[str, Any]]) -> None:
    changed = content()
    del changed["provenance"]["code_hash"]
    with pytest.raises(ValidationError, match="code_hash"):
        Record.model_validate(changed)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "place", ["scores.0.value", "scores.0.per_joint", "timings.fit_seconds", "timings.images_per_second", "curves"]
)
def test_what_is_not_finite_is_refused(place: str, value: float, content: Callable[..., dict[str, Any]]) -> None:
    changed = content()
    wrapped = {"scores.0.per_joint": {"knee": value}, "curves": {"loss": [1.0, value]}}
    change(changed, place, wrapped.get(place, value))
    with pytest.raises(ValidationError, match="finite number"):
        Record.model_validate(changed)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("identity.seed", -1),
        ("identity.keypoints", 0),
        ("identity.image_size", 0),
        ("identity.profile", "huge"),
        ("identity.method", "alpha\x1b[2J"),
        ("identity.dataset", "squares\u202e"),
        ("scores.0.metric", "m\n"),
        ("scores.0.per_joint", {"knee\x07": 2.0}),
        ("inputs", "sound"),
        ("timings.fit_seconds", -1.0),
        ("schema_version", SCHEMA_VERSION - 1),
    ],
)
def test_what_cannot_be_is_refused(place: str, value: object, content: Callable[..., dict[str, Any]]) -> None:
    changed = content()
    change(changed, place, value)
    with pytest.raises(ValidationError):
        Record.model_validate(changed)


def test_a_record_cannot_be_changed_by_accident(content: Callable[..., dict[str, Any]]) -> None:
    record = Record.model_validate(content())
    with pytest.raises(ValidationError, match="frozen"):
        record.identity.seed = 1  # type: ignore[misc]
