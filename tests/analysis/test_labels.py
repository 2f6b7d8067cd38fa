"""What methods are called side by side."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dkp_bench.analysis.comparable import Variant
from dkp_bench.analysis.labels import names_of
from dkp_bench.runs.run import Run

MakeRun = Callable[..., Run]


def alone(run: Run, difference: str = "") -> Variant:
    return Variant(run.record.identity.method, difference, (run,))


def test_names_that_differ_stay(run: MakeRun) -> None:
    assert names_of([alone(run("mine")), alone(run("base"), "gamma=1.0")]) == ["mine", "base (gamma=1.0)"]


def test_the_subject_is_marked_and_says_how_it_differs(run: MakeRun) -> None:
    base = alone(run("base"))
    assert names_of([alone(run("base")), base]) == ["base (RUN)", "base"]
    changed = alone(run("base", preset_hash="bbbb0000", settings={"gamma": 1.0}))
    assert names_of([changed, base]) == ["base (RUN, gamma=1.0)", "base"]
    wider = alone(run("base", keypoints=12, scores_version=2))
    assert names_of([wider, base]) == ["base (RUN, K=12, scores_version=2)", "base"]


def test_opponents_of_one_name_say_how_they_differ(run: MakeRun) -> None:
    changed = alone(run("base", preset_hash="bbbb0000", settings={"gamma": 1.0}))
    same = [alone(run("base")), alone(run("base"))]
    assert names_of([alone(run("mine")), same[0], changed]) == ["mine", "base", "base (gamma=1.0)"]
    assert names_of([alone(run("mine")), *same]) == ["mine", "base", "base [2]"]


OWN = """
from dkp_bench.methods import Method

class Mine(Method):
    name = "my idea"
    summary = "nothing"
"""


def test_a_method_of_ones_own_goes_by_its_name_where_that_is_known(
    run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for module in ("one", "two"):
        Path(f"{module}.py").write_text(OWN, encoding="utf-8")
    mine, absent = alone(run("one:Mine"), "softness=0.2"), alone(run("three:Mine"))
    assert names_of([mine, absent]) == ["my idea (softness=0.2)", "three:Mine"]
    assert names_of([alone(run("one:Mine")), alone(run("two:Mine"))]) == ["one:Mine", "two:Mine"]
