import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from dkp_bench.depth import estimate
from dkp_bench.depth.estimate import BATCHES_WAITING, estimate_store, fill_store
from dkp_bench.depth.store import DepthStore, Photographs, open_for_writing
from dkp_bench.errors import DkpError
from dkp_bench.imaging import read_rgb


class Brightness:
    """The mean of the colours as depth; photographs of one size share a batch."""

    store_name = "brightness"
    identity: Mapping[str, Any] = {"model": "brightness"}
    circumstances: Mapping[str, Any] = {"device": "test"}

    def __init__(self) -> None:
        self.batches: list[list[NDArray[np.uint8]]] = []

    @property
    def estimated(self) -> int:
        return sum(map(len, self.batches))

    def joins(self, height: int, width: int) -> Hashable:
        return height, width

    def __call__(self, photographs: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        self.batches.append(list(photographs))
        return [photograph.mean(axis=2, dtype=np.float32) for photograph in photographs]


def shoot(folder: Path, sizes: Sequence[tuple[int, int]], seed: int = 0) -> dict[str, Path]:
    """Noisy photographs of these heights and widths."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    photographs = {f"images/{index:03}.png": folder / f"{index:03}.png" for index in range(len(sizes))}
    for path, size in zip(photographs.values(), sizes, strict=True):
        cv2.imwrite(str(path), rng.integers(0, 256, (*size, 3), dtype=np.uint8))
    return photographs


@pytest.fixture
def photographs(tmp_path: Path) -> dict[str, Path]:
    return shoot(tmp_path / "photographs", [(6, 4)] * 11)


@pytest.fixture
def store(tmp_path: Path) -> DepthStore:
    return opened(tmp_path)


def opened(folder: Path) -> DepthStore:
    return open_for_writing(folder / "depth", "brightness", Brightness.identity)


def test_a_store_is_made_and_then_completed(tmp_path: Path, photographs: dict[str, Path]) -> None:
    wanted = Photographs(photographs, tmp_path / "stores")
    assert estimate_store(wanted, Brightness(), limit=4).made == 4
    done = estimate_store(wanted, Brightness())
    assert (done.made, done.kept) == (7, 4)
    store = DepthStore(tmp_path / "stores" / "brightness")
    assert store.missing(photographs) == []
    assert store.about["pixels"] == "as stored"
    with pytest.raises(DkpError, match="was made with pixels 'as stored'"):
        estimate_store(wanted._replace(upright=True), Brightness())


def test_every_photograph_gets_its_own_map(store: DepthStore, photographs: dict[str, Path]) -> None:
    done = fill_store(store, photographs, Brightness(), batch_size=4)
    assert (done.made, done.kept, done.replaced) == (11, 0, 0)
    assert done.seconds > 0
    for name, path in photographs.items():
        expected = read_rgb(path).mean(axis=2)
        np.testing.assert_allclose(store.read(name), expected, atol=255 / 65535)
    assert store.about["fills"] == [{"device": "test"}]


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_batches_are_of_what_can_be_joined_and_none_is_left(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    batch_size, kinds = int(rng.integers(1, 4)), int(rng.integers(1, 40))
    sizes = [(int(kind) + 1, 3) for kind in rng.integers(0, kinds, rng.integers(0, 60))]
    folder, estimator = tmp_path_factory.mktemp("folder"), Brightness()
    photographs = shoot(folder / "photographs", sizes, seed)
    fill_store(opened(folder), photographs, estimator, batch_size=batch_size)
    assert opened(folder).missing(photographs) == []
    assert estimator.estimated == len(sizes)
    for batch in estimator.batches:
        assert len(batch) <= batch_size
        assert len({photograph.shape for photograph in batch}) == 1
    if kinds == 1:
        assert len(estimator.batches) == -(-len(sizes) // batch_size), "all but the last one are full"


def test_few_photographs_wait_in_memory(tmp_path: Path, store: DepthStore, monkeypatch: pytest.MonkeyPatch) -> None:
    photographs = shoot(tmp_path / "photographs", [(index + 1, 3) for index in range(90)])
    read: list[Path] = []
    estimator, most = Brightness(), 0

    def counted(path: Path, *, upright: bool) -> NDArray[np.uint8]:
        nonlocal most
        read.append(path)
        most = max(most, len(read) - estimator.estimated)
        return read_rgb(path, upright=upright)

    monkeypatch.setattr(estimate, "read_rgb", counted)
    fill_store(store, photographs, estimator, batch_size=2)
    assert len(read) == 90
    assert most <= 2 * (BATCHES_WAITING + 2) + 2


def test_what_is_there_is_kept(tmp_path: Path, store: DepthStore, photographs: dict[str, Path]) -> None:
    fill_store(store, dict(list(photographs.items())[3:8]), Brightness())
    estimator = Brightness()
    done = fill_store(opened(tmp_path), photographs, estimator, batch_size=4)
    assert (done.made, done.kept, estimator.estimated) == (6, 5, 6)
    nothing = fill_store(opened(tmp_path), photographs, estimator)
    assert (nothing.made, nothing.kept, estimator.estimated) == (0, 11, 6)
    assert len(opened(tmp_path).about["fills"]) == 2, "a call that made nothing is not written down"


def test_damaged_maps_are_made_again(tmp_path: Path, store: DepthStore, photographs: dict[str, Path]) -> None:
    fill_store(store, photographs, Brightness())
    store.file("images/004.png").write_bytes(b"half")
    store.file("images/006.png").unlink()
    done = fill_store(opened(tmp_path), photographs, Brightness())
    assert (done.made, done.kept, done.replaced) == (2, 9, 2)
    assert opened(tmp_path).verify(photographs) == {}


def test_damaged_photographs_are_named_once_the_others_are_done(
    tmp_path: Path, store: DepthStore, photographs: dict[str, Path]
) -> None:
    first, second, third, *_ = photographs.values()
    whole = first.read_bytes()
    first.write_bytes(whole[:-20])
    second.write_bytes(b"")
    third.unlink()
    with pytest.raises(DkpError, match="3 of 11 photographs are damaged") as error:
        fill_store(store, photographs, Brightness(), batch_size=2)
    for told in (f"{first}: it ends too early", f"{second}: it is empty", f"{third}: "):
        assert told in error.value.problem
    names = list(photographs)
    assert opened(tmp_path).missing(names) == names[:3]
    for path in (first, second, third):
        path.write_bytes(whole)
    assert fill_store(opened(tmp_path), photographs, Brightness()).made == 3


def test_a_long_list_of_damaged_photographs_is_cut(tmp_path: Path, store: DepthStore) -> None:
    photographs = {f"{index}.jpg": tmp_path / f"{index}.jpg" for index in range(1_234)}
    with pytest.raises(DkpError, match="1,234 of 1,234 photographs") as error:
        fill_store(store, photographs, Brightness())
    assert error.value.problem.endswith("and 1,214 more")


def test_ctrl_c_costs_the_batch_at_hand(tmp_path: Path, store: DepthStore, photographs: dict[str, Path]) -> None:
    class Stopped(Brightness):
        def __call__(self, photographs: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
            if len(self.batches) == 2:
                raise KeyboardInterrupt
            return super().__call__(photographs)

    with pytest.raises(KeyboardInterrupt):
        fill_store(store, photographs, Stopped(), batch_size=3)
    assert len(opened(tmp_path).missing(photographs)) == 5
    assert fill_store(opened(tmp_path), photographs, Brightness()).made == 5


def test_maps_that_are_not_finite_stop_it_at_once(
    tmp_path: Path, store: DepthStore, photographs: dict[str, Path]
) -> None:
    class Broken(Brightness):
        def __call__(self, photographs: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
            maps = super().__call__(photographs)
            return [map_ * np.float32(np.nan) for map_ in maps] if len(self.batches) == 2 else maps

    estimator = Broken()
    with pytest.raises(DkpError, match=r"the depth of images/004\.png .* not finite"):
        fill_store(store, photographs, estimator, batch_size=4)
    assert estimator.estimated == 8
    assert len(opened(tmp_path).missing(photographs)) == 7


@pytest.mark.parametrize(("upright", "shape"), [(False, (4, 6)), (True, (6, 4))])
def test_photographs_are_turned_on_request(
    tmp_path: Path, store: DepthStore, upright: bool, shape: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.new("RGB", (6, 4)).save(tmp_path / "turned.jpg", exif=exif)
    fill_store(store, {"turned.jpg": tmp_path / "turned.jpg"}, Brightness(), upright=upright)
    assert store.read("turned.jpg").shape == shape


def test_progress_counts_what_has_its_map(store: DepthStore, photographs: dict[str, Path]) -> None:
    fill_store(store, dict(list(photographs.items())[:2]), Brightness())
    reports: list[tuple[str, int, int, str]] = []
    fill_store(store, photographs, Brightness(), batch_size=4, progress=lambda *told: reports.append(told))
    assert [told[:3] for told in reports if told[0].startswith("verifying")][-1] == ("verifying brightness", 2, 2)
    told = [entry for entry in reports if entry[0] == "depth by brightness"]
    assert [entry[1:3] for entry in told] == [(2, 11), (6, 11), (10, 11), (11, 11)]
    assert all(entry[3].endswith(" images/s") for entry in told[1:])


SLOW = """
import sys, time
from pathlib import Path
from dkp_bench.depth.estimate import fill_store
from dkp_bench.depth.store import open_for_writing

class Slow:
    circumstances = {}
    def joins(self, height, width): return 0
    def __call__(self, photographs):
        time.sleep(0.03)
        return [photograph.mean(axis=2) for photograph in photographs]

store = open_for_writing(Path(sys.argv[1]) / "depth", "brightness", {"model": "brightness"})
fill_store(store, {f"images/{p.name}": p for p in sorted(Path(sys.argv[2]).iterdir())}, Slow(), batch_size=2)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is of POSIX")
def test_a_killed_run_goes_on_and_loses_at_most_the_batch_at_hand(tmp_path: Path) -> None:
    photographs = shoot(tmp_path / "photographs", [(40, 30)] * 60)
    run = subprocess.Popen([sys.executable, "-c", SLOW, tmp_path, tmp_path / "photographs"])
    rows = tmp_path / "depth" / "brightness" / "maps.csv"
    wait_for(lambda: rows.exists() and rows.read_bytes().count(b"\n") >= 10)
    run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    store = opened(tmp_path)
    left = store.missing(photographs)
    assert 0 < len(left) <= 50
    files = {path for path in store.folder.rglob("*.png") if not path.name.startswith(".")}
    assert len(files) <= 60 - len(left) + 2, "files without a row"
    assert fill_store(store, photographs, Brightness()).made == len(left)
    assert opened(tmp_path).verify(photographs) == {}
    assert opened(tmp_path).missing(photographs) == []


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
