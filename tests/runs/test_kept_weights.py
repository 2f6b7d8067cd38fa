"""The weights that a stored run keeps: only what predictions need, in half precision, and no others unsaid."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from typer.testing import Result

from dkp_bench.bundle.verify import verify
from dkp_bench.datasets import open_dataset
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256, write_json
from dkp_bench.methods import Method
from dkp_bench.runs.execute import complete, fitted
from dkp_bench.runs.kept_weights import halved_weights, read_kept_weights
from dkp_bench.runs.layout import KEPT_WEIGHTS, RECORD
from dkp_bench.runs.load import load_method
from dkp_bench.runs.predictions import run_predictions
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.runs.samples import read_samples
from dkp_bench.runs.spec import RunSpec
from dkp_bench.runs.store import store_run
from dkp_bench.training.inference import WEIGHTS_FILE

SETTINGS = (("steps", 4), ("keypoints", 4), ("detector_width", 4), ("decoder_width", 4), ("learning_rate", 0.01))
SPEC = RunSpec("squares", "autolink", overrides=SETTINGS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Run]]:
    """A run of a few steps that says its code is committed, and what is stored of it."""
    import dkp_bench.datasets

    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        small = str(Path(__file__).parents[1] / "fixtures" / "small_datasets")
        patch.setattr(dkp_bench.datasets, "__path__", [*dkp_bench.datasets.__path__, small])
        run = complete(SPEC.bind(SPEC.open_dataset(folder / "cache"), folder / "runs", "cpu"))
        provenance = run.record.provenance.model_copy(update={"git_clean": True})
        run = Run(run.path, run.record.model_copy(update={"provenance": provenance}))
        write_json(run.path / RECORD, run.record.model_dump(mode="json"))
        yield run, store_run(run, folder / "kept")


def content_of(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def predictions(method: Method, cache: Path) -> NDArray[np.float32]:
    return method.predict(open_dataset("squares", 64, cache=cache).images("test"))


def test_only_what_predictions_need_is_kept(made: tuple[Run, Run]) -> None:
    run, kept = made
    whole = load_file(run.path / WEIGHTS_FILE)
    stored = load_file(kept.checked_file(KEPT_WEIGHTS))
    assert {name.partition(".")[0] for name in whole} == {"detector", "decoder", "alpha", "raw_edge_weights"}
    assert stored.keys() == {name for name in whole if name.startswith("detector.")} | {"raw_edge_weights"}
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16, torch.int64}
    read = read_kept_weights(kept.checked_file(KEPT_WEIGHTS))
    assert {name: tensor.shape for name, tensor in read.items()} == {name: t.shape for name, t in whole.items()}
    assert all(read[name].isnan().all() for name in whole.keys() - stored.keys())
    assert not any(read[name].isnan().any() for name in stored)


def test_the_record_names_the_whole_weights_and_the_kept_ones(made: tuple[Run, Run]) -> None:
    run, kept = made
    files = {**run.record.files, KEPT_WEIGHTS: sha256(kept.file(KEPT_WEIGHTS))}
    assert kept.record == run.record.model_copy(update={"files": files})
    assert load_runs(kept.root) == [kept]
    assert verify(kept.root, lambda *_: None).problems == ()


def test_rounding_moves_keypoints_less_than_chance_of_its_size_does(
    made: tuple[Run, Run], small_datasets: None, tmp_path: Path
) -> None:
    """A weight is rounded by a share of itself of at most 2⁻¹¹, on average by less: ±2⁻¹¹ at random moves more."""
    run, kept = made
    stored = run_predictions(run).test

    def moved(method: Method) -> float:
        return float(np.sqrt(np.square(predictions(method, tmp_path) - stored).mean()))

    def shaken(seed: int) -> float:
        method, generator = load_method(run), torch.Generator().manual_seed(seed)
        for tensor in vars(method)["model"].state_dict().values():
            if tensor.is_floating_point():
                tensor *= 1 + 2**-11 * (2 * torch.randint(2, tensor.shape, generator=generator) - 1)
        return moved(method)

    assert moved(load_method(run)) == 0
    assert 0 < moved(load_method(kept)) < np.sqrt(np.mean([shaken(seed) ** 2 for seed in range(6)]))


def test_edge_maps_are_drawn_and_nothing_is_trained_from_there(
    made: tuple[Run, Run], small_datasets: None, tmp_path: Path
) -> None:
    run, kept = made
    dataset = SPEC.open_dataset(tmp_path)
    maps, whole = (load_method(each).edge_maps(dataset.images("test")) for each in (kept, run))
    assert maps is not None
    np.testing.assert_allclose(maps, whole, atol=0.02)
    bound = SPEC.bind(dataset, kept.root, "cpu")
    with pytest.raises(DkpError, match=r"weights\.safetensors: the file is not there") as caught:
        fitted(bound)
    assert caught.value.hint.startswith("stored runs and bundles keep no whole weights; train one like it: ")


def test_commands_find_them_by_name(
    made: tuple[Run, Run],
    small_datasets: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: Callable[..., Result],
) -> None:
    run, kept = made
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.zeros((80, 64, 3), np.uint8)).save("photo.png")
    stored = "autolink@squares", "--baselines", kept.root
    answer = call("predict", *stored, "photo.png", "--device", "cpu")
    assert answer.exit_code == 0, answer.output
    assert len(json.loads(Path(answer.stdout.strip()).read_text())["keypoints"]["photo.png"]) == 4
    refused = call("redraw", *stored)
    assert refused.exit_code == 2
    assert "  draw them elsewhere: --out FOLDER\n  make a run like it: dkp-bench train " in refused.stderr
    before = content_of(kept.root)
    answer = call("redraw", *stored, "--out", "drawn", "--cache", tmp_path / "cache")
    assert answer.stdout == f"{Path('drawn', 'samples.npz')}\n"
    drawn, sampled = read_samples(Path("drawn", "samples.npz")), read_samples(run.file("samples.npz"))
    np.testing.assert_array_equal(drawn.keypoints, sampled.keypoints)
    np.testing.assert_allclose(drawn.edges, sampled.edges, atol=0.02)
    assert Path("drawn", "samples.png").is_file()
    assert content_of(kept.root) == before


def test_stored_again_nothing_changes(
    made: tuple[Run, Run], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run, kept = made
    before = content_of(kept.root)
    assert store_run(run, kept.root) == store_run(run, kept.root, weights=False) == kept
    assert content_of(kept.root) == before
    bare = store_run(run, tmp_path / "bare", weights=False)
    assert capsys.readouterr().err == ""
    assert bare.record == store_run(run, tmp_path / "bare").record == run.record
    assert capsys.readouterr().err.startswith(f"{bare.path} is stored without weights and stays so; ")
    assert store_run(kept, tmp_path / "copy").record == kept.record
    assert content_of(tmp_path / "copy").keys() == {tmp_path / "copy" / path.relative_to(kept.root) for path in before}
    assert capsys.readouterr().err == ""


def test_weights_of_another_run_are_refused(made: tuple[Run, Run], tmp_path: Path) -> None:
    run, kept = made
    elsewhere = store_run(run, tmp_path / "kept")
    other = halved_weights(load_file(run.path / WEIGHTS_FILE), "ab" * 32)
    (tmp_path / "other.safetensors").write_bytes(other)
    digest = sha256(tmp_path / "other.safetensors")
    (tmp_path / "other.safetensors").rename(tmp_path / "kept" / "objects" / f"{digest}.safetensors")
    record = kept.record.model_copy(update={"files": {**kept.record.files, KEPT_WEIGHTS: digest}})
    with pytest.raises(DkpError, match="was not made from the weights that"):
        load_method(Run(elsewhere.path, record))
    elsewhere.file(KEPT_WEIGHTS).write_bytes(other)
    with pytest.raises(DkpError, match="is not the file its record describes"):
        load_method(elsewhere)
    elsewhere.file(KEPT_WEIGHTS).unlink()
    assert [problem.what for problem in verify(elsewhere.root, lambda *_: None).problems] == [
        f"is missing; it is the {KEPT_WEIGHTS} of {(elsewhere.path / RECORD).relative_to(elsewhere.root)}",
        "was added; no record and no annotations that can be read name it",
    ]


def test_what_half_precision_spoils_is_not_stored(
    made: tuple[Run, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dkp_bench.runs.needed_weights.MOST_MOVED", 1e-9)
    with pytest.raises(DkpError, match=r"in half precision the weights of .* move its keypoints by") as caught:
        store_run(made[0], tmp_path / "kept")
    assert caught.value.hint == "--no-weights stores it without"
    assert load_runs(tmp_path / "kept") == []
