"""``check-method``: a line for each rule, what to do about a broken one, and the exit code."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from dkp_bench.method_contract import RULES

Call = Callable[..., Result]


def test_a_method_that_keeps_them_all(call: Call) -> None:
    answer = call("check-method", "sound_method:Sound")
    assert answer.exit_code == 0
    *lines, empty, verdict = answer.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["ok", rule.name] for rule in RULES]
    assert empty == ""
    assert verdict.startswith(f"sound_method:Sound: {len(RULES)} of {len(RULES)} rules kept, none is broken (")


def test_a_broken_rule_is_told_with_what_to_do(call: Call) -> None:
    answer = call("check-method", "broken_predictions:Pixels")
    assert answer.exit_code == 1
    rule = next(rule for rule in RULES if rule.name == "position")
    words = " ".join(answer.stdout.split())
    assert f"FAIL position {rule.says} seen: a coordinate is " in words
    assert f"these look like pixels fix: {rule.fix}" in words
    assert "broken: position (" in words
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_what_hangs_on_a_broken_rule_is_not_checked(call: Call) -> None:
    answer = call("check-method", "broken_fits:RaisesInFit")
    assert answer.exit_code == 1
    assert "– load not checked; fix fit first" in " ".join(answer.stdout.split())
    assert "ZeroDivisionError: no pixel is bright" in " ".join(answer.stdout.split())
    assert "Traceback" not in answer.output


LOUD = """
import os
import sys
from sound_method import Sound

class Loud(Sound):
    def fit(self, images, context):
        print("out loud")
        print("\\x1b[2Jwarned", file=sys.stderr)
        return super().fit(images, context)

class LoudAndWrong(Loud):
    def predict(self, images):
        print("about to fail")
        raise ZeroDivisionError("no pixel")

class OsExits(Loud):
    def predict(self, images):
        os._exit(0)

class Exits(Loud):
    def predict(self, images):
        sys.exit(0)
"""


@pytest.fixture
def loud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "loud_method.py").write_text(LOUD, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield
    sys.modules.pop("loud_method", None)


def test_what_a_method_prints_is_shown_of_a_broken_rule_alone(call: Call, loud: None) -> None:
    answer = call("check-method", "loud_method:Loud")
    assert answer.exit_code == 0, answer.output
    assert "loud" not in answer.stdout.replace("loud_method", "")
    broken = call("check-method", "loud_method:LoudAndWrong")
    assert broken.exit_code == 1
    assert "printed: about to fail" in broken.stdout
    assert "\x1b" not in broken.output


@pytest.mark.parametrize(("name", "how"), [("OsExits", "os._exit(0)"), ("Exits", "exit code 0")])
def test_a_method_that_ends_the_process_is_named(
    name: str, how: str, call: Call, loud: None, small_datasets: None
) -> None:
    before = os._exit
    answer = call("check-method", f"loud_method:{name}")
    assert answer.exit_code == 1
    assert "broken: " in answer.stdout
    assert "SystemExit" in answer.stdout
    trained = call("train", f"loud_method:{name}", "squares")
    assert trained.exit_code == 1
    assert trained.stderr.splitlines()[-2:] == [
        f"error: loud_method:{name} ended the process ({how})",
        f"  a method returns or raises; this says where: dkp-bench check-method loud_method:{name}",
    ]
    assert os._exit is before


@pytest.mark.parametrize("method", ["mean_pose", "dkp_bench.baselines.mean_pose:MeanPose"])
def test_built_in_methods_go_by_either_name(method: str, call: Call) -> None:
    assert call("check-method", method).exit_code == 0


def test_settings_can_be_given(call: Call) -> None:
    assert call("check-method", "sound_method:Sound", "--set", "keypoints=0").exit_code == 1
    answer = call("check-method", "sound_method:Sound", "--set", "keypoint=2")
    assert answer.exit_code == 2
    assert "Did you mean 'keypoints'?" in answer.stderr


@pytest.mark.parametrize(
    ("method", "problem"),
    [
        ("autolnk", "unknown method 'autolnk'. Did you mean 'autolink'?"),
        ("own_method:NoMethod", "own_method:NoMethod is not a method"),
        ("no_such_module:Mine", "there is no module 'no_such_module'"),
    ],
)
def test_what_is_no_method_is_an_error(method: str, problem: str, call: Call) -> None:
    answer = call("check-method", method)
    assert answer.exit_code == 2
    assert answer.stderr.startswith(f"error: {problem}")
