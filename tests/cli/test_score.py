"""``score``: a run's scores again, and those of predictions made elsewhere."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from dkp_bench.datasets import open_dataset
from dkp_bench.files import write_json
from dkp_bench.runs.annotations import annotations_of, write_annotations
from dkp_bench.runs.run import load_runs

Call = Callable[..., Result]
OURS = ("score", "mine.npz", "--dataset", "squares")


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    write(tmp_path)
    return tmp_path


def write(folder: Path, scale: float = 0.9) -> None:
    """Predictions that are the joints themselves, nearly."""
    squares = open_dataset("squares", 64, cache=folder)
    fit, test = (squares.labels(split).joints * scale for split in ("regression", "test"))
    np.savez(folder / "mine.npz", fit=fit, test=test)


def folder_of(answer: Result) -> Path:
    return Path(answer.stdout.rpartition("run: ")[2].strip())


def test_predictions_made_elsewhere_are_scored_and_kept(call: Call, workplace: Path) -> None:
    answer = call(*OURS)
    assert answer.exit_code == 0, answer.output
    assert answer.stderr == ""
    (run,) = load_runs(workplace / "results" / "runs")
    assert (run.record.identity.method, run.record.identity.image_size) == ("mine", 64)
    assert run.headline.value < 0.01
    assert answer.stdout.splitlines()[2].split()[:2] == [run.headline.protocol, run.headline.metric]
    assert call("score", folder_of(answer)).stdout == answer.stdout


def test_json(call: Call, workplace: Path) -> None:
    made = json.loads(call(*OURS, "--json").stdout)
    (run,) = load_runs(workplace / "results" / "runs")
    assert made["scores"] == [asdict(score) for score in run.record.scores]
    assert (made["method"], made["differences"], made["doubts"]) == ("mine", [], [])
    assert made["short_signature"].startswith("squares|mine|tiny|K4|seed0|")
    answer = call("score", made["path"], "--json")
    assert json.loads(answer.stdout) == {key: value for key, value in made.items() if key != "doubts"}
    assert answer.stderr == ""


def test_the_options_are_part_of_the_record(call: Call, workplace: Path) -> None:
    options = ("--name", "theirs", "--seed", "7", "--profile", "small", "--size", "64", "--sees-depth", "--runs", "r")
    assert call(*OURS, *options).exit_code == 0
    (run,) = load_runs(workplace / "r")
    identity = run.record.identity
    assert (identity.method, identity.seed, identity.profile, identity.depth) == ("theirs", 7, "small", "unknown")


def test_other_predictions_of_the_same_name_are_refused(call: Call, workplace: Path) -> None:
    kept = folder_of(call(*OURS)) / "predictions.npz"
    before = kept.read_bytes()
    write(workplace, scale=0.8)
    answer = call(*OURS)
    assert answer.exit_code == 2
    assert "other predictions by the name 'mine', seed 0" in answer.stderr
    assert kept.read_bytes() == before
    assert call(*OURS, "--name", "other").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("score", "mine.npz"), "mine.npz: predictions of which dataset?"),
        (("score", "no.npz"), "no.npz: predictions of which dataset?"),
        (("score", "no.npz", "--dataset", "squares"), "there is no file no.npz"),
        ((*OURS, "--name", "autolink"), "'autolink' is a built-in method"),
        (("score", "mine.npz", "--dataset", "square"), "unknown dataset 'square'. Did you mean 'squares'?"),
        ((*OURS, "--size", "96"), "squares has images of 16, 32, 64, 128 or 256 px, not 96 px"),
        ((*OURS, "--profile", "tyni"), "unknown profile 'tyni'. Did you mean 'tiny'?"),
        (("score", "results"), "results is not the folder of a finished run"),
    ],
)
def test_mistakes_are_named(arguments: tuple[str, ...], problem: str, call: Call, workplace: Path) -> None:
    answer = call(*arguments)
    assert answer.exit_code == 2
    assert answer.stderr.startswith(f"error: {problem}")
    assert not (workplace / "results").exists()


def test_a_mistake_in_the_file_leaves_nothing(call: Call, workplace: Path) -> None:
    np.savez(workplace / "mine.npz", fit=np.full((40, 4, 2), 30.0), test=np.full((12, 4, 2), 30.0))
    answer = call(*OURS)
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: mine.npz: fit[0, 0, 0] is 30; ")
    assert "--range-is-right" in answer.stderr
    assert not (workplace / "results").exists()
    assert call(*OURS, "--range-is-right").exit_code == 0


def test_a_doubt_is_a_warning(call: Call) -> None:
    np.savez("mine.npz", fit=np.zeros((40, 1, 2)) - 0.1, test=np.zeros((12, 1, 2)) - 0.1)
    answer = call(*OURS)
    assert answer.exit_code == 0
    assert answer.stderr.startswith("\nwarning: the mean pose, which knows nothing of the image, scores no worse")


def test_stored_annotations_stand_in_for_images(call: Call, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = call(*OURS).stdout
    shutil.rmtree(workplace / "results")
    write_annotations(workplace / "results" / "baselines", annotations_of(open_dataset("squares", 64, cache=workplace)))

    def absent(*_: object) -> None:
        raise AssertionError("no image is needed")

    monkeypatch.setattr("dkp_bench.datasets.squares.Squares.images", absent)
    monkeypatch.setattr("dkp_bench.datasets.squares.Squares.labels", absent)
    answer = call(*OURS)
    assert answer.stdout == expected
    assert call("score", folder_of(answer)).stdout == expected


def test_settings_are_chosen_on_val_and_neither_split_is_taken_for_the_other(call: Call, workplace: Path) -> None:
    chosen = open_dataset("squares", 64, cache=workplace, scored="val")
    chosen.prepare()
    fit, val = (chosen.labels(split).joints for split in ("regression", "test"))
    np.savez("val.npz", fit=fit, val=val)
    on_val = "score", "val.npz", "--dataset", "squares", "--size", "64", "--split", "val"
    made = call(*on_val)
    assert made.exit_code == 0, made.output
    (run,) = load_runs(workplace / "results" / "runs")
    assert run.record.identity.split == "val"
    assert call("score", folder_of(made)).stdout == made.stdout
    assert "no array 'test'; it has 'fit', 'val'\n" in call(*on_val[:-2]).stderr
    assert "no array 'val'; it has 'fit', 'test'\n" in call(*OURS, "--split", "val").stderr
    # Stored beside those of test, the labels of val stand in for no other images.
    shutil.copytree(workplace / "results" / "runs", workplace / "results" / "baselines")
    assert call(*OURS).exit_code == 0
    assert {run.record.identity.split for run in load_runs(workplace / "results" / "runs")} == {"val", "test"}


def test_stored_annotations_of_other_images_do_not(call: Call, workplace: Path) -> None:
    squares = annotations_of(open_dataset("squares", 64, cache=workplace))
    others = type(squares)(**vars(squares) | {"dataset_hash": "0" * 16})
    write_annotations(workplace / "results" / "baselines", others)
    call(*OURS)
    (run,) = load_runs(workplace / "results" / "runs")
    assert run.record.identity.dataset_hash == squares.dataset_hash


def test_a_run_without_annotations_is_scored_on_the_dataset(call: Call, workplace: Path) -> None:
    trained = call("train", "mean_pose", "squares")
    kept = workplace / "results" / "runs" / "annotations"
    shutil.rmtree(kept)
    assert call("score", folder_of(trained)).stdout == trained.stdout
    assert not kept.exists()
    assert call("score", folder_of(trained), "--update").stdout == trained.stdout
    assert len(list(kept.iterdir())) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda scores: scores[0].update(value=scores[0]["value"] * (1 + 1e-12)), "as recorded"),
        (lambda scores: scores[0].update(value=0.5), "no-swap+intercept mean_l2 is 0.5 in the record and "),
        (lambda scores: scores.pop(), "figure_area is not in the record"),
    ],
)
def test_scores_are_held_against_the_record_and_written_when_asked_for(
    call: Call, workplace: Path, change: Callable[[list[dict[str, float]]], object], says: str
) -> None:
    trained = call("train", "mean_pose", "squares")
    record = folder_of(trained) / "record.json"
    whole, content = record.read_bytes(), json.loads(record.read_bytes())
    change(content["scores"])
    write_json(record, content)
    changed = record.read_bytes()
    for command in (("score", record.parent), ("train", "mean_pose", "squares")):
        answer = call(*command)
        assert answer.exit_code == 0
        assert answer.stdout == trained.stdout, "it prints what the predictions give"
        assert record.read_bytes() == changed
        silent = says == "as recorded" and command[0] == "train" and "recorded" not in answer.stderr
        assert silent or says in answer.stderr
    assert call("score", record.parent, "--update").stdout == trained.stdout
    assert record.read_bytes() == (changed if says == "as recorded" else whole)


def test_predictions_that_cannot_be_printed_leave_nothing(
    call: Call, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise UnicodeEncodeError("latin-1", "−", 0, 1, "not there")

    with monkeypatch.context() as patch:
        patch.setattr("dkp_bench.cli.scores.score_lines", broken)
        with pytest.raises(UnicodeEncodeError):
            call(*OURS)
    assert not (workplace / "results").exists()
    assert call(*OURS).exit_code == 0


def test_any_protocol_can_be_asked_for_and_is_not_recorded(call: Call, workplace: Path) -> None:
    folder = folder_of(call(*OURS))
    before = (folder / "record.json").read_bytes()
    shutil.rmtree(workplace / "cache", ignore_errors=True)
    answer = call("score", folder, "--protocol", "autolink-taichi-float32", "--protocol", "autolink-fixed")
    assert answer.exit_code == 0, answer.output
    rows = [line.split()[:2] for line in answer.stdout.splitlines()[2:]]
    assert rows[:4] == [
        ["autolink-taichi-float32", "summed_mae"],
        *(["autolink-fixed", metric] for metric in ("mean_l2", "pck", "summed_mae")),
    ]
    assert "autolink-fixed: fit rounds 1, fit images unsettled 0, fit images swapped 0," in answer.stdout
    assert "|protocol:autolink-taichi-float32|" in answer.stdout
    assert (folder / "record.json").read_bytes() == before
    assert "autolink-taichi-float32" in call(*OURS, "--protocol", "autolink-taichi-float32").stdout
    assert (folder / "record.json").read_bytes() == before


@pytest.mark.parametrize(
    ("protocol", "problem"),
    [
        ("autolink-float23", "unknown scoring protocol 'autolink-float23'. Did you mean 'autolink-float32'?"),
        ("bkind", "protocol bkind does not apply: it names joints by number in a skeleton of 32"),
    ],
)
def test_a_protocol_that_is_none_or_does_not_apply(protocol: str, problem: str, call: Call, workplace: Path) -> None:
    answer = call("score", folder_of(call(*OURS)), "--protocol", protocol)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert problem in answer.stderr
