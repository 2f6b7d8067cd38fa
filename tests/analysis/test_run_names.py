"""Runs by name: where they are looked for, and what a name that means none or several is answered with."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shifted import store
from typer.testing import Result

from dkp_bench.analysis.run_names import RunName, locate, locate_one, parse_run_name
from dkp_bench.errors import DkpError
from dkp_bench.files import write_json
from dkp_bench.runs.run import open_run

ERRORS = np.linspace(1.0, 3.2, 12)
RUNS, STORED = Path("results/runs"), Path("results/baselines")


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``my:Mine`` is stored with two seeds at two profiles, and made here on another dataset; ``base`` is in both."""
    monkeypatch.chdir(tmp_path)
    for seed in (0, 1):
        store(STORED, "my:Mine", ERRORS, seed=seed)
        store(STORED, "my:Mine", ERRORS, seed=seed, profile="small")
    store(RUNS, "my:Mine", ERRORS, dataset="other-set")
    for root in (RUNS, STORED):
        store(root, "base", ERRORS)


def found(words: str, **options: object) -> str:
    return str(locate(Path(words), STORED, **options))  # type: ignore[arg-type]


def refusal(words: str, **options: object) -> DkpError:
    with pytest.raises(DkpError) as caught:
        found(words, **options)
    return caught.value


def without_weights(folder: Path) -> None:
    record = open_run(folder).record
    files = {**record.files, "weights.safetensors": "ab" * 32}
    write_json(folder / "record.json", record.model_copy(update={"files": files}).model_dump(mode="json"))


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("a@b", RunName("a", "b")),
        ("pkg.mod:Class@b-c:tiny", RunName("pkg.mod:Class", "b-c", "tiny")),
        ("a@b:seed12", RunName("a", "b", None, 12)),
        ("a@b:tiny:seed0", RunName("a", "b", "tiny", 0)),
        *((path, None) for path in ("a", "runs/a@b", "@b", "a@", "a@b:seed0:tiny", "a@b:", "./a@b", "a@b:tiny:0")),
    ],
)
def test_what_a_name_is(words: str, name: RunName | None) -> None:
    assert parse_run_name(words) == name


def test_a_name_means_the_only_folder_or_record_that_fits() -> None:
    assert found("my:Mine@squares:tiny") == "results/baselines/squares/tiny/my.Mine"
    assert found("my:Mine@other-set") == "results/runs/other-set/tiny/my.Mine"
    seed = locate(Path("my:Mine@squares:small:seed1"), STORED)
    assert (seed.name, open_run(seed.parent).record.identity.seed) == ("record.json", 1)
    run, note = locate_one(Path("my:Mine@squares:tiny"), STORED)
    assert run.record.identity.seed == 0
    assert note == f"taken is {run.path}, the first seed of my:Mine with 2 seeds (0, 1)"


def test_runs_that_chose_settings_count_only_where_there_are_no_others() -> None:
    for seed in range(3):
        store(STORED, "my:Mine", ERRORS, seed=seed, preset_hash="bbbb0000", split="val")
    run, note = locate_one(Path("my:Mine@squares:tiny"), STORED)
    assert run.record.identity.split == "test"
    assert note == f"taken is {run.path}, the first seed of my:Mine with 2 seeds (0, 1)"
    store(STORED, "chosen", ERRORS, split="val")
    assert locate_one(Path("chosen@squares"), STORED)[0].record.identity.split == "val"


def test_a_path_wins_and_stays_as_it_is() -> None:
    Path("my:Mine@squares:tiny").mkdir()
    for words in ("my:Mine@squares:tiny", "results/nowhere", "."):
        assert found(words) == words


def test_several_are_listed() -> None:
    assert refusal("my:Mine@squares").problem == "my:Mine@squares means runs in 2 folders"
    assert refusal("my:Mine@squares").hint.splitlines() == [
        "name one:",
        "my.Mine@squares:small: results/baselines/squares/small/my.Mine",
        "my.Mine@squares:tiny: results/baselines/squares/tiny/my.Mine",
    ]
    assert [line.split()[1] for line in refusal("base@squares:seed0").hint.splitlines()[1:]] == [
        str(folder / "record.json") for root in (RUNS, STORED) for folder in (root / "squares/tiny/base").iterdir()
    ]


def test_none_is_answered_with_what_there_is(tmp_path: Path) -> None:
    for words in ("my:Min@squares:tiny", "my:Mine@squares:paper", "my:Mine@squares:tiny:seed7"):
        error = refusal(words)
        assert error.problem.startswith(f"there is no run of {words}; did you mean my.Mine@squares:")
        assert error.hint.splitlines() == [
            "there are",
            *("  base@squares:tiny", "  my.Mine@other-set:tiny", "  my.Mine@squares:small", "  my.Mine@squares:tiny"),
        ]
    with pytest.raises(DkpError) as caught:
        locate(Path("a@b"), tmp_path / "nowhere", runs=tmp_path / "none")
    assert caught.value.hint.startswith("there are no stored baselines here: they are in the repository")
    assert caught.value.hint.endswith("name their folder with --baselines")


def test_to_predict_only_runs_with_weights_count() -> None:
    for folder in (STORED / "squares/tiny/my.Mine").iterdir():
        without_weights(folder)
    assert found("my:Mine@squares", to_predict=True) == "results/baselines/squares/small/my.Mine"
    error = refusal("my:Mine@squares:tiny:seed1", to_predict=True)
    assert error.problem == "no run of my:Mine@squares:tiny:seed1 has its weights here"
    assert error.hint == "train one that has: dkp-bench train my:Mine squares --profile tiny --seeds 1"


def test_commands_take_names(call: Callable[..., Result]) -> None:
    scored = call("score", "my:Mine@squares:tiny:seed1")
    assert scored.exit_code == 0, scored.output
    assert scored.stderr == "as recorded\n"
    compared = call("compare", "my:Mine@squares:tiny", "--against", "my:Mine@squares:small", "--allow", "profile")
    assert compared.exit_code == 0, compared.output
    for command in (("predict", "base@squares", "."), ("redraw", "base@squares")):
        answer = call(*command)
        assert answer.exit_code == 2
        assert answer.stderr.startswith("error: base@squares means runs in 2 folders\n")
