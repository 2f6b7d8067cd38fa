"""``compare``: what it prints and writes, its exit codes, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from shifted import make_annotations, store
from typer.testing import Result

from dkp_bench.analysis.compare_file import ComparisonFile

Call = Callable[..., Result]
MINE = np.array([1.0, 1.5, 1.2, 1.8, 2.0, 1.1, 1.7, 1.6, 1.3, 2.2, 1.4, 1.9])
WOBBLE = np.array([0.113, -0.517, 0.331, 0.047, -0.229, 0.473, -0.319, 0.151, 0.263, -0.107, 0.051, -0.239])


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three seeds of ``mine``, which is much better than ``base``, as good as ``twin``, and worse than ``teacher``."""
    monkeypatch.chdir(tmp_path)
    stored = Path("results/baselines")
    for seed in range(3):
        store(Path("results/runs"), "mine", MINE + 0.1 * seed, seed=seed)
        store(stored, "base", MINE + 1 + WOBBLE + 0.05 * seed, seed=seed)
        store(stored, "twin", MINE + 0.1 * seed, seed=seed, depth="exact")
    store(stored, "teacher", MINE - 0.5 + WOBBLE / 9, depth="exact", inputs="depth")
    return tmp_path


RUN = Path("results/runs/squares/tiny/mine")
WRITTEN = Path("results/compare/squares-tiny-mine")


def test_golden(call: Call, golden: Callable[[str, str], None]) -> None:
    answer = call("compare", RUN)
    assert answer.exit_code == 0, answer.output
    assert answer.stderr == ""
    assert max(map(len, answer.stdout.splitlines())) <= 80
    golden("compare.txt", answer.stdout)
    golden("compare.md", (WRITTEN / "compare.md").read_text(encoding="utf-8"))


def test_the_json_holds_every_number(call: Call) -> None:
    printed = json.loads(call("compare", RUN, "--json").stdout)
    assert printed == json.loads((WRITTEN / "compare.json").read_text(encoding="utf-8"))
    jsonschema.validate(printed, ComparisonFile.model_json_schema())
    base, teacher, twin = printed["against"]
    assert [each["method"]["name"] for each in (base, teacher, twin)] == ["base", "teacher", "twin"]
    assert base["difference"]["value"] == pytest.approx(0.05 - 1 - WOBBLE.mean(), abs=1e-5)
    assert base["worse_by"] == base["difference"]["value"]
    assert base["share_better"] == 1.0
    assert base["over_images"] == {"p": 2 / 2**12, "exact": True, "permutations": 2**12}
    assert base["least_p_over_seeds"] == pytest.approx(0.1)
    assert base["told_apart"]
    assert set(base["joints"]) == set(make_annotations().skeleton.names)
    assert twin["difference"]["value"] == 0.0
    assert not twin["told_apart"]
    assert teacher["over_seeds"] is None
    assert not teacher["difference"]["covers_seeds"]
    assert printed["tiers"] == [["teacher"], ["mine", "twin"], ["base"]]
    assert len(printed["subject"]["signatures"]) == 3


def test_twice_is_the_same_byte_for_byte(call: Call) -> None:
    call("compare", RUN)
    first = {path.name: path.read_bytes() for path in WRITTEN.iterdir()}
    call("compare", RUN)
    assert sorted(first) == ["compare.json", "compare.md", "per-joint.svg"]
    assert first == {path.name: path.read_bytes() for path in WRITTEN.iterdir()}


def test_one_run_against_one_method(call: Call) -> None:
    seed = next(path for path in RUN.iterdir() if path.name.startswith("seed1-"))
    answer = call("compare", seed / "record.json", "--against", " base ", "--out", "elsewhere")
    assert answer.stdout.startswith("mine against base\non squares, tiny profile, 64 px, 12 test images\n")
    assert "mine has one seed: what another seed would have given is in none of its" in answer.stdout
    assert "alone\n  cannot give p below 0.25 (1 against 3)" in answer.stdout
    assert "corrected for" not in answer.stdout
    assert Path("elsewhere/squares-tiny-mine/per-joint.svg").is_file()


def test_a_seeds_folder_stands_for_all_seeds_and_says_so(call: Call) -> None:
    seed = next(path for path in RUN.iterdir() if path.name.startswith("seed1-"))
    answer = call("compare", seed, "--against", "base")
    assert answer.stdout == call("compare", RUN, "--against", "base").stdout
    assert answer.stderr == (
        f"note: {seed} stands for mine with 3 seeds (0, 1, 2); that seed alone goes by {seed}/record.json\n"
    )


def test_two_variants_of_ones_own_are_told_apart(call: Call) -> None:
    changes = {"preset_hash": "bbbb0000", "settings": {"softness": 0.2}}
    changed = [store(Path("results/runs"), "my:Mine", MINE, seed=seed, **changes) for seed in range(2)]
    for seed in range(2):
        store(Path("results/runs"), "my:Mine", MINE + WOBBLE, seed=seed, settings={"softness": 0.1}, started="2025")
    main = Path("results/runs/squares/tiny/my.Mine")
    answer = call("compare", changed[0], "--against", f"{main},base")
    assert answer.stdout.startswith("my:Mine (softness=0.2) against my:Mine and base\n")
    assert "2 variants of my:Mine; taken is my:Mine with 2 seeds (0, 1)" in answer.stderr
    assert Path("results/compare/squares-tiny-my.Mine-bbbb0000/compare.md").is_file()


def test_with_five_seeds_they_are_not_an_excuse(call: Call) -> None:
    for seed in range(3, 5):
        store(Path("results/runs"), "mine", MINE + 0.1 * seed, seed=seed)
        store(Path("results/baselines"), "base", MINE + 1 + WOBBLE + 0.05 * seed, seed=seed)
    answer = call("compare", RUN, "--against", "base")
    assert "mine is better than base." in answer.stdout
    assert "seeds tell little" not in answer.stdout


@pytest.mark.parametrize(
    ("method", "margin", "code"),
    [
        ("base", "0", 0),
        ("base", "-0.9", 0),
        ("base", "-1.1", 1),
        ("twin", "0", 0),
        ("teacher", "0.6", 0),
        ("teacher", "0.59", 1),
    ],
)
def test_fail_if_worse_where_lower_is_better(call: Call, method: str, margin: str, code: int) -> None:
    # the differences are −0.9515, 0 and +0.5998
    answer = call("compare", RUN, "--against", method, "--fail-if-worse", margin)
    assert answer.exit_code == code
    said = {
        "base": "mine is better than base by 0.9515 % of edge, less than 1.1\n",
        "teacher": "mine is worse than teacher by 0.5998 % of edge, more than 0.59\n",
    }
    assert answer.stderr == (said[method] if code else "")


@pytest.mark.parametrize(("margin", "code"), [("50", 0), ("49.9", 1)])
def test_fail_if_worse_where_higher_is_better(call: Call, margin: str, code: int) -> None:
    # 6 pixels of 255 are 2.353 % of the edge: the runs hit all, the first half of the images, and none
    half = np.where(np.arange(12) < 6, 1.0, 3.0)
    run = store(Path("results/runs"), "half", half)
    store(Path("results/baselines"), "all", np.ones(12))
    store(Path("results/baselines"), "none", np.full(12, 3.0))
    options = ("--metric", "pck", "--against", "none,all", "--fail-if-worse", margin)
    answer = call("compare", run, *options)
    assert answer.exit_code == code
    assert answer.stderr == ("half is worse than all by 50 %, more than 49.9\n" if code else "")
    assert "PCK, %, higher is better" in answer.stdout


def test_seeds_that_are_enough_are_not_listed_with_those_that_are_not(call: Call) -> None:
    for seed in range(3, 6):
        store(Path("results/runs"), "mine", MINE + 0.1 * seed, seed=seed)
        store(Path("results/baselines"), "base", MINE + 1 + WOBBLE + 0.05 * seed, seed=seed)
    answer = call("compare", RUN, "--against", "base,twin")
    assert "0.0119 (6 against 3), whatever the difference" in " ".join(answer.stdout.split())
    assert "6 against 6" not in answer.stdout
    assert "- Where 3 seeds are all that the spread over seeds is known from" in answer.stdout


def test_a_folder_to_write_to_that_is_a_file_is_no_verdict(call: Call) -> None:
    Path("page").write_text("", encoding="utf-8")
    assert call("compare", RUN, "--out", "page", "--fail-if-worse", "100").exit_code == 2


@pytest.mark.parametrize("margin", ["nan", "inf", "much"])
def test_a_margin_is_a_number(call: Call, margin: str) -> None:
    answer = call("compare", RUN, "--fail-if-worse", margin)
    assert answer.exit_code == 2
    assert not WRITTEN.exists()


def test_the_share_on_the_figure_has_no_joints(call: Call) -> None:
    for arguments in ((), ("--out", "results/other")):
        answer = call("compare", RUN, "--protocol", "on-figure", *arguments)
        assert answer.exit_code == 0, answer.output
    folder = Path("results/compare/squares-tiny-mine-on-figure")
    assert sorted(path.name for path in folder.iterdir()) == ["compare.json", "compare.md"]
    assert "per-joint" not in (folder / "compare.md").read_text(encoding="utf-8")
    assert "per-joint" not in answer.stdout


def test_what_is_not_comparable_is_refused_with_the_way_out(call: Call) -> None:
    run = store(Path("results/runs"), "newer", MINE, version="0.2.0", scores_version=2)
    answer = call("compare", run, "--against", "base")
    assert answer.exit_code == 2
    assert answer.stderr == (
        f"error: base in results/baselines cannot stand beside {run}: they differ in scores_version: 1 there, 2 here\n"
        "  side by side all the same, with a warning: --allow scores_version\n"
    )
    assert not Path("results/compare").exists()
    allowed = call("compare", run, "--against", "base", "--allow", "scores_version")
    assert allowed.exit_code == 0
    told = " ".join(allowed.stdout.split())
    assert "- Warning: base is not comparable by its signature and was allowed: scores_version (1, here 2)." in told
    content = json.loads(Path("results/compare/squares-tiny-newer/compare.json").read_text(encoding="utf-8"))
    assert content["against"][0]["differs_in"] == ["scores_version"]


def test_other_numbers_of_keypoints_are_shown(call: Call) -> None:
    run = store(Path("results/runs"), "more", MINE, keypoints=6)
    answer = call("compare", run, "--against", "base,twin", "--allow", "keypoints")
    assert answer.exit_code == 0, answer.output
    assert "tier  method" in answer.stdout
    assert " K  " in answer.stdout
    assert " K  " not in call("compare", RUN, "--against", "base").stdout


def test_own_run_of_a_stored_method_is_called_the_run(call: Call) -> None:
    run = store(Path("results/runs"), "base", MINE, overrides={"gamma": 1.0})
    answer = call("compare", run, "--against", "base")
    assert answer.stdout.startswith("base (RUN) against base\n")
    assert "- base (RUN) was trained with settings changed by --set: gamma=1.0." in answer.stdout


def test_sequences(call: Call) -> None:
    annotations = make_annotations(sequences=4)
    for root, method, errors in (("results/runs", "mine", MINE), ("results/baselines", "base", MINE + 2)):
        store(Path(root), method, errors, annotations, profile="small")
    answer = call("compare", "results/runs/squares/small/mine", "--against", "base")
    assert "12 test images in 4 sequences" in answer.stdout
    assert "- Images of one sequence look alike, so whole sequences are drawn and flipped." in answer.stdout
    assert "- 4 sequences cannot give a p below 0.05, whatever the difference." in answer.stdout
    assert "- mine cannot be told apart from base." in answer.stdout


def test_the_same_in_every_sequence_need_not_be_the_same_on_every_image(call: Call) -> None:
    annotations = make_annotations(sequences=6)
    there = np.where(np.arange(12) < 6, 1.0, 3.0)
    for root, method, errors in (("results/runs", "mine", there), ("results/baselines", "base", there[::-1])):
        store(Path(root), method, errors, annotations, profile="small")
    answer = call("compare", "results/runs/squares/small/mine", "--metric", "pck")
    assert " 0.0 (0.0 %)" in answer.stdout
    assert "the same number" not in answer.stdout


def test_one_sequence_tells_nothing(call: Call) -> None:
    annotations = make_annotations(sequences=1)
    for root, method, errors in (("results/runs", "mine", MINE), ("results/baselines", "base", MINE + 2)):
        store(Path(root), method, errors, annotations, profile="small")
    answer = call("compare", "results/runs/squares/small/mine")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.count("unbounded") == 3
    assert max(map(len, answer.stdout.splitlines())) <= 80
    content = json.loads(Path("results/compare/squares-small-mine/compare.json").read_text(encoding="utf-8"))
    assert content["against"][0]["difference"]["low"] is None


def test_long_names_and_large_numbers_fit(call: Call) -> None:
    run = store(Path("results/runs"), "a_package.with_a_long_name:AndAClassWithALongerOne", 20 * MINE, seed=3)
    answer = call("compare", run, "--metric", "summed_mae")
    text = answer.stdout.partition("\nwritten:")[0]
    assert max(map(len, text.splitlines())) <= 80
    parts = ("a_package.", "with_a_long_", "name:And", "AClassWith", "ALongerOne")
    first = next(place for place, line in enumerate(text.splitlines()) if line.split()[1:2] == [parts[0]])
    names = [line.split() for line in text.splitlines()[first : first + len(parts)]]
    assert [words[1] if place == 0 else words[0] for place, words in enumerate(names)] == list(parts)
    assert answer.stdout.splitlines()[-1].endswith("AndAClassWithALongerOne-summed_mae/per-joint.svg")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("nowhere",), "error: nowhere holds no finished run"),
        ((RUN, "--against", "bas"), "error: unknown stored method 'bas'. Did you mean 'base'?"),
        ((RUN, "--baselines", "nowhere"), "error: nowhere has no other runs on squares"),
        ((RUN, "--protocol", "no-swap"), "error: unknown protocol 'no-swap'. Did you mean 'no-swap+intercept'?"),
        ((RUN, "--metric", "pkc"), "error: unknown metric of no-swap+intercept 'pkc'. Did you mean 'pck'?"),
        ((RUN, "--protocol", "on-figure", "--metric", "figure_area"), "error: figure_area of on-figure has no better"),
        ((RUN, "--allow", "image_size"), "error: image_size cannot be allowed to differ"),
        ((RUN, "--allow", "profiel"), "error: unknown field to allow 'profiel'. Did you mean 'profile'?"),
    ],
)
def test_mistakes(call: Call, arguments: tuple[str | Path, ...], problem: str) -> None:
    answer = call("compare", *arguments)
    assert answer.exit_code == 2
    first, *hint = answer.stderr.splitlines()
    assert first.startswith(problem)
    assert hint
    assert answer.stdout == ""
    assert not Path("results/compare").exists()


def test_without_annotations_it_says_how_to_have_them(call: Call) -> None:
    for path in Path("results").glob("*/annotations/*"):
        path.unlink()
    answer = call("compare", RUN)
    assert answer.exit_code == 2
    first, hint = answer.stderr.splitlines()
    assert first.startswith("error: nowhere beside the runs are the annotations of squares, content ")
    assert hint.startswith("  this writes them: dkp-bench score results/runs/squares/tiny/mine/seed0-")


def test_a_run_without_scores_says_how_to_have_them(call: Call) -> None:
    record = next(RUN.glob("seed0-*/record.json"))
    content = json.loads(record.read_text(encoding="utf-8")) | {"scores": []}
    record.write_text(json.dumps(content), encoding="utf-8")
    answer = call("compare", record.parent)
    assert answer.exit_code == 2
    assert answer.stderr == f"error: {record.parent} has no scores\n  dkp-bench score {record.parent} --update\n"
