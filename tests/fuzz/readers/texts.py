"""What a person edits: presets, plans, studies, published numbers, settings on the command line."""

import shutil
from decimal import Decimal
from functools import partial
from pathlib import Path
from unittest import mock

import dkp_bench.presets
from dkp_bench.analysis.published import Published, read_published
from dkp_bench.methods import find_method
from dkp_bench.presets import parse_overrides, preset
from dkp_bench.runs.cells import planned_specs, read_plan
from dkp_bench.studies.design import design_of
from dkp_bench.studies.study import read_study
from fuzz.reader import Reader, written

REPOSITORY = Path(__file__).parents[3]
PRESET = """# a comment
[all]
gamma = 0.1
perceptual = "pyramid-random"
[tiny]
steps = 5
flip = true
[dataset.mannequin]
keypoints = 4
[dataset.mannequin.tiny]
learning_rate = 1e-4
"""
PLAN = """[[cells]]
profile = "tiny"
datasets = ["mannequin", "lsp"]
methods = ["autolink", "distill_dkp"]
seeds = [0, 1]
set = { gamma = 0.4, autolink.steps = 3 }
depth = "exact+lowres-8"
[[cells]]
profile = "paper"
datasets = ["taichi"]
methods = ["mean_pose"]
"""
STUDY = """title = "t"
question = "q"
why = "w"
arm = [{ name = "student", method = "distill_dkp" }]
[[axis]]
name = "pull"
varies = "gamma"
scale = "log"
[[cells]]
profile = "tiny"
datasets = ["mannequin"]
methods = ["distill_dkp"]
sweep = { gamma = [0.1, 1.0] }
[[hypothesis]]
name = "h"
statement = "s"
refuted_by = "r"
holds_if = ["student@0.1 < student@1", "student@* ~ student@0.1"]
"""


def _preset(folder: Path) -> object:
    method = find_method("distill_dkp")
    with mock.patch.object(dkp_bench.presets, "_files", return_value=[folder / "preset.toml"]):
        return preset(method, "mannequin", "tiny")


def _published(folder: Path) -> list[Path]:
    target = folder / "published.toml"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PUBLISHED, target)
    return [target]


def _finite(value: object) -> None:
    assert isinstance(value, Published)
    numbers = [*value.published, *value.delta]
    assert all(isinstance(number.value, Decimal) and number.value.is_finite() for number in numbers)


PUBLISHED = REPOSITORY / "results" / "published.toml"
READERS = (
    Reader("preset", ("presets",), partial(written, contents={"preset.toml": PRESET.encode()}), _preset),
    Reader(
        "plan",
        ("runs.cells",),
        partial(written, contents={"plan.toml": PLAN.encode()}),
        lambda folder: planned_specs(read_plan(folder / "plan.toml")),
    ),
    Reader(
        "study",
        ("studies.study",),
        partial(written, contents={"study.toml": STUDY.encode()}),
        lambda folder: design_of(read_study(folder / "study.toml")),
    ),
    Reader(
        "published numbers",
        ("analysis.published",),
        _published,
        lambda folder: read_published(folder / "published.toml"),
        check=_finite,
    ),
    Reader(
        "settings on the command line",
        ("presets",),
        partial(written, contents={"set": b"gamma=0.4\nflip=true\nkind=two words\nautolink.steps = 3\nx=[1, {a=1}]"}),
        lambda folder: parse_overrides((folder / "set").read_bytes().decode("utf-8", "surrogateescape").split("\n")),
    ),
)
