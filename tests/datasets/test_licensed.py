from pathlib import Path

import pytest

from dkp_bench.datasets import find_dataset
from dkp_bench.datasets.h36m import ACTIONS, SUBJECTS
from dkp_bench.datasets.licensed import LicensedDataset
from dkp_bench.errors import DkpError

NAMES = ("h36m", "h36m-nobg", "taichi", "deepfashion")
TOLD = {
    "h36m": ("vision.imar.ro/human3.6m", "human_images.tar.gz", "BackgroudMask", "DKP_BENCH_H36M="),
    "h36m-nobg": ("vision.imar.ro/human3.6m", "human_images.tar.gz", "BackgroudMask", "DKP_BENCH_H36M="),
    "taichi": ("CC BY-NC", "motion-cosegmentation", "taichi_{train,test}_gt.pkl", "DKP_BENCH_TAICHI="),
    "deepfashion": ("agreement", "mmlab.ie.cuhk.edu.hk", "unsupervised-disentangling", "DKP_BENCH_DEEPFASHION="),
}


@pytest.fixture(autouse=True)
def _no_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("H36M", "TAICHI", "DEEPFASHION"):
        monkeypatch.delenv(f"DKP_BENCH_{name}", raising=False)


def refusal(name: str, tmp_path: Path, data: Path | None = None) -> DkpError:
    dataset = find_dataset(name)(128, cache=tmp_path / "cache", data=data)
    with pytest.raises(DkpError) as error:
        dataset.prepare()
    return error.value


def lay_out(name: str, folder: Path) -> Path:
    """Every name of the expected layout, with nothing in the files."""
    if name.startswith("h36m"):
        for subject in SUBJECTS:
            for part in ("WithBackground", "BackgroudMask", "Landmarks"):
                for action in ACTIONS:
                    (folder / f"S{subject}" / part / f"{action} 1.54138969").mkdir(parents=True)
    elif name == "taichi":
        for part in ("train", "eval_images/taichi-256/train", "eval_images/taichi-256/test", "taichi-test-masks"):
            (folder / part).mkdir(parents=True)
        (folder / "landmark").mkdir()
        for split in ("train", "test"):
            (folder / "landmark" / f"taichi_{split}_gt.pkl").touch()
    else:
        (folder / "img").mkdir(parents=True)
        for split in ("train", "test"):
            (folder / f"data_{split}.csv").touch()
            (folder / f"data_{split}.json").touch()
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_to_get_from_whom_and_where_to_put_it(name: str, tmp_path: Path) -> None:
    error = refusal(name, tmp_path)
    assert error.problem.startswith(f"{name}: ")
    assert "cannot read" in error.problem
    assert "no folder" in error.problem
    for told in (*TOLD[name], "--data PATH", f"dkp-bench data prepare {name} --data PATH"):
        assert told in error.hint
    assert not (tmp_path / "cache").exists(), "nothing is done before the refusal"


@pytest.mark.parametrize("name", NAMES)
def test_images_labels_and_hash_say_the_same(name: str, tmp_path: Path) -> None:
    dataset = find_dataset(name)(64, cache=tmp_path)
    expected = str(refusal(name, tmp_path))
    for use in (lambda: dataset.images("train"), lambda: dataset.labels("test"), dataset.content_hash):
        with pytest.raises(DkpError) as error:
            use()
        assert str(error.value) == expected


@pytest.mark.parametrize("name", NAMES)
def test_complete_files_are_recognised(name: str, tmp_path: Path) -> None:
    folder = lay_out(name, tmp_path / "data")
    problem = refusal(name, tmp_path, folder).problem
    assert f"the files in {folder} look complete" in problem
    assert "cannot read" in problem


def test_a_long_list_of_missing_parts_is_cut_short(tmp_path: Path) -> None:
    problem = refusal("h36m", tmp_path, tmp_path).problem
    assert "lacks S1/WithBackground, S1/BackgroudMask, S1/Landmarks, " in problem
    assert problem.endswith(" and 15 more.")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("h36m", "S9/BackgroudMask"),
        ("h36m-nobg", "S11/Landmarks/Greeting 1.54138969"),
        ("taichi", "landmark/taichi_test_gt.pkl"),
        ("deepfashion", "data_train.json"),
    ],
)
def test_what_is_missing_is_named(name: str, part: str, tmp_path: Path) -> None:
    folder = lay_out(name, tmp_path / "data")
    (folder / part).rename(tmp_path / "elsewhere")
    assert f"{folder} lacks {part.removesuffix(' 1.54138969')}" in refusal(name, tmp_path, folder).problem


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DKP_BENCH_TAICHI", str(tmp_path / "nowhere"))
    assert f"there is no folder {tmp_path / 'nowhere'}" in refusal("taichi", tmp_path).problem


def test_pairs_of_human36m_are_the_true_ones() -> None:
    expected = {(1, 6), (2, 7), (3, 8), (4, 9), (5, 10), *((left, left + 8) for left in range(16, 24))}
    assert set(find_dataset("h36m").skeleton.pairs) == expected


@pytest.mark.parametrize(("name", "joints"), [("h36m", 32), ("h36m-nobg", 32), ("taichi", 18), ("deepfashion", 17)])
def test_number_of_joints(name: str, joints: int) -> None:
    assert issubclass(find_dataset(name), LicensedDataset)
    assert len(find_dataset(name).skeleton.names) == joints
