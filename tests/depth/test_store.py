import errno
import hashlib
import json
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dkp_bench.depth.map_file import LEVELS
from dkp_bench.depth.store import DepthStore, open_for_writing, stores
from dkp_bench.errors import DkpError

SEEDS = st.integers(0, 2**32 - 1)
ABOUT = {"model": "brightness", "weights": "none"}
NAMES = (
    "im1.jpg",
    "images/im1.jpg",
    "S9/Walking 1.54138969/000001.jpg",
    'a, b "c".jpg',
    "maps.csv",
    "日本/人.png",
    "screenshot\u202f3.png",
    "#,=1.png",
    " .jpg",
)
HOSTILE = (
    "",
    ".",
    "..",
    "../a.jpg",
    "a/../../b.jpg",
    "/tmp/a.jpg",
    "a//b.jpg",
    "./a.jpg",
    "a/",
    "a\\..\\b",
    "a\nb",
    "\udcff",
)


def made(root: Path, name: str = "store") -> DepthStore:
    return open_for_writing(root, name, ABOUT)


def some_map(seed: int) -> NDArray[np.float32]:
    """Values of any scale about any offset."""
    rng = np.random.default_rng(seed)
    scale, offset = 10.0 ** rng.uniform(-30, 30, 2)
    values = rng.uniform(0, scale, rng.integers(1, 30, 2)) + rng.choice([-1, 0, 1]) * offset
    return values.astype(np.float32)


def half_a_level(depth: NDArray[np.float32]) -> float:
    """Half a level, and the rounding of the result to float32."""
    low, high = float(depth.min()), float(depth.max())
    return (high - low) / LEVELS / 2 * (1 + 1e-6) + float(np.spacing(np.abs(depth).max())) / 2


@given(SEEDS)
def test_what_is_read_is_what_was_written_to_half_a_level(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    store, depth = made(tmp_path_factory.mktemp("root")), some_map(seed)
    store.add({"a.jpg": depth})
    for reader in (store, DepthStore(store.folder)):
        read = reader.read("a.jpg")
        assert read.dtype == np.float32
        assert read.shape == depth.shape
        assert np.abs(read.astype(np.float64) - depth).max() <= half_a_level(depth)
        assert (read.min(), read.max()) == (depth.min(), depth.max())


FLOAT32 = np.finfo(np.float32)


@pytest.mark.parametrize(
    "values",
    [
        [0.0],
        [-3.25, -3.25],
        [FLOAT32.max, FLOAT32.max],
        [FLOAT32.min, FLOAT32.max],
        [0.0, FLOAT32.smallest_subnormal],
        [1.0, np.nextafter(np.float32(1), np.float32(2))],
        [-0.0, 0.0],
    ],
)
def test_values_at_the_ends_of_a_range_are_exact(tmp_path: Path, values: list[float]) -> None:
    depth = np.array([values, values], dtype=np.float32)
    store = made(tmp_path)
    store.add({"a.jpg": depth})
    np.testing.assert_array_equal(DepthStore(store.folder).read("a.jpg"), depth)


def test_a_map_is_a_16_bit_png_of_its_range(tmp_path: Path) -> None:
    store = made(tmp_path)
    store.add({"a.jpg": np.array([[2.0, 3.0, 4.0]])})
    levels = cv2.imread(str(tmp_path / "store" / "a.jpg.png"), cv2.IMREAD_UNCHANGED)
    assert levels.dtype == np.uint16
    assert levels.tolist() == [[0, 32768, 65535]]  # 32767.5 is rounded to even
    content = (tmp_path / "store" / "a.jpg.png").read_bytes()
    expected = f"a.jpg,2.0,4.0,{hashlib.sha256(content).hexdigest()}\n"
    assert (tmp_path / "store" / "maps.csv").read_text() == expected


@pytest.mark.parametrize("name", NAMES)
def test_names_survive(tmp_path: Path, name: str) -> None:
    store = made(tmp_path)
    store.add({name: np.array([[1.0, 2.0]]), "other.jpg": np.array([[5.0]])})
    again = made(tmp_path)
    assert again.missing([name, "absent.jpg", "other.jpg"]) == ["absent.jpg"]
    assert again.read(name).tolist() == [[1, 2]]
    assert again.file(name).is_file()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_leads_elsewhere_is_refused_and_nothing_written(tmp_path: Path, name: str) -> None:
    store = made(tmp_path / "root")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DkpError, match="is no name of an image"):
        store.add({"fine.jpg": np.ones((2, 2)), name: np.ones((2, 2))})
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "depth", [np.ones(3), np.ones((2, 2, 1)), np.ones((0, 3)), np.array([[np.nan, 1]]), np.array([[1, np.inf]])]
)
def test_what_is_no_map_is_refused(tmp_path: Path, depth: NDArray[np.floating]) -> None:
    store = made(tmp_path)
    with pytest.raises(DkpError, match=r"the depth of bad\.jpg has the shape"):
        store.add({"good.jpg": np.ones((2, 2)), "bad.jpg": depth})
    assert made(tmp_path).missing(["good.jpg", "bad.jpg"]) == ["good.jpg", "bad.jpg"], "no row for half a batch"


def test_a_row_that_a_kill_cut_off_is_dropped_and_its_map_made_again(tmp_path: Path) -> None:
    made(tmp_path).add({"a.jpg": np.array([[1.0]]), "b, c.jpg": np.array([[2.0]])})
    rows = tmp_path / "store" / "maps.csv"
    whole = rows.read_bytes()
    first = whole.index(b"\n") + 1
    for kept in {*range(0, len(whole), 7), first - 1, first, len(whole) - 1}:
        rows.write_bytes(whole[:kept])
        lost = ["b, c.jpg"] if kept >= first else ["a.jpg", "b, c.jpg"]
        assert DepthStore(tmp_path / "store").missing(["a.jpg", "b, c.jpg"]) == lost, "a reader does not mind"
        store = made(tmp_path)
        assert store.missing(["a.jpg", "b, c.jpg"]) == lost
        store.add({name: np.array([[7.0]]) for name in lost})
        assert DepthStore(tmp_path / "store").read("b, c.jpg").tolist() == [[7]]


def test_a_map_made_again_replaces_the_old_one(tmp_path: Path) -> None:
    store = made(tmp_path)
    store.add({"a.jpg": np.array([[1.0]])})
    store.add({"a.jpg": np.array([[2.0]])})
    assert store.read("a.jpg").tolist() == DepthStore(store.folder).read("a.jpg").tolist() == [[2]]


def test_two_stores_share_a_root(tmp_path: Path) -> None:
    assert stores(tmp_path / "absent") == []
    made(tmp_path, "two").add({"a.jpg": np.array([[2.0]])})
    made(tmp_path, "one").add({"a.jpg": np.array([[1.0]])})
    (tmp_path / "no store").mkdir()
    assert stores(tmp_path) == ["one", "two"]
    assert [DepthStore(tmp_path / name).read("a.jpg").item() for name in stores(tmp_path)] == [1, 2]


@pytest.mark.parametrize(
    "about", [{"model": "other", "weights": "none"}, {"model": "brightness"}, {**ABOUT, "pixels": "upright"}]
)
def test_maps_of_two_kinds_do_not_mix(tmp_path: Path, about: dict[str, str]) -> None:
    made(tmp_path)
    with pytest.raises(DkpError, match="was made with") as error:
        open_for_writing(tmp_path, "store", about)
    assert f"rm -r {tmp_path / 'store'}" in error.value.hint


def test_when_and_where_it_was_filled_may_differ_and_is_written_down(tmp_path: Path) -> None:
    made(tmp_path).note_fill({"device": "cpu", "packages": {"torch": "2.11"}})
    made(tmp_path).note_fill({"device": "H200"})
    assert json.loads((tmp_path / "store" / "store.json").read_text()) == {
        **ABOUT,
        "fills": [{"device": "cpu", "packages": {"torch": "2.11"}}, {"device": "H200"}],
    }
    assert made(tmp_path).about == DepthStore(tmp_path / "store").about


def test_a_map_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=r"has no map of a\.jpg"):
        made(tmp_path).read("a.jpg")


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file"),
        (lambda path: path.write_bytes(b""), "is not the map that was written"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "is not the map that was written"),
        (lambda path: cv2.imwrite(str(path), np.zeros((2, 2), dtype=np.uint16)), "is not the map that was written"),
    ],
    ids=["absent", "empty", "cut", "another map"],
)
def test_a_damaged_map_is_refused_when_read_and_found_by_verify(tmp_path: Path, spoil, problem: str) -> None:
    store = made(tmp_path)
    names = [f"{index}.jpg" for index in range(40)]
    store.add({name: np.array([[1.0, index]]) for index, name in enumerate(names)})
    assert store.verify(names) == {}
    for index in (31, 7):
        spoil(store.file(names[index]))
    with pytest.raises(DkpError, match=f"7.jpg.png {problem}") as error:
        store.read("7.jpg")
    assert "dkp-bench data depth" in error.value.hint
    reports: list[tuple[int, int]] = []
    found = store.verify([*names, "without.jpg"], lambda what, done, total, note="": reports.append((done, total)))
    assert list(found) == ["7.jpg", "31.jpg"]
    assert all(problem in told for told in found.values())
    assert reports == [(done, 40) for done in range(1, 41)]


@pytest.mark.parametrize(
    "content",
    [
        cv2.imencode(".png", np.zeros((2, 2), dtype=np.uint8))[1].tobytes(),
        cv2.imencode(".png", np.zeros((2, 2, 3), dtype=np.uint16))[1].tobytes(),
        b"no image",
        b"",
    ],
)
def test_a_listed_file_that_is_no_16_bit_map_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = made(tmp_path).folder
    (folder / "a.jpg.png").write_bytes(content)
    (folder / "maps.csv").write_text(f"a.jpg,0.0,1.0,{hashlib.sha256(content).hexdigest()}\n")
    with pytest.raises(DkpError, match=r"is no image|is not a 16-bit grey PNG"):
        DepthStore(folder).read("a.jpg")


DIGEST = "0" * 64


@pytest.mark.parametrize(
    "line",
    [
        "",
        "a.jpg",
        f"a.jpg,0.0,1.0,{DIGEST},more",
        f"a.jpg,low,1.0,{DIGEST}",
        f"a.jpg,nan,1.0,{DIGEST}",
        f"a.jpg,0.0,inf,{DIGEST}",
        f"a.jpg,2.0,1.0,{DIGEST}",
        f"a.jpg,-1e308,1e308,{DIGEST}",
        f"a.jpg,0.0,1e39,{DIGEST}",
        f"a.jpg,0.0,1.0,{DIGEST[1:]}",
        f"a.jpg,0.0,1.0,{DIGEST.upper().replace('0', 'A')}",
        "\0" * 30,
        '"a.jpg,0.0',
    ],
)
def test_a_damaged_row_is_named(tmp_path: Path, line: str) -> None:
    folder = made(tmp_path).folder
    (folder / "maps.csv").write_text(f"a.jpg,0.0,1.0,{DIGEST}\n{line}\n")
    with pytest.raises(DkpError, match=r"maps\.csv, line 2, is damaged"):
        DepthStore(folder)


def test_rows_that_are_no_text_are_refused(tmp_path: Path) -> None:
    folder = made(tmp_path).folder
    (folder / "maps.csv").write_bytes(b"\xff\xfe\x00\x80\n")
    with pytest.raises(DkpError, match=r"maps\.csv, line 1, is damaged"):
        DepthStore(folder)


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"fills": 3}', b"\xff", b"[" * 9999])
def test_a_damaged_manifest_is_no_store(tmp_path: Path, content: bytes | None) -> None:
    (tmp_path / "store").mkdir()
    if content is not None:
        (tmp_path / "store" / "store.json").write_bytes(content)
    with pytest.raises(DkpError, match="store is no depth store"):
        DepthStore(tmp_path / "store")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DkpError, match=f"cannot write the depth store {tmp_path / 'file' / 'store'}") as error:
        made(tmp_path / "file")
    assert "DKP_BENCH_DEPTH" in error.value.hint


def test_a_disk_that_refuses_is_told_of_and_nothing_is_lost(tmp_path: Path) -> None:
    store = made(tmp_path)
    store.add({"a.jpg": np.array([[1.0]])})
    (store.folder / "images").write_text("a file where a folder is needed")
    with pytest.raises(DkpError, match="cannot write to the depth store"):
        store.add({"images/b.jpg": np.array([[1.0]])})
    full = mock.Mock(side_effect=OSError(errno.ENOSPC, "No space left on device"))
    with mock.patch("dkp_bench.depth.store.write_bytes", full), pytest.raises(DkpError, match="the disk is full"):
        store.add({"c.jpg": np.array([[1.0]])})
    assert made(tmp_path).missing(["a.jpg", "images/b.jpg"]) == ["images/b.jpg"]
