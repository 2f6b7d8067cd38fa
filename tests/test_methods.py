"""How a method is found."""

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, EntryPoints
from itertools import count
from pathlib import Path

import pytest

from dkp_bench import methods
from dkp_bench.errors import DkpError
from dkp_bench.methods import ENTRY_POINTS, built_in_methods, find_method

OWN_METHOD = """
import numpy as np
from dkp_bench.methods import FitResult, Method, Settings

class Middle(Method):
    name = "middle"
    summary = "the middle of every image"
    keypoints = 1

    def fit(self, images, context):
        return FitResult()

    def predict(self, images):
        return np.zeros((len(images), 1, 2), dtype=np.float32)

class Nameless(Method):
    keypoints = 1
    fit = predict = Middle.predict

class Unfinished(Method):
    name = "unfinished"
    summary = "cannot predict"

NUMBER = 3
"""

numbers = count()


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Writes a module that can be imported for the length of the test; returns its name."""
    written = []
    monkeypatch.syspath_prepend(tmp_path)

    def write(source: str) -> str:
        name = f"own_methods_{next(numbers)}"
        (tmp_path / f"{name}.py").write_text(source)
        importlib.invalidate_caches()
        written.append(name)
        return name

    yield write
    for name in written:
        sys.modules.pop(name, None)


def test_the_built_in_methods_are_known_by_their_files_alone(repository: Path) -> None:
    files = [path for package in ("baselines", "reference") for path in (repository / package).glob("[!_]*.py")]
    assert built_in_methods() == {path.stem: f"dkp_bench.{path.parent.name}.{path.stem}" for path in files}


def test_a_name_nobody_has_is_answered_with_the_nearest() -> None:
    with pytest.raises(DkpError, match=r"unknown method 'autolnk'. Did you mean 'autolink'\?") as caught:
        find_method("autolnk")
    for name in built_in_methods():
        assert name in caught.value.hint
    assert "module:Class" in caught.value.hint


def test_a_method_is_found_by_its_address(write_module: Callable[[str], str]) -> None:
    module = write_module(OWN_METHOD)
    assert find_method(f"{module}:Middle").name == "middle"


@pytest.mark.parametrize("name", ["Settings", "NUMBER"])
def test_what_is_not_a_method_is_refused(name: str, write_module: Callable[[str], str]) -> None:
    with pytest.raises(DkpError, match=f":{name} is not a method"):
        find_method(f"{write_module(OWN_METHOD)}:{name}")


def test_what_a_method_lacks_is_named(write_module: Callable[[str], str]) -> None:
    with pytest.raises(DkpError, match="Unfinished is not a method yet\ndefine fit, keypoints, predict"):
        find_method(f"{write_module(OWN_METHOD)}:Unfinished")


def test_a_method_without_a_name_is_refused(write_module: Callable[[str], str]) -> None:
    with pytest.raises(DkpError, match="give the class a name and a summary"):
        find_method(f"{write_module(OWN_METHOD)}:Nameless")


def test_a_class_that_is_not_there_is_answered_with_the_nearest(write_module: Callable[[str], str]) -> None:
    with pytest.raises(DkpError, match=r"unknown class in own_methods_\d+ 'Midle'. Did you mean 'Middle'\?") as caught:
        find_method(f"{write_module(OWN_METHOD)}:Midle")
    assert caught.value.hint == "known: Middle, Nameless, Unfinished"


def test_a_module_without_a_method_is_an_error_for_the_user(write_module: Callable[[str], str]) -> None:
    with pytest.raises(DkpError, match="known: none: it has no method"):
        find_method(f"{write_module('from dkp_bench.methods import Method')}:Middle")


@pytest.mark.parametrize("address", ["no_such_module:A", "no_such.module:A", "no.such.module:A", "dkp_bench.nothing:A"])
def test_a_module_that_is_not_there_is_an_error_for_the_user(address: str) -> None:
    with pytest.raises(DkpError, match="there is no module") as caught:
        find_method(address)
    assert "PYTHONPATH" in caught.value.hint


@pytest.mark.parametrize("address", [":Middle", ".methods:Middle"])
def test_an_address_without_a_module_is_an_error_for_the_user(address: str) -> None:
    with pytest.raises(DkpError, match="names no module"):
        find_method(address)


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("import not_installed", "ModuleNotFoundError: No module named 'not_installed' ({}.py, line 1, in <module>)"),
        ("import json\n\nclass Mine(:\n    pass", "SyntaxError: invalid syntax ({}.py, line 3)"),
        ("import json\n1 / 0", "ZeroDivisionError: division by zero ({}.py, line 2, in <module>)"),
    ],
)
def test_what_is_wrong_inside_a_module_is_said_with_its_line(
    source: str, seen: str, write_module: Callable[[str], str]
) -> None:
    module = write_module(source)
    with pytest.raises(DkpError) as caught:
        find_method(f"{module}:Middle")
    assert caught.value.problem == f"{module} cannot be imported: {seen.format(module)}"


@pytest.mark.parametrize("name", ["baselines", "reference"])
@pytest.mark.parametrize("in_a_checkout", [True, False])
def test_the_former_names_of_our_packages_are_answered_with_the_new_ones(
    name: str, in_a_checkout: bool, write_module: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not in_a_checkout:
        places = [place for place in sys.path if not (Path(place) / name).is_dir()]
        monkeypatch.setattr(sys, "path", places)
    for address in (f"{write_module(f'from {name}.autolink import AutoLink')}:Mine", f"{name}.autolink:AutoLink"):
        with pytest.raises(DkpError, match=f"{name}.* cannot be imported|cannot be imported.*{name}") as caught:
            find_method(address)
        assert caught.value.hint.endswith(f"write dkp_bench.{name}")


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Makes an address known under a name, as an installed package would."""

    def publish(name: str, address: str) -> None:
        point = EntryPoint(name, address, ENTRY_POINTS)
        monkeypatch.setattr(methods, "entry_points", lambda group: EntryPoints([point]).select(group=group))
        methods._published.cache_clear()

    yield publish
    methods._published.cache_clear()


def test_a_published_method_is_found(write_module: Callable[[str], str], publish: Callable[[str, str], None]) -> None:
    publish("middle", f"{write_module(OWN_METHOD)}:Middle")
    assert find_method("middle").name == "middle"
    with pytest.raises(DkpError, match=r"Did you mean 'middle'\?"):
        find_method("midle")


def test_what_is_published_and_no_method_is_refused(
    write_module: Callable[[str], str], publish: Callable[[str, str], None]
) -> None:
    module = write_module(OWN_METHOD)
    publish("number", f"{module}:NUMBER")
    with pytest.raises(DkpError, match=f"{module}:NUMBER is not a method"):
        find_method("number")


def test_a_built_in_name_cannot_be_taken_over(
    write_module: Callable[[str], str], publish: Callable[[str, str], None]
) -> None:
    publish("mean_pose", f"{write_module(OWN_METHOD)}:Middle")
    assert find_method("mean_pose").__module__ == "dkp_bench.baselines.mean_pose"


def test_a_built_in_file_holds_exactly_one_method(
    write_module: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = write_module(OWN_METHOD)
    monkeypatch.setattr(methods, "built_in_methods", lambda: {"middle": module})
    with pytest.raises(DkpError, match="defines 2 methods"):
        find_method("middle")


def test_depth_is_needed_by_whoever_requires_a_method_that_needs_it() -> None:
    needy = {name for name in built_in_methods() if find_method(name).needs_depth()}
    assert needy == {"teacher_only", "untrained_depth", "distill_dkp"}
