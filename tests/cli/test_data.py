import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat
from typer.testing import CliRunner

from dkp_bench.cli.data import app
from dkp_bench.errors import DkpError


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "lspet"
    (folder / "images").mkdir(parents=True)
    table = np.ones((14, 3, 10))
    table[:, :2] = np.random.default_rng(0).uniform(20, 120, (14, 2, 10))
    savemat(folder / "joints.mat", {"joints": table})
    for number in range(1, 11):
        cv2.imwrite(str(folder / "images" / f"im{number:05}.jpg"), np.full((150, 140, 3), 90, dtype=np.uint8))
    return folder


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_show_writes_a_contact_sheet_and_prints_its_path(published: Path, tmp_path: Path) -> None:
    out = tmp_path / "pictures" / "sheet.png"
    printed = run("show", "lsp", "--data", published, "--cache", tmp_path / "cache", "--count", "2", "--out", out)
    assert printed.strip() == str(out)
    assert cv2.imread(str(out)).shape[1] > 2 * 2 * 192


def test_show_names_the_picture_after_what_it_shows(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("show", "lsp", "--data", published, "--cache", tmp_path / "cache", "--size", "128", "--split", "train")
    assert (tmp_path / "lsp-128px-train.png").is_file()


@pytest.mark.parametrize("split", ["regression", "fit"])
def test_show_takes_the_name_of_a_split_in_files_as_well(
    split: str, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("show", "lsp", "--data", published, "--cache", tmp_path / "c", "--split", split) == "lsp-64px-fit.png\n"


def test_an_unknown_split_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=r"unknown split 'regresion'\. Did you mean 'regression'"):
        run("show", "mannequin", "--cache", tmp_path, "--split", "regresion")


def test_show_says_how_many_samples_it_does_not_show(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("show", "lsp", "--data", published, "--cache", tmp_path, "--out", tmp_path / "sheet.png", "--count")
    answer = CliRunner().invoke(app, [str(argument) for argument in (*arguments, 100_000)], catch_exceptions=False)
    assert answer.stderr.endswith(" samples of 2, not 100,000: there are no more\n")
    monkeypatch.setattr("dkp_bench.datasets.contact_sheet.MOST", 1)
    answer = CliRunner().invoke(app, [str(argument) for argument in (*arguments, 100_000)], catch_exceptions=False)
    assert answer.stderr.endswith("1 samples of 2, not 100,000: 1 fit on a sheet, spread evenly\n")


def test_prepare_says_what_was_counted(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "own"))
    printed = run("prepare", "lsp", "--data", published)
    assert "10 images" in printed
    assert "0 images have fewer than 8 visible joints" in printed
    assert "lsp is ready at 64 px" in printed
    assert list((tmp_path / "own" / "lsp").glob("64px-*/crops.npy"))


def test_show_draws_val_as_well(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("show", "lsp", "--data", published, "--cache", tmp_path / "cache", "--split", "val")
    run("show", "lsp", "--data", published, "--cache", tmp_path / "cache", "--split", "regression")
    val, fitted = (tmp_path / f"lsp-64px-{name}.png" for name in ("val", "fit"))
    assert 0 < val.stat().st_size < fitted.stat().st_size, "part of the regression split"


def test_prepare_reports_progress_on_standard_error(published: Path, tmp_path: Path) -> None:
    arguments = ["prepare", "lsp", "--data", str(published), "--cache", str(tmp_path)]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert "crops of 64 px: 10 of 10" in result.stderr
    assert "crops of" not in result.stdout


def test_an_unknown_dataset_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match="Did you mean 'taichi'"):
        run("show", "taiji", "--cache", tmp_path)


def test_a_licensed_dataset_is_refused_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DKP_BENCH_H36M", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DkpError, match="Human3"):
        run("show", "h36m")
    assert not list(tmp_path.iterdir())


def test_the_command_line_loads_without_what_only_its_commands_need() -> None:
    heavy = "{'numpy', 'cv2', 'scipy', 'torch', 'rich.progress'}"
    code = f"import sys, dkp_bench.cli.data; print(sorted({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert loaded == "[]"
