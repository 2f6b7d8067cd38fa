"""What is read of a method without running it is what the class says."""

import subprocess
import sys
from pathlib import Path

import pytest

from dkp_bench.declared import declared, learns
from dkp_bench.methods import built_in_methods, find_method


@pytest.mark.parametrize("name", [*built_in_methods(), "own_method:Corner", "sound_method:Sound"])
def test_it_is_what_the_class_says(name: str) -> None:
    kind, found = find_method(name), declared(name)
    assert found is not None
    assert (found.name, found.summary, found.learns) == (kind.name, kind.summary, kind.learns)
    assert found.requires == kind.requires
    assert set(found.settings) == set(kind.settings_type.model_fields)


def test_settings_come_with_what_their_file_says_of_them() -> None:
    found = declared("distill_dkp")
    assert found is not None
    assert found.settings["gamma"] == "Distillation coefficient."
    assert found.settings["thickness"] == "σ² of an edge, in squared keypoint units."


OWN = """
raise SystemExit("this module was run")
from dkp_bench.methods import Method, Settings

class MineSettings(Settings):
    pull: float = 0.5

class Mine(Method):
    name = "my own"
    summary = "does nothing"
    settings_type = MineSettings
    learns = False
"""


def test_nothing_of_the_file_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wild.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = declared("wild:Mine")
    assert found is not None
    assert (found.name, list(found.settings)) == ("my own", ["pull"])
    assert learns("wild:Mine")  # in a record, such a name says nothing of the file that is here
    assert not learns("mean_pose")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("class Mine(Mine): pass", "odd:Mine"),
        ("from odd import Mine", "odd:Mine"),
        ("class Mine(", "odd:Mine"),
        ("(" * 5000, "odd:Mine"),
        ("x = 1", "odd:Mine"),
        ("", "nowhere:Mine"),
        ("", "nowhere.at.all:Mine"),
        ("", ":"),
        ("", "no_such_method"),
    ],
)
def test_where_only_an_import_can_tell_nothing_is_said(
    source: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert declared(name) is None


def test_pytorch_is_not_imported_for_it() -> None:
    code = "import sys; from dkp_bench.declared import declared; declared('distill_dkp'); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
