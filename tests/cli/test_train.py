"""``train`` and ``score``: what they print, a method of one's own, and what is refused."""

import re
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from dkp_bench import __version__
from dkp_bench.datasets import find_dataset
from dkp_bench.report import read_published
from dkp_bench.report.data import gather
from dkp_bench.runs import harness
from dkp_bench.runs.run import load_runs
from dkp_bench.runs.signature import signature

REPOSITORY = Path(__file__).parents[2]

Call = Callable[..., Result]
OWN = """
import numpy as np
from dkp_bench.methods import FitResult, Method, Settings

class MineSettings(Settings):
    shift: float = 0.0
    pull: float = 0.0

class Mine(Method):
    name = "mine"
    summary = "the brightest pixel, shifted"
    settings_type = MineSettings
    keypoints = 1

    def fit(self, images, context):
        assert not hasattr(images, "joints")
        return FitResult()

    def predict(self, images):
        light = images.rgb(np.arange(len(images))).sum(axis=3).reshape(len(images), -1).argmax(axis=1)
        y, x = np.divmod(light, self.image_size)
        return (np.stack([x, y], 1)[:, None] / (self.image_size - 1) * 2 - 1 + self.settings.shift).astype(np.float32)
"""


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(answer: Result) -> str:
    """What was printed, without what changes with every version."""
    assert answer.exit_code == 0, answer.output
    text = re.sub(r"#[0-9a-f]{10}\b", "#HASH", answer.stdout.replace(__version__, "VERSION"))
    return re.sub(r"(seed\d+)-[0-9a-f]{8}", r"\1-DIGEST", text)


def folder(answer: Result) -> Path:
    return Path(answer.stdout.rpartition("run: ")[2].strip())


def test_settings_are_chosen_on_val_and_test_is_never_read(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    squares = find_dataset("squares")
    images, labels = squares.images, squares.labels

    def guarded(read: Callable[[object, str], object]) -> Callable[[object, str], object]:
        def asked(self: object, split: str) -> object:
            assert split != "test", "test was read while choosing"
            return read(self, split)

        return asked

    monkeypatch.setattr(squares, "images", guarded(images))
    monkeypatch.setattr(squares, "labels", guarded(labels))
    answer = call("train", "mean_pose", "squares", "--split", "val")
    assert answer.exit_code == 0, answer.output
    (chosen,) = load_runs(Path("results/runs"))
    assert chosen.record.identity.split == "val"
    assert signature(chosen.record.identity, "no-swap+intercept").endswith("|split:val")
    monkeypatch.setattr(squares, "images", images)
    monkeypatch.setattr(squares, "labels", labels)
    call("train", "mean_pose", "squares")
    assert len({run.path for run in load_runs(Path("results/runs"))}) == 2, "val and test are two runs"
    reported = gather(load_runs(Path("results/runs")), read_published(REPOSITORY / "results" / "published.toml"))
    assert [run.record.identity.split for group in reported.groups for run in group.runs] == ["test"]
    assert "unknown split to score" in call("train", "mean_pose", "squares", "--split", "tset").output


def test_one_training_is_scored_on_val_and_on_test(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    small = [
        f"--set={name}" for name in ("steps=2", "batch_size=2", "keypoints=3", "detector_width=2", "decoder_width=2")
    ]
    fits: list[str] = []
    fit = harness.fit

    def counted(name: str, *rest: object) -> object:
        fits.append(name)
        return fit(name, *rest)

    monkeypatch.setattr(harness, "fit", counted)
    for split, trained in (("val", 1), ("test", 1), ("val", 1)):
        answer = call("train", "autolink", "squares", "--size", "32", "--split", split, *small)
        assert answer.exit_code == 0, answer.output
        assert len(fits) == trained, split
    val, test = sorted(load_runs(Path("results/runs")), key=lambda run: run.record.identity.split, reverse=True)
    assert val.record.files["weights.safetensors"] == test.record.files["weights.safetensors"]
    assert val.record.timings.fit_seconds == test.record.timings.fit_seconds > 0
    assert val.record.curves == test.record.curves
    assert val.record.scores != test.record.scores
    shutil.rmtree(test.path)
    (val.path / "weights.safetensors").write_bytes(b"damaged")
    assert call("train", "autolink", "squares", "--size", "32", *small).exit_code == 0
    assert len(fits) == 2, "what was learned is not all there, so it is trained"


def test_the_closing_lines(call: Call, golden: Callable[[str, str], None]) -> None:
    golden("train.txt", printed(call("train", "mean_pose", "squares")))


def test_scoring_again_prints_the_same(call: Call) -> None:
    trained = call("train", "mean_pose", "squares")
    scored = call("score", folder(trained))
    assert scored.exit_code == 0
    assert scored.stdout == trained.stdout


def test_protocols_that_do_not_apply_are_told_with_the_reason(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    protocols = ("no-swap+intercept", "stablekeypoints-deepfashion", "bkind", "keypointgan")
    monkeypatch.setattr("dkp_bench.datasets.squares.Squares.protocols", protocols)
    answer = call("train", "mean_pose", "squares")
    assert call("score", folder(answer)).stdout == answer.stdout
    scores, _, rest = answer.stdout.partition("\n\nprotocols that do not apply:\n")
    left_out, _, rest = rest.partition("\n\n")
    assert {line.split()[0] for line in scores.splitlines()[2:]} == {*protocols[:2], "on-figure"}
    assert left_out.startswith("  bkind        it names joints by number in a skeleton of 32, ")
    assert "\n  keypointgan  it reads keypoint k as joint k: K is 1, the joints are " in left_out
    assert max(map(len, f"{scores}\n{left_out}".splitlines())) <= 80
    assert rest.startswith("on the figure, ")


def test_training_again_trains_nothing(call: Call) -> None:
    first = call("train", "mean_pose", "squares")
    before = (folder(first) / "predictions.npz").stat().st_mtime_ns
    assert call("train", "mean_pose", "squares").stdout == first.stdout
    assert (folder(first) / "predictions.npz").stat().st_mtime_ns == before


def test_each_seed_is_a_run(call: Call, workplace: Path) -> None:
    answer = call("train", "mean_pose", "squares", "--seeds", "3,1", "--runs", "elsewhere")
    assert re.findall(r"\|seed:(\d+)\|", answer.stdout) == ["1", "3"]
    runs = load_runs(workplace / "elsewhere")
    assert [run.record.identity.seed for run in runs] == [1, 3]
    values = [run.headline.value for run in runs]
    mean, sd = statistics.fmean(values), statistics.stdev(values)
    closing = " ".join(answer.stdout.rpartition("\n\n")[2].split())
    assert closing.startswith("mean ± standard deviation over 2 seeds (1, 3): mean_l2 ")
    assert f" {mean:.2f} ± {sd:.2f} % of edge under " in closing
    again = call("train", "mean_pose", "squares", "--seeds", "3,4", "--runs", "elsewhere")
    assert again.stderr == "seed 3 was finished before: nothing is trained\n"


def test_a_method_of_ones_own(call: Call, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workplace / "mine.py").write_text(OWN, encoding="utf-8")
    (workplace / "mine.toml").write_text("[tiny]\nshift = 0.125\npull = 3.0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(workplace)
    answer = call("train", "mine:Mine", "squares", "--set", "pull=0.5", "--set", "mine.shift=0.25")
    assert answer.exit_code == 0, answer.output
    (run,) = load_runs(workplace / "results" / "runs")
    assert run.record.identity.method == "mine:Mine"
    assert run.record.settings == {"shift": 0.25, "pull": 0.5}
    with np.load(run.path / "predictions.npz") as arrays:
        assert arrays["test"].shape == (12, 1, 2)
        assert arrays["test"].min() >= -0.75
    assert call("score", folder(answer)).stdout == answer.stdout


def test_a_method_that_needs_depth_is_refused_without_it(call: Call, workplace: Path) -> None:
    answer = call("train", "distill_dkp", "flat-squares")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: flat-squares has no depth maps")
    assert list(workplace.iterdir()) == []


def test_what_is_no_method_is_refused(call: Call, own_methods: None) -> None:
    answer = call("train", "own_method:NoMethod", "squares")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: own_method:NoMethod is not a method\n")
    assert "Did you mean 'Corner'" in call("train", "own_method:Cornr", "squares").stderr


def test_tampered_predictions_are_not_scored(call: Call) -> None:
    run = folder(call("train", "mean_pose", "squares"))
    with (run / "predictions.npz").open("ab") as file:
        file.write(b"\0")
    answer = call("score", run)
    assert answer.exit_code == 2
    assert answer.stderr.startswith(f"error: {run / 'predictions.npz'} is not the file its record describes\n")


def test_other_data_is_not_scored(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    run = folder(call("train", "mean_pose", "squares"))
    shutil.rmtree("results/runs/annotations")
    monkeypatch.setattr("dkp_bench.datasets.squares.Squares.content_hash", lambda _: "0" * 16)
    answer = call("score", run)
    assert answer.exit_code == 2
    assert answer.stderr.startswith(f"error: {run} was made on squares with the content ")
    assert "0" * 16 in answer.stderr
