"""The design of a study: its arms at their levels, and what no study can be."""

from collections.abc import Callable
from pathlib import Path

import pytest
from toy_study import toy_text

from dkp_bench.errors import DkpError
from dkp_bench.runs.run import Run
from dkp_bench.runs.spec import RunSpec
from dkp_bench.studies.design import Design, design_of, settings_of
from dkp_bench.studies.finder import RunFinder
from dkp_bench.studies.language import Term
from dkp_bench.studies.study import read_study

pytestmark = pytest.mark.usefixtures("small_datasets", "own_methods")


def design(folder: Path, text: str) -> Design:
    path = folder / "toy.toml"
    path.write_text(text, encoding="utf-8")
    return design_of(read_study(path), str(path))


def test_arms_are_at_the_levels_that_concern_them(tmp_path: Path) -> None:
    found = design(tmp_path, toy_text(datasets='"squares", "flat-squares"'))
    assert [str(place) for place in found.planned] == ["squares, tiny profile", "flat-squares, tiny profile"]
    assert found.levels == ((-1.0, -0.5, 0.5, 1.0),)
    assert list(map(str, found.conditions)) == [
        *(f"{arm}@{level}" for arm in ("corner", "learner") for level in ("-1", "-0.5", "0.5", "1")),
        "mean",
    ]
    at = found.planned[next(iter(found.planned))]
    (mean,) = found.of_arm("mean")
    assert [spec.seed for spec in at[mean]] == [0, 1, 2]
    assert found.find(Term("mean", ("0.5",))) == mean  # it is the same at each level
    assert len(found.specs) == 2 * 3 * (2 * 4 + 1)


def test_a_table_may_add_seeds_to_some_levels(tmp_path: Path) -> None:
    more = """
        [[cells]]
        profile = "tiny"
        datasets = ["squares"]
        methods = ["own_method:Corner"]
        seeds = [3, 4]
        set = { x = 0.5 }
    """
    found = design(tmp_path, toy_text() + more)
    (at,) = found.planned.values()
    assert {str(condition): len(specs) for condition, specs in at.items() if condition.arm == "corner"} == {
        "corner@-1": 3,
        "corner@-0.5": 3,
        "corner@0.5": 5,
        "corner@1": 3,
    }


def test_arms_alone_are_the_levels_of_a_study_without_an_axis(tmp_path: Path) -> None:
    text = """
        title = "t"
        question = "q"
        why = "w"
        arm = [
            { name = "left", method = "own_method:Corner" },
            { name = "right", method = "own_method:Corner", set = { x = 1.0 } },
        ]
        [[cells]]
        profile = "tiny"
        datasets = ["squares"]
        methods = ["own_method:Corner"]
        sweep = { x = [-1.0, 1.0] }
        [[hypothesis]]
        name = "h"
        statement = "s"
        refuted_by = "r"
        holds_if = ["left < right"]
    """
    found = design(tmp_path, text)
    assert list(map(str, found.conditions)) == ["left", "right"]
    ((left, right),) = (at.values() for at in found.planned.values())
    assert (dict(left[0].overrides), dict(right[0].overrides)) == ({"x": -1.0}, {"x": 1.0})
    by_name = text.replace('methods = ["own_method:Corner"]', 'arms = ["right", "left"]').replace("sweep", "# sweep")
    named = design(tmp_path, by_name)
    assert named.conditions == found.conditions
    assert [spec.overrides for spec in named.specs] == [(("x", 1.0),), ()], "in the order in which they are named"


def test_arms_may_differ_in_their_depth_maps_and_an_axis_may_vary_them(tmp_path: Path) -> None:
    head = 'title = "t"\nquestion = "q"\nwhy = "w"\n'
    cells = """
        [[cells]]
        profile = "tiny"
        datasets = ["squares"]
        methods = ["distill_dkp", "autolink"]
        depth = ["exact", "worse-2"]
    """
    arms = """
        [[arm]]
        name = "exact"
        method = "distill_dkp"
        depth = "exact"
        [[arm]]
        name = "worse"
        method = "distill_dkp"
        depth = "worse-2"
        [[arm]]
        name = "none"
        method = "autolink"
    """
    (at,) = design(tmp_path, head + arms + cells).planned.values()
    assert {str(c): [spec.depth for spec in specs] for c, specs in at.items() if c.arm != "none"} == {
        "exact": ["exact"],
        "worse": ["worse-2"],
    }
    axis = '[[axis]]\nname = "maps"\nvaries = "depth"\n'
    varied = axis + '[[arm]]\nname = "student"\nmethod = "distill_dkp"\n[[arm]]\nname = "none"\nmethod = "autolink"\n'
    assert list(map(str, design(tmp_path, head + varied + cells).conditions)) == [
        "student@exact",
        "student@worse-2",
        "none",
    ]


def test_two_axes_have_a_level_each(tmp_path: Path) -> None:
    text = toy_text().replace("[[arm]]", '[[axis]]\nname = "height"\nvaries = "y"\n\n[[arm]]', 1)
    found = design(tmp_path, text.replace("1.0] }", "1.0], y = [1.0, 0.0] }") + toy_claims("corner@-1,0 < mean"))
    assert found.levels[1] == (1.0, 0.0)  # categories keep the order of the file
    assert len(found.of_arm("corner")) == 8


def toy_claims(claim: str) -> str:
    return toy_text(claim).removeprefix(toy_text())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title = 3", "toy.toml: no study: title: Input should be a valid string"),
        ("", "toy.toml: no study: title: Field required"),
        (toy_text(more='purpose = "x"'), "purpose: Extra inputs are not permitted"),
        (toy_text(more='profile = "a\\u001b[2Jb"'), "profile: Value error, a text has characters that cannot be shown"),
        (toy_text(more='against = "nobody"'), "against names no arm: nobody"),
        (toy_text(more='chooses = "test"'), "chooses: Input should be '' or 'val'"),
        (toy_text() + '[[arm]]\nname = "mean"\nmethod = "autolink"\n', "arm mean is there twice"),
        (toy_text() + '[[arm]]\nname = "other"\nmethod = "autolink"\n', "no [[cells]] run the arm other"),
        (
            toy_text() + '[[arm]]\nname = "far"\nmethod = "own_method:Corner"\nset = { y = 3.0 }\n',
            "no [[cells]] run the arm far",
        ),
        (toy_text().replace('"squares"', '"sqares"'), "unknown dataset 'sqares'. Did you mean 'squares'?"),
        (toy_text() + "[[cells]]\nprofil = 'tiny'\n", "[[cells]] number 2: unknown key 'profil'"),
        (toy_text() + "[[cells]]\nprofile = 'tiny'\narms = ['mea']\n", "[[cells]] number 2: unknown arm 'mea'"),
        (toy_text() + "[[cells]]\narms = ['mean']\nset = {}\n", "[[cells]] number 2: it names arms and says set"),
        (toy_text("corner ~< mean"), "hypothesis first: cannot read 'corner ~< mean'"),
        (toy_text("cornr@1 < mean"), "hypothesis first: unknown arm 'cornr'. Did you mean 'corner'?"),
        (toy_text("corner@1,2 < mean"), "corner@1,2 names 2 levels, and there are 1 axes"),
        (toy_text("corner < mean"), "corner is there at 4 levels"),
        (toy_text("corner@2 < mean"), "unknown condition 'corner@2'. Did you mean 'corner@1'?"),
        (toy_text("corner follows mean"), "corner follows mean: the two arms have 0 levels in common"),
        (
            toy_text("corner@1 < mean", of_hypothesis="where = 2"),
            "is planned in 1 place, and the hypothesis first asks",
        ),
        (
            toy_text("corner@1 < mean", of_hypothesis="margin = 0"),
            "hypothesis.0.margin: Input should be greater than 0",
        ),
        (toy_text().replace('scale = "linear"', "levels = { far = '' }"), "axis place: it names the levels far"),
        (toy_text().replace("own_method:Corner", "own_method:Cornr"), "'Cornr'. Did you mean 'Corner'?"),
    ],
)
def test_mistakes_are_named_with_the_file(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(DkpError) as caught:
        design(tmp_path, text)
    assert problem in caught.value.problem
    assert "toy.toml" in caught.value.problem


def test_runs_are_found_by_the_names_of_their_depth_maps(run: Callable[..., Run]) -> None:
    """The digits that an estimator's maps end with may be left out, those of a depth store may not."""

    def found(of_run: str, asked: str) -> int:
        spec = RunSpec("squares", "teacher_only", depth=asked)
        own = settings_of(spec)["teacher_only"]
        one = run("teacher_only", settings=own, required_settings={}, depth=of_run, inputs="depth")
        return len(RunFinder([one]).runs_of(spec))

    asked = ("unet-200", "unet-200-1a2b3c4d", "unet-200-00000000", "unet-2", "unet-200+invert", "exact")
    assert [found("unet-200-1a2b3c4d", one) for one in asked] == [1, 1, 0, 0, 0, 0]
    assert [found("unet-200-1a2b3c4d+invert", one) for one in asked] == [0, 0, 0, 0, 1, 0]
    assert found("dpt_levit_224-1a2b3c4d", "dpt_levit_224") == 0
