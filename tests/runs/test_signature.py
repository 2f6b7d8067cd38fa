"""The signature names every choice."""

from collections.abc import Callable
from typing import Any

import pytest

from dkp_bench.runs.schema import Identity
from dkp_bench.runs.signature import signature


@pytest.fixture
def identity(content: Callable[..., dict[str, Any]]) -> Identity:
    return Identity.model_validate(content()["identity"])


def test_one_line_with_each_choice(identity: Identity) -> None:
    assert signature(identity, "no-swap+intercept") == (
        "dataset:squares|dataset_hash:00ff|image_size:64|depth:none|method:alpha|preset_hash:abcd1234|profile:tiny"
        "|keypoints:4|seed:0|perceptual:none|protocol:no-swap+intercept|version:0.1.0"
    )


def test_the_scores_version_is_named_where_it_is_not_the_first(identity: Identity) -> None:
    moved = identity.model_copy(update={"version": "0.2.0", "scores_version": 2})
    assert signature(moved, "p").endswith("|protocol:p|version:0.2.0|scores_version:2")


@pytest.mark.parametrize("field", sorted(Identity.model_fields))
def test_a_difference_changes_the_signature(field: str, identity: Identity) -> None:
    value = "small" if field == "profile" else 7 if isinstance(getattr(identity, field), int) else "other"
    other = identity.model_copy(update={field: value})
    assert signature(identity, "p") != signature(other, "p")
