"""Mannequin's cache: the same bytes whoever renders them, whole or absent, and never believed when damaged."""

import threading
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from dkp_bench.datasets.mannequin import Mannequin, MannequinPlain, render_sample, store
from dkp_bench.datasets.mannequin.dataset import COUNTS
from dkp_bench.errors import DkpError
from dkp_bench.progress import heard_by

FEW = {"train": 5, "regression": 3, "test": 2}


def prepared(folder: Path, **counts: int) -> Mannequin:
    dataset = Mannequin(64, cache=folder, counts=FEW | counts)
    dataset.prepare()
    return dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Mannequin:
    return prepared(tmp_path_factory.mktemp("mannequin"))


def test_the_arrays_are_the_samples(dataset: Mannequin) -> None:
    for split, count in FEW.items():
        arrays = dataset.arrays(split)
        for index in range(count):
            sample = render_sample("mannequin", 64, split, index)
            for field in ("rgb", "mask", "joints", "joints3d", "occluded"):
                np.testing.assert_array_equal(arrays[field][index], getattr(sample, field))
            np.testing.assert_allclose(arrays["depth"][index], sample.depth, rtol=2**-11)


def test_images_and_labels_are_the_arrays(dataset: Mannequin) -> None:
    images, labels, arrays = dataset.images("regression"), dataset.labels("regression"), dataset.arrays("regression")
    np.testing.assert_array_equal(images.rgb(np.arange(3)), arrays["rgb"])
    np.testing.assert_array_equal(images.depth(np.arange(3)), arrays["depth"].astype(np.float32))
    np.testing.assert_array_equal(labels.joints, arrays["joints"])
    np.testing.assert_array_equal(labels.mask, arrays["mask"])
    assert labels.visible.all()


def test_several_processes_write_the_same_bytes(
    dataset: Mannequin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_FEW", 0)
    monkeypatch.setattr(store, "_CHUNK", 2)
    monkeypatch.setattr(store, "_processes", lambda: 2)
    assert prepared(tmp_path).content_hash() == dataset.content_hash()


def test_two_at_once_do_not_disturb_each_other(dataset: Mannequin, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def prepare() -> None:
        try:
            prepared(tmp_path)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=prepare) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert prepared(tmp_path).content_hash() == dataset.content_hash()


def test_an_interrupted_call_goes_on_where_it_stopped(
    dataset: Mannequin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_CHUNK", 2)
    seen: list[tuple[str, int, int]] = []

    def interrupt(what: str, done: int, total: int, note: str = "") -> None:
        seen.append((what, done, total))
        if len(seen) == 3:
            raise KeyboardInterrupt

    again = Mannequin(64, cache=tmp_path, counts=FEW)
    with pytest.raises(KeyboardInterrupt):
        again.prepare(interrupt)
    assert not (again.folder / "train").exists()
    again.prepare(interrupt)
    assert seen[:5] == [("rendering mannequin 64 px, train", done, 5) for done in (0, 2, 4, 0, 5)]
    assert again.content_hash() == dataset.content_hash()
    assert sorted(path.name for path in again.folder.iterdir()) == ["fit", "test", "train"]
    assert sorted(path.suffix for path in (again.folder / "train").iterdir()) == [".json"] + [".npy"] * 6


def test_what_is_there_is_not_rendered_again(dataset: Mannequin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "render_sample", None)
    again = Mannequin(64, cache=dataset.cache, counts=FEW)
    again.prepare()
    assert again.content_hash() == dataset.content_hash()


def test_the_hash_changes_with_counts_size_and_setting(dataset: Mannequin, tmp_path: Path) -> None:
    others = [prepared(tmp_path, test=1), Mannequin(128, cache=tmp_path, counts=FEW)]
    others.append(MannequinPlain(64, cache=tmp_path, counts=FEW))
    for other in others:
        other.prepare()
    assert len({dataset.content_hash(), *(other.content_hash() for other in others)}) == 4
    np.testing.assert_array_equal(others[0].arrays("test")["rgb"], dataset.arrays("test")["rgb"][:1])


def test_the_folder_is_named_after_counts_and_source(tmp_path: Path) -> None:
    folder = Mannequin(64, cache=tmp_path).folder
    assert folder.name == f"64px-{'-'.join(map(str, COUNTS.values()))}-{store.source_hash()}"


@pytest.mark.parametrize("harm", ["shape", "truncated", "missing", "pickle", "noise", "value", "digest", "no digest"])
def test_a_damaged_file_is_rendered_again_and_that_is_said(harm: str, dataset: Mannequin, tmp_path: Path) -> None:
    counts = {"train": 1, "regression": 3, "test": 1}
    damaged = prepared(tmp_path, **counts)
    path = damaged.folder / "fit" / ("digest.json" if "digest" in harm else "joints.npy")
    whole = path.read_bytes()
    if harm == "shape":
        np.save(path, np.zeros((3, 17, 3), np.float32))
    elif harm == "pickle":
        np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    elif harm in ("missing", "no digest"):
        path.unlink()
    else:
        path.write_bytes({"truncated": whole[:200], "noise": b"noise", "digest": b"\xff"}.get(harm, whole[:-1] + b"?"))
    with (
        pytest.raises(DkpError, match="damaged cache file")
        if harm not in ("value", "digest", "no digest")
        else nullcontext()
    ):
        Mannequin(64, cache=tmp_path, counts=counts).arrays("regression")
    said: list[str] = []
    with heard_by(said.append):
        again = Mannequin(64, cache=tmp_path, counts=counts)
        again.prepare()
        again.prepare()
    np.testing.assert_array_equal(again.arrays("regression")["joints"], dataset.arrays("regression")["joints"])
    assert len(said) == 1
    assert said[0].startswith("damaged cache file ")
    assert str(damaged.folder / "fit") in said[0]
    assert said[0].endswith("; its images are rendered again")


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"sha256": "ab"}', "[" * 5000])
def test_a_damaged_digest_is_named(content: str, tmp_path: Path) -> None:
    dataset = prepared(tmp_path, train=1, regression=1, test=1)
    path = dataset.folder / "test" / "digest.json"
    path.write_text(content)
    with pytest.raises(DkpError, match=r"digest\.json"):
        dataset.content_hash()


def test_asked_before_it_is_prepared_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=r"mannequin at 64 px is not prepared\ncall prepare\(\) first"):
        Mannequin(64, cache=tmp_path).images("train")
