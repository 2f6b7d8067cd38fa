from pathlib import Path

import numpy as np
import pytest

from dkp_bench.datasets.base import ArrayImages, Dataset, ImageSet, Labels, Skeleton
from dkp_bench.datasets.contact_sheet import contact_sheet
from dkp_bench.datasets.splits import LabelledSplit, Split
from dkp_bench.drawing import LEFT, RIGHT
from dkp_bench.errors import DkpError
from dkp_bench.progress import Progress


class Grey(Dataset):
    """Grey images with two joints, held in memory."""

    name = "grey"
    summary = "grey images"
    licence = "none"
    skeleton = Skeleton(("left hand", "right hand"), ((0, 1),), ((0, 1),))
    protocols = ("no-swap+intercept",)
    deep = True
    count = 5
    masks = True

    def prepare(self, progress: Progress | None = None) -> None:
        del progress

    def images(self, split: Split) -> ImageSet:
        rgb = np.full((self.count, self.size, self.size, 3), 128, dtype=np.uint8)
        depth = np.broadcast_to(np.linspace(0, 1, self.size), rgb.shape[:3]) if self.deep else None
        return ArrayImages(rgb, depth)

    def labels(self, split: LabelledSplit) -> Labels:
        joints = np.tile(np.float32([[-0.5, 0.0], [0.5, 0.0]]), (self.count, 1, 1))
        mask = np.ones((self.count, self.size, self.size), dtype=bool) if self.masks else None
        return Labels(joints, np.ones((self.count, 2), dtype=bool), mask)

    def content_hash(self) -> str:
        return "0" * 16


class Bare(Grey):
    """Without depth and masks."""

    name = "bare"
    deep = False
    masks = False


@pytest.mark.parametrize(("size", "pane"), [(64, 192), (128, 256)])
@pytest.mark.parametrize(("kind", "split", "panes"), [(Grey, "test", 4), (Grey, "train", 2), (Bare, "regression", 2)])
def test_it_shows_what_there_is(
    tmp_path: Path, size: int, pane: int, kind: type[Grey], split: Split, panes: int
) -> None:
    sheet = contact_sheet(kind(size, cache=tmp_path), split, count=1)
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] == 2 * 8 + panes * pane + (panes - 1) * 4
    rows = (sheet[:, 8 : 8 + pane] == 128).all(axis=(1, 2))
    assert rows.sum() == pane, "the image is shown as it is"


def test_joints_have_the_colours_of_their_side(tmp_path: Path) -> None:
    sheet = contact_sheet(Bare(64, cache=tmp_path), count=1)
    top = int(np.flatnonzero((sheet[:, 100] == 128).all(axis=1))[0])
    joints = sheet[top : top + 192, 8 + 192 + 4 : -8]
    x = [round(((v + 1) / 2 * 63 + 0.5) * 3 - 0.5) for v in (-0.5, 0.5)]
    assert [tuple(joints[96, column]) for column in x] == [LEFT, RIGHT]


def test_samples_stand_in_columns_and_a_gap_stays_blank(tmp_path: Path) -> None:
    dataset = Bare(64, cache=tmp_path)
    one, five = contact_sheet(dataset, count=1), contact_sheet(dataset, count=50, columns=2)
    assert five.shape[1] > 2 * (one.shape[1] - 16)
    last_row = five[-200:]
    assert (last_row[:, : five.shape[1] // 2] == 128).any()
    assert (last_row[:, five.shape[1] // 2 :] == 255).all()


@pytest.mark.parametrize(("count", "columns"), [(0, 1), (1, 0)])
def test_nothing_to_show_is_refused(tmp_path: Path, count: int, columns: int) -> None:
    with pytest.raises(DkpError, match="needs a sample"):
        contact_sheet(Grey(64, cache=tmp_path), count=count, columns=columns)


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    dataset = Grey(64, cache=tmp_path)
    dataset.count = 0
    with pytest.raises(DkpError, match="is empty"):
        contact_sheet(dataset)
