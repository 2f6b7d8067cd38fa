"""The chart of per-joint differences."""

import re
from collections.abc import Mapping

import numpy as np
import pytest

from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures.joint_differences import joint_chart
from dkp_bench.scoring import Sums
from dkp_bench.statistics import Estimate, Resampling, estimate_mean

JOINTS = ("head", "left knee", "right knee")


def number(value: float, clusters: int = 12) -> Estimate:
    """One that the images tell to about ±0.3; nothing is known of its variance where they are of one sequence."""
    noise = np.random.default_rng(0).normal(0, 0.5, 12)
    values = (value + noise - noise.mean())[:, None]
    return estimate_mean([Sums(values, np.ones((12, 1)))], Resampling(np.arange(12) % clusters, draws=200))


def against(*methods: str) -> dict[str, Mapping[str, Estimate]]:
    return {method: {joint: number(place - 1.0) for place, joint in enumerate(JOINTS)} for method in methods}


def chart(*methods: str, higher_is_better: bool = False) -> Figure:
    return joint_chart("per-joint.svg", "mine", against(*methods), "mean L2 error", higher_is_better=higher_is_better)


def dots(figure: Figure) -> int:
    """Each is drawn as a copy of its panel's mark."""
    return len(re.findall(r"<use [^>]*fill: #0072b2|<use [^>]*style=\"fill: #0072b2", figure.content.decode()))


def test_it_is_the_same_byte_for_byte() -> None:
    assert chart("base", "taught") == chart("base", "taught")


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_panel_for_each_method_and_a_dot_for_each_joint(count: int) -> None:
    methods = [f"method {place}" for place in range(count)]
    figure = chart(*methods)
    text = figure.content.decode()
    assert [text.count(f">minus {method}<") for method in methods] == [1] * count
    rows = -(-count // 3)
    assert [text.count(f">{joint}<") for joint in JOINTS] == [rows] * 3
    assert dots(figure) == 3 * count


def test_it_says_where_better_is() -> None:
    lower, higher = chart("base"), chart("base", higher_is_better=True)
    assert "← mine is better" in lower.content.decode()
    assert "Left of the dashed line mine is better" in lower.caption
    assert "mine is better →" in higher.content.decode()
    assert "Right of the dashed line mine is better" in higher.caption


def test_a_joint_of_unknown_variance_has_a_dot_alone() -> None:
    known, unknown = (
        joint_chart("x.svg", "mine", {"base": {"head": number(1.0, clusters)}}, "%", higher_is_better=False)
        for clusters in (12, 1)
    )
    assert (dots(known), dots(unknown)) == (1, 1)
    line = "stroke: #0072b2; stroke-width: 1.6"
    assert line in known.content.decode()
    assert line not in unknown.content.decode()
