"""The export: a results root in one file, the same whenever it is made, safe to unpack."""

import shutil
import tarfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from dkp_bench.datasets import open_dataset
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256, write_json
from dkp_bench.plans.event_log import EventLog
from dkp_bench.plans.outputs import export_runs, weights_choice
from dkp_bench.runs.execute import complete
from dkp_bench.runs.load import load_method
from dkp_bench.runs.predictions import run_predictions
from dkp_bench.runs.rescore import wrong_scores
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.runs.spec import RunSpec
from dkp_bench.runs.store import annotations_of_run, store_run

SMALL = (("keypoints", 3), ("detector_width", 8), ("decoder_width", 8))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs that say their code is committed: one with weights, two with the same predictions."""
    import dkp_bench.datasets

    folder = tmp_path_factory.mktemp("made")
    fixtures = str(Path(__file__).parents[1] / "fixtures" / "small_datasets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dkp_bench.datasets, "__path__", [*dkp_bench.datasets.__path__, fixtures])
        dataset = open_dataset("squares", 64, cache=folder)
        specs = [RunSpec("squares", "untrained", "tiny", 0, SMALL)]
        specs += [RunSpec("squares", "own_method:Corner", "tiny", seed) for seed in (0, 1)]
        for spec in specs:
            run = complete(spec.bind(dataset, folder / "runs"))
            changed(run, provenance=run.record.provenance.model_copy(update={"git_clean": True}))
    return folder / "runs"


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Path:
    """A folder of runs of one's own."""
    return Path(shutil.copytree(made, tmp_path / "runs"))


@pytest.fixture
def trained(runs: Path) -> Run:
    """The run with weights."""
    (run,) = (run for run in load_runs(runs) if run.record.identity.method == "untrained")
    return run


def changed(run: Run, **parts: object) -> Run:
    record = run.record.model_copy(update=parts)
    write_json(run.path / "record.json", record.model_dump(mode="json"))
    return Run(run.path, record)


def unpack(file: Path, folder: Path) -> Path:
    with tarfile.open(file) as tar:
        tar.extractall(folder, filter="data")
    return folder


def names(file: Path) -> list[str]:
    with tarfile.open(file) as tar:
        return tar.getnames()


def test_unpacked_it_is_a_results_root(runs: Path, tmp_path: Path) -> None:
    made = load_runs(runs)
    EventLog(runs).write("began", cell="a")
    (runs / "summary.md").write_text("# plan\n", encoding="utf-8")
    root = unpack(export_runs(runs, "summary.md"), tmp_path / "there")
    exported = load_runs(root)
    assert [run.record for run in exported] == [run.record for run in made]
    assert [run.path.relative_to(root) for run in exported] == [run.path.relative_to(runs) for run in made]
    assert (root / "summary.md").read_text(encoding="utf-8") == "# plan\n"
    assert (root / "journal.jsonl").is_file()
    for run, before in zip(exported, made, strict=True):
        assert wrong_scores(run, annotations_of_run(run)) == []
        np.testing.assert_array_equal(run_predictions(run).test, run_predictions(before).test)
        assert run.samples is not None
        assert store_run(run, tmp_path / "kept").record == before.record
    assert load_runs(tmp_path / "kept") == [store_run(run, tmp_path / "kept") for run in exported]


def test_what_does_not_belong_to_a_result_stays(runs: Path, trained: Run) -> None:
    (trained.path / "checkpoint.pt").write_bytes(b"half way")
    (trained.path.with_name("seed1-12345678")).mkdir()
    (trained.path.with_name("seed1-12345678") / "metrics.jsonl").write_text('{"step": 1}\n', encoding="utf-8")
    (runs / "objects" / ".half-written.npz").write_bytes(b"half")
    found = [PurePosixPath(name) for name in names(export_runs(runs, "summary.md"))]
    assert [path.name for path in found if path.parts[0] == "squares"] == ["record.json"] * 3
    assert {path.parts[0] for path in found} == {"annotations", "objects", "squares"}
    assert {path.name for path in found if path.parts[0] == "objects"} >= {
        f"{trained.record.files[name]}.npz" for name in ("predictions.npz", "samples.npz")
    }
    assert not any(path.name.startswith(".") for path in found)


def test_equal_predictions_are_carried_once(runs: Path) -> None:
    one, other = (run for run in load_runs(runs) if run.record.identity.method == "own_method:Corner")
    assert one.record.files["predictions.npz"] == other.record.files["predictions.npz"]
    found = names(export_runs(runs, "summary.md"))
    assert len(found) == len(set(found))
    assert sum(one.record.files["predictions.npz"] in name for name in found) == 1


def test_it_is_the_same_whenever_it_is_made(runs: Path) -> None:
    for choice in ("none", "half", "full"):
        first = export_runs(runs, "summary.md", weights_choice(choice)).read_bytes()
        (runs / "carry.tar").unlink()
        assert export_runs(runs, "summary.md", weights_choice(choice)).read_bytes() == first


@pytest.mark.parametrize("root", [".", "runs", "there/../runs", "absolute"])
def test_unpacking_it_writes_nowhere_else(
    root: str, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(runs if root == "." else tmp_path)
    with tarfile.open(export_runs(runs if root == "absolute" else Path(root), "summary.md", "half")) as tar:
        for member in tar.getmembers():
            assert member.isreg()
            assert not PurePosixPath(member.name).is_absolute()
            assert ".." not in PurePosixPath(member.name).parts
            assert (member.mtime, member.uname, member.gname, member.uid) == (0, "", "", 0)


def test_weights_go_along_where_they_are_asked_for(runs: Path, trained: Run, tmp_path: Path) -> None:
    name = (trained.path / "weights.safetensors").relative_to(runs)
    assert name.as_posix() not in names(export_runs(runs, "summary.md"))
    full = unpack(export_runs(runs, "summary.md", "full"), tmp_path / "full")
    assert sha256(full / name) == trained.record.files["weights.safetensors"]
    half = unpack(export_runs(runs, "summary.md", "half"), tmp_path / "half")
    assert (half / name).stat().st_size < 0.55 * (full / name).stat().st_size
    with safe_open(half / name, "pt") as weights:
        assert weights.metadata() == {"float16 of": trained.record.files["weights.safetensors"]}


def test_half_weights_predict_nearly_the_same(small_datasets: None, runs: Path, trained: Run, tmp_path: Path) -> None:
    root = unpack(export_runs(runs, "summary.md", "half"), tmp_path / "there")
    exported = Run(root / trained.path.relative_to(runs), trained.record)
    again = load_method(exported).predict(open_dataset("squares", 64, cache=tmp_path).images("test"))
    expected = run_predictions(trained).test
    assert not np.array_equal(again, expected)
    np.testing.assert_allclose(again, expected, atol=2e-3)


def test_what_float16_cannot_hold_stays_as_it_is(runs: Path, trained: Run, tmp_path: Path) -> None:
    tensors = {
        "large": torch.tensor([1.0, 1e6]),
        "endless": torch.tensor([float("inf")]),
        "count": torch.tensor(7),
        "small": torch.tensor([0.1, -65504.0]),
    }
    path = trained.path / "weights.safetensors"
    save_file(tensors, path)
    changed(trained, files={**trained.record.files, path.name: sha256(path)})
    root = unpack(export_runs(runs, "summary.md", "half"), tmp_path / "there")
    found = load_file(root / path.relative_to(runs))
    assert found["small"].dtype == torch.float16
    np.testing.assert_allclose(found["small"].numpy(), tensors["small"].numpy(), rtol=1e-3)
    for name in ("large", "endless", "count"):
        assert found[name].dtype == tensors[name].dtype
        assert torch.equal(found[name], tensors[name])


@pytest.mark.parametrize("name", ["predictions.npz", "samples.npz", "weights.safetensors"])
def test_damaged_files_are_refused_and_leave_what_was_there(name: str, runs: Path, trained: Run) -> None:
    before = export_runs(runs, "summary.md", "full").read_bytes()
    with (trained.path / name).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(DkpError, match=f"{name} is not the file its record describes"):
        export_runs(runs, "summary.md", "full")
    assert (runs / "carry.tar").read_bytes() == before
    assert [path.name for path in (runs).iterdir() if path.name.startswith(".")] == []


def test_an_unknown_choice_of_weights_is_refused() -> None:
    with pytest.raises(DkpError, match=r"unknown choice of weights 'hal'\. Did you mean 'half'"):
        weights_choice("hal")
