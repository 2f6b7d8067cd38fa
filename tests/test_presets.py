"""Settings: where they come from, which one wins, and what is refused."""

import hashlib
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.errors import DkpError
from dkp_bench.methods import Method, Settings, built_in_methods, find_method
from dkp_bench.presets import (
    ADDED_LATER,
    IMAGE_SIZE,
    PROFILES,
    dumped_settings_hash,
    find_profile,
    parse_overrides,
    preset,
    settings_hash,
)

PARENT = """
from pydantic import Field
from dkp_bench.methods import Method, Settings

class Chosen(Settings):
    steps: int = Field(100, ge=1)
    rate: float = 0.5
    kind: str = "default"
    flip: bool = True

class Parent(Method):
    name = "parent"
    summary = "has settings"
    settings_type = Chosen
    keypoints = 1
    fit = predict = None
"""
CHILD = """
from {parent} import Parent

class Child(Parent):
    name = "child"
"""

numbers = count()


@pytest.fixture
def write_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], type[Method]]]:
    """Writes a module with one method and a TOML file beside it; returns the method."""
    monkeypatch.syspath_prepend(tmp_path)
    written = []

    def write(source: str, toml: str) -> type[Method]:
        name = f"own_preset_{next(numbers)}"
        (tmp_path / f"{name}.py").write_text(source)
        if toml:
            (tmp_path / f"{name}.toml").write_text(toml)
        written.append(name)
        return find_method(f"{name}:{'Child' if 'Child' in source else 'Parent'}")

    yield write
    for name in written:
        sys.modules.pop(name, None)


def module_of(method: type[Method]) -> ModuleType:
    return sys.modules[method.__module__]


TABLES = """
all.kind = "all"
tiny.kind = "tiny"
[dataset.lsp]
kind = "lsp"
tiny.kind = "lsp tiny"
"""


@pytest.mark.parametrize(
    ("dataset", "profile", "kind"),
    [
        ("taichi", "paper", "all"),
        ("taichi", "tiny", "tiny"),
        ("lsp", "paper", "lsp"),
        ("lsp", "tiny", "lsp tiny"),
    ],
)
def test_the_more_particular_table_wins(
    dataset: str, profile: str, kind: str, write_method: Callable[[str, str], type[Method]]
) -> None:
    method = write_method(PARENT, TABLES)
    assert preset(method, dataset, find_profile(profile)).kind == kind
    assert preset(method, dataset, find_profile(profile), {"kind": "mine"}).kind == "mine"


def test_tables_add_up(write_method: Callable[[str, str], type[Method]]) -> None:
    method = write_method(PARENT, "all.steps = 7\ntiny.rate = 1\ndataset.lsp.flip = false")
    assert preset(method, "lsp", "tiny").model_dump() == {"steps": 7, "rate": 1.0, "kind": "default", "flip": False}


def test_without_a_file_the_defaults_hold(write_method: Callable[[str, str], type[Method]]) -> None:
    method = write_method(PARENT, "")
    assert preset(method, "lsp", "tiny") == method.settings_type()


def test_a_child_inherits_and_its_own_file_wins(write_method: Callable[[str, str], type[Method]]) -> None:
    parent = write_method(PARENT, 'tiny.steps = 7\n[dataset.lsp.tiny]\nkind = "parent"\nrate = 1')
    child = write_method(CHILD.format(parent=module_of(parent).__name__), 'all.kind = "child"')
    settings = preset(child, "lsp", "tiny")
    assert (settings.steps, settings.rate, settings.kind) == (7, 1.0, "child")
    assert preset(parent, "lsp", "tiny").kind == "parent"
    assert preset(child, "lsp", "tiny", {"kind": "mine"}).kind == "mine"


def test_autolinks_preset_reaches_whoever_derives_from_it() -> None:
    autolink = preset(find_method("autolink"), "mannequin", "tiny").model_dump()
    for name in ("untrained", "untrained_depth", "teacher_only", "no_teacher", "distill_dkp"):
        derived = preset(find_method(name), "mannequin", "tiny").model_dump()
        assert {key: derived[key] for key in autolink} == autolink


@pytest.mark.parametrize(("dataset", "gamma"), [("h36m", 0.1), ("taichi", 0.4), ("deepfashion", 0.1)])
def test_gamma_is_the_published_one_and_no_teacher_has_none(dataset: str, gamma: float) -> None:
    for profile in PROFILES:
        assert preset(find_method("distill_dkp"), dataset, profile).gamma == gamma
        assert preset(find_method("no_teacher"), dataset, profile).gamma == 0


@pytest.mark.parametrize("name", sorted(built_in_methods()))
def test_the_paper_profile_trains_as_published(name: str) -> None:
    method = find_method(name)
    published = {"steps": 20_001, "batch_size": 64, "learning_rate": 1e-4, "detector_width": 64, "perceptual": "auto"}
    for dataset, keypoints in (("h36m", 16), ("taichi", 10), ("deepfashion", 16)):
        settings = preset(method, dataset, "paper").model_dump()
        for key, value in (published | {"keypoints": keypoints}).items():
            assert settings.get(key, value) == value


def test_an_unknown_setting_is_answered_with_the_nearest(write_method: Callable[[str, str], type[Method]]) -> None:
    method = write_method(PARENT, "")
    with pytest.raises(DkpError, match=r"unknown setting of parent 'step'. Did you mean 'steps'\?"):
        preset(method, "lsp", "tiny", {"step": 3})
    with pytest.raises(DkpError, match=r"unknown setting of mean_pose 'steps'(?s:.*)has no settings"):
        preset(find_method("mean_pose"), "lsp", "tiny", {"steps": 3})


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("tiny.rats = 1", "unknown setting of parent 'rats'. Did you mean 'rate'"),
        ("dataset.lsp.tinny.rate = 1", "unknown setting of parent 'tinny'"),
        ("[tinny]\nrate = 1", r"unknown table in own_preset_\d+.toml 'tinny'. Did you mean 'tiny'"),
        ("[dataset.taichy]\nrate = 1", r"unknown dataset in own_preset_\d+.toml 'taichy'. Did you mean 'taichi'"),
        ("tiny.steps = 0", "bad settings for parent: steps: Input should be greater than or equal to 1"),
        ("tiny.steps = 'many'", "bad settings for parent: steps: Input should be a valid integer"),
        ("tiny = = 3", r"own_preset_\d+.toml: cannot be read as TOML \(Invalid value"),
        ("tiny.steps = " + "9" * 5000, r"cannot be read as TOML \(a number has more than 400 digits\)"),
        ("tiny.kind = " + "{a=" * 5000, r"cannot be read as TOML \(it is nested deeper than 100 levels\)"),
        ("tiny = 3", r"own_preset_\d+.toml: tiny is 3, not a table\nwrite it as \[tiny\]"),
        ("[[all]]\nrate = 1", r"own_preset_\d+.toml: all is \[\{'rate': 1\}\], not a table"),
        ("dataset = [1]", "dataset is \\[1\\], not a table"),
        ("dataset.lsp = true", "dataset.lsp is True, not a table"),
        ("[[dataset.taichi.paper]]", r"dataset.taichi.paper is \[\{\}\], not a table"),
        ("tiny.rate = nan", "bad settings for parent: rate: nan is no number to train with"),
    ],
)
def test_a_mistake_in_the_file_is_named(
    toml: str, message: str, write_method: Callable[[str, str], type[Method]]
) -> None:
    method = write_method(PARENT, toml)
    with pytest.raises(DkpError, match=message):
        preset(method, "lsp", "tiny")


def test_a_file_in_another_encoding_is_named(write_method: Callable[[str, str], type[Method]], tmp_path: Path) -> None:
    method = write_method(PARENT, "tiny.rate = 1")
    (file,) = tmp_path.glob("*.toml")
    file.write_bytes("\ufeff[tiny]\r\nrate = 3 # ä".encode())
    assert preset(method, "lsp", "tiny").rate == 3
    file.write_bytes("[tiny]\nrate = 3 # ä".encode("cp1252"))
    with pytest.raises(DkpError, match=r"cannot be read as TOML \(line 2 is not UTF-8\)"):
        preset(method, "lsp", "tiny")


def test_a_profile_is_found_by_name_or_answered_with_the_nearest() -> None:
    assert [find_profile(name) for name in PROFILES] == list(PROFILES) == list(IMAGE_SIZE)
    with pytest.raises(DkpError, match=r"unknown profile 'smal'. Did you mean 'small'\?"):
        find_profile("smal")


keys = st.from_regex(r"[a-z][a-z_.]{0,10}", fullmatch=True)
words = st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True).filter(
    lambda word: word not in ("true", "false", "inf", "nan")
)
floats = st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(keys, st.integers(-(2**63), 2**63 - 1) | floats | st.booleans() | words))
def test_overrides_come_back_as_what_they_look_like(values: dict[str, object]) -> None:
    written = [f"{key}={str(value).lower() if isinstance(value, bool) else value}" for key, value in values.items()]
    parsed = parse_overrides(written)
    assert parsed == values
    assert [type(value) for value in parsed.values()] == [type(value) for value in values.values()]


def test_the_last_override_of_a_key_holds_and_spaces_do_not_count() -> None:
    assert parse_overrides(["gamma=0.1", " gamma = 0.4 ", "kind = two words"]) == {"gamma": 0.4, "kind": "two words"}
    assert parse_overrides(["path=a=b", 'quoted="a b"', "empty="]) == {"path": "a=b", "quoted": "a b", "empty": ""}


def test_an_override_without_a_value_is_refused() -> None:
    with pytest.raises(DkpError, match="cannot read the setting 'gamma'") as caught:
        parse_overrides(["gamma"])
    assert "--set key=value" in caught.value.hint


class Numbers(Settings):
    first: float = 1.0
    second: int = 2


def test_the_hash_is_stable() -> None:
    assert settings_hash({"a": Numbers()}) == settings_hash({"a": Numbers(first=1, second=2)})
    assert settings_hash({"a": Numbers(), "b": Settings()}) == settings_hash({"b": Settings(), "a": Numbers()})
    by_hand = hashlib.sha256(b'{"a": {"first": 1.0, "second": 2}}').hexdigest()[:8]
    assert settings_hash({"a": Numbers()}) == by_hand


@pytest.mark.parametrize(
    ("method", "setting", "other"), [("teacher_only", "sees", "rgb"), ("distill_dkp", "guide_corruption", "invert")]
)
def test_a_setting_that_came_later_leaves_the_hashes_of_before(method: str, setting: str, other: str) -> None:
    kind = find_method(method).settings_type
    now = kind().model_dump()
    assert ADDED_LATER[setting] == now[setting], "what held before is still the default"
    before = {key: value for key, value in now.items() if key not in ADDED_LATER}
    assert settings_hash({method: kind()}) == dumped_settings_hash({method: before})
    assert settings_hash({method: kind.model_validate({setting: other})}) != settings_hash({method: kind()})


def test_the_hash_changes_with_every_setting_and_name() -> None:
    variants = [
        {"a": Numbers()},
        {"a": Numbers(first=1.5)},
        {"a": Numbers(second=3)},
        {"b": Numbers()},
        {"a": Numbers(), "b": Numbers()},
        {"a": Settings()},
    ]
    hashes = {settings_hash(variant) for variant in variants}
    assert len(hashes) == len(variants)
    assert all(len(digest) == 8 and int(digest, 16) >= 0 for digest in hashes)
