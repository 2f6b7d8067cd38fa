"""Reading plans: the order of their cells, and what is refused with which words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dkp_bench.errors import DkpError
from dkp_bench.runs.cells import planned_specs, read_plan
from dkp_bench.runs.spec import RunSpec

Read = Callable[[str], list[RunSpec]]
TABLE = '[[cells]]\nprofile = "tiny"\ndatasets = ["squares"]\nmethods = ["mean_pose"]\n'


@pytest.fixture
def read(tmp_path: Path, small_datasets: None, own_methods: None) -> Read:
    """The cells of a plan with some text."""

    def write_and_read(text: str) -> list[RunSpec]:
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return planned_specs(read_plan(path))

    return write_and_read


def test_a_dataset_comes_after_the_other_and_on_it_a_seed_after_the_other(read: Read) -> None:
    found = read("""
        [[cells]]
        profile = "tiny"
        datasets = ["squares", "flat-squares"]
        methods = ["mean_pose", "autolink"]
        seeds = [1, 0]
        [[cells]]
        profile = "small"
        datasets = ["mannequin"]
        methods = ["untrained"]
        depth = "silhouette"
    """)
    assert found == [
        *(
            RunSpec(dataset, method, "tiny", seed)
            for dataset in ("squares", "flat-squares")
            for seed in (1, 0)
            for method in ("mean_pose", "autolink")
        ),
        RunSpec("mannequin", "untrained", "small", depth="silhouette"),
    ]


def test_sizes_come_one_after_the_other_and_the_profiles_is_the_default(read: Read) -> None:
    text = TABLE + "sizes = [32, 64]\nseeds = [0, 1]\n"
    assert [(spec.size, spec.seed) for spec in read(text)] == [(32, 0), (32, 1), (64, 0), (64, 1)]
    assert read(TABLE + "sizes = [64]\n" + TABLE) == read(TABLE)


def test_what_is_required_comes_once_and_right_before_the_first_that_needs_it(read: Read) -> None:
    text = TABLE.replace('"mean_pose"', '"mean_pose", "distill_dkp", "no_teacher"') + "seeds = [0, 1]\n"
    again = TABLE.replace("mean_pose", "teacher_only")
    assert [(spec.seed, spec.method) for spec in read(text + again)] == [
        (seed, method) for seed in (0, 1) for method in ("mean_pose", "teacher_only", "distill_dkp", "no_teacher")
    ]


def test_what_is_there_already_is_not_moved(read: Read) -> None:
    text = TABLE.replace('"mean_pose"', '"teacher_only", "mean_pose", "distill_dkp"')
    assert [spec.method for spec in read(text)] == ["teacher_only", "mean_pose", "distill_dkp"]


def test_the_same_cell_in_two_tables_is_run_once(read: Read) -> None:
    assert read(TABLE + TABLE) == read(TABLE)


def test_each_cell_has_the_settings_that_concern_it(read: Read) -> None:
    text = TABLE.replace('"mean_pose"', '"mean_pose", "distill_dkp"')
    settings = "set = { steps = 5, gamma = 0.4, teacher_only.missing = 0.5, distill_dkp.flip = false }\n"
    assert {spec.method: dict(spec.overrides) for spec in read(text + settings)} == {
        "mean_pose": {},
        "teacher_only": {"steps": 5, "teacher_only.missing": 0.5},
        "distill_dkp": {"steps": 5, "gamma": 0.4, "teacher_only.missing": 0.5, "distill_dkp.flip": False},
    }


def test_a_setting_of_one_method_is_a_table_in_a_table(read: Read) -> None:
    student = TABLE.replace("mean_pose", "distill_dkp")
    inline, quoted, apart = (
        student + "set = { distill_dkp.gamma = 1 }\n",
        student + 'set = { "distill_dkp.gamma" = 1 }\n',
        student + "[cells.set.distill_dkp]\ngamma = 1\n",
    )
    assert read(inline) == read(quoted) == read(apart)
    assert [dict(spec.overrides) for spec in read(inline)] == [{}, {"distill_dkp.gamma": 1}]


def test_a_sweep_has_every_value_with_every_other_within_a_seed(read: Read) -> None:
    text = TABLE.replace('"mean_pose"', '"distill_dkp", "mean_pose"') + "seeds = [0, 1]\nset = { steps = 5 }\n"
    found = read(text + "sweep = { gamma = [0.1, 1], teacher_only.missing = [0.5, 0.8] }\n")
    students = [spec for spec in found if spec.method == "distill_dkp"]
    assert [(spec.seed, dict(spec.overrides)) for spec in students] == [
        (seed, {"steps": 5, "gamma": gamma, "teacher_only.missing": missing})
        for seed in (0, 1)
        for gamma in (0.1, 1)
        for missing in (0.5, 0.8)
    ]
    assert len([spec for spec in found if spec.method == "teacher_only"]) == 4  # a teacher for each masking and seed
    assert [spec.seed for spec in found if spec.method == "mean_pose"] == [0, 1]  # no sweep concerns it


def test_depth_stores_come_one_after_the_other(read: Read) -> None:
    found = read(TABLE + 'depth = ["one", "other"]\nseeds = [0, 1]\n')
    assert [(spec.seed, spec.depth) for spec in found] == [(0, "one"), (0, "other"), (1, "one"), (1, "other")]


def test_a_method_of_ones_own(read: Read) -> None:
    found = read(TABLE.replace("mean_pose", "own_method:Corner") + "set = { corner.x = 0.5, y = 0.0 }\n")
    assert found == [RunSpec("squares", "own_method:Corner", "tiny", 0, (("corner.x", 0.5), ("y", 0.0)))]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cells = 3 =", "plan.toml: cannot be read as TOML ("),
        ("", "plan.toml plans nothing"),
        ("cells = []", "plan.toml plans nothing"),
        ("cells = 3", "plan.toml plans nothing"),
        ("cells = " + "[" * 2000, "plan.toml: cannot be read as TOML (it is nested deeper than 100 levels)"),
        (TABLE + f"seeds = {list(range(10_001))}\n", "the plan has 10,001 cells, and no more than 10,000 are read"),
        ("[[cell]]\n", "plan.toml: unknown key 'cell'. Did you mean 'cells'?"),
        ("cells = [1]", "plan.toml, [[cells]] number 1: the top level: Input should be a valid dictionary"),
        (TABLE + TABLE + "seed = [0]\n", "plan.toml, [[cells]] number 2: unknown key 'seed'. Did you mean 'seeds'?"),
        (TABLE + "settings = {}\n", "unknown key 'settings'. Did you mean 'set'?"),
        ("[[cells]]\n", "plan.toml, [[cells]] number 1: profile: Field required"),
        (TABLE + "seeds = []\n", "seeds: List should have at least 1 item"),
        (TABLE + "seeds = [0, -1]\n", "seeds.1: Input should be greater than or equal to 0"),
        (TABLE + 'seeds = ["1"]\n', "seeds.0: Input should be a valid integer"),
        (TABLE + "seeds = [true]\n", "seeds.0: Input should be a valid integer"),
        (TABLE + "sizes = []\n", "sizes: List should have at least 1 item"),
        (TABLE + "sizes = [0]\n", "sizes.0: Input should be greater than 0"),
        (TABLE + "set = 3\n", "set: Input should be a valid dictionary"),
        (TABLE + "depth = 3\n", "depth.str: Input should be a valid string"),
        (TABLE + "depth = []\n", "depth.str: Input should be a valid string"),
        (TABLE + "sweep = { gamma = 1 }\n", "sweep gamma: 1 is no list of values"),
        (TABLE + "sweep = { gamma = [] }\n", "sweep gamma: [] is no list of values"),
        (TABLE + "sweep = { gamma = [[1]] }\n", "sweep gamma: [1] is no value of a setting"),
        (TABLE + "set = { gamma = 1 }\nsweep = { gamma = [1] }\n", "gamma is both fixed and swept"),
        (TABLE + f"sweep = {{ a = {list(range(200))}, b = {list(range(200))} }}\n", "the plan has 40,000 cells"),
        (TABLE + "sweep = { step = [3] }\n", "unknown setting 'step'"),
        (TABLE.replace('["squares"]', '"squares"'), "datasets: Input should be a valid list"),
        (TABLE.replace("squares", "sqares"), "unknown dataset 'sqares'. Did you mean 'squares'?"),
        (TABLE.replace("mean_pose", "mean_pos"), "unknown method 'mean_pos'. Did you mean 'mean_pose'?"),
        (TABLE.replace("mean_pose", "own_method:Cornr"), "'Cornr'. Did you mean 'Corner'?"),
        (TABLE.replace("mean_pose", "own_method:NoMethod"), "own_method:NoMethod is not a method"),
        (TABLE.replace("mean_pose", "nowhere:Own"), "there is no module 'nowhere'"),
        (TABLE.replace("tiny", "tyni"), "unknown profile 'tyni'. Did you mean 'tiny'?"),
        (TABLE + "set = { step = 3 }\n", "unknown setting 'step'"),
        (TABLE + "set = { autolink.steps = 3 }\n", "'autolink' is not among the methods to run"),
        (TABLE.replace("mean_pose", "autolink") + "set = { keypoints = 1 }\n", "bad settings for autolink: keypoints:"),
        (TABLE.replace("mean_pose", "autolink") + 'set = { steps = "x" }\n', "bad settings for autolink: steps:"),
        (TABLE.replace("mean_pose", "autolink") + "set = { steps = [1] }\n", "set steps: [1] is no value of a setting"),
        (
            TABLE.replace("mean_pose", "distill_dkp") + "set = { teacher_only.missing = 2 }\n",
            "bad settings for teacher_only: missing:",
        ),
    ],
)
def test_mistakes_are_named(text: str, problem: str, read: Read) -> None:
    with pytest.raises(DkpError) as caught:
        read(text)
    assert problem in caught.value.problem


def test_a_plan_that_is_not_there_is_named_with_where_to_find_some(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=r"nowhere\.toml: there is no such file") as caught:
        read_plan(tmp_path / "nowhere.toml")
    assert "results/plans/" in caught.value.hint
    with pytest.raises(DkpError, match=r"cannot be read as TOML \(Is a directory\)"):
        read_plan(tmp_path)


def test_bytes_that_are_no_text_are_no_plan(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DkpError, match=r"cannot be read as TOML \(line 1 is not UTF-8\)"):
        read_plan(tmp_path / "plan.toml")


def test_a_mistake_in_a_table_is_answered_with_the_keys_there_are(read: Read) -> None:
    for text in ("[[cells]]\n", TABLE + "seed = [0]\n"):
        with pytest.raises(DkpError) as caught:
            read(text)
        assert all(key in caught.value.hint for key in ("profile", "datasets", "methods", "seeds", "set", "depth"))
