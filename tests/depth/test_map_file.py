"""No depth other than the one that was written is ever read: a map's file holds the range that the list says."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from dkp_bench.depth.store import DepthStore, open_for_writing
from dkp_bench.errors import DkpError


def made(root: Path) -> DepthStore:
    return open_for_writing(root, "store", {"model": "brightness"})


def altered(row: str, low: str = "1.5", high: str = "4.5") -> str:
    image, _, _, digest = row.split(",")
    return f"{image},{low},{high},{digest}"


@pytest.mark.parametrize("values", [("1.5", "4.25"), ("1.25", "4.5"), ("-1.5", "4.5"), ("4.5", "4.5")])
def test_a_range_that_was_altered_in_the_list_is_found_out(tmp_path: Path, values: tuple[str, str]) -> None:
    made(tmp_path).add({"a.jpg": np.array([[1.5, 4.5]])})
    rows = tmp_path / "store" / "maps.csv"
    assert DepthStore(tmp_path / "store").read("a.jpg").tolist() == [[1.5, 4.5]]
    rows.write_text(altered(rows.read_text(), *values))
    with pytest.raises(DkpError, match=r"a\.jpg\.png has values from 1\.5 to 4\.5; the list says"):
        DepthStore(tmp_path / "store").read("a.jpg")
    assert list(DepthStore(tmp_path / "store").verify(["a.jpg"])) == ["a.jpg"]


def test_rows_of_two_images_cannot_be_exchanged(tmp_path: Path) -> None:
    made(tmp_path).add({"a.jpg": np.full((2, 2), 1.5), "b.jpg": np.full((2, 2), 4.5)})
    rows = tmp_path / "store" / "maps.csv"
    rows.write_text(rows.read_text().replace("a.jpg", "c.jpg").replace("b.jpg", "a.jpg").replace("c.jpg", "b.jpg"))
    for image in ("a.jpg", "b.jpg"):
        with pytest.raises(DkpError, match="is not the map that was written"):
            DepthStore(tmp_path / "store").read(image)


def test_a_store_from_before_maps_said_their_range_is_read(tmp_path: Path) -> None:
    folder = made(tmp_path).folder
    content = cv2.imencode(".png", np.array([[0, 65535]], dtype=np.uint16))[1].tobytes()
    (folder / "a.jpg.png").write_bytes(content)
    (folder / "maps.csv").write_text(f"a.jpg,1.0,2.0,{hashlib.sha256(content).hexdigest()}\n")
    assert DepthStore(folder).read("a.jpg").tolist() == [[1, 2]]
    assert DepthStore(folder).verify(["a.jpg"]) == {}
