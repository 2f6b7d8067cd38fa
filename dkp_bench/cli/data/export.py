"""``dkp-bench data export``: a dataset's images as plain arrays, for a detector that knows nothing of dkp-bench."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.options import Cache, Data, DatasetName, Depth, ScoredOn, Size

if TYPE_CHECKING:
    from dkp_bench.datasets import Dataset, ImageSet
    from dkp_bench.progress import Progress

BATCH = 256
"""Number of images in memory at once."""

README = """\
{name}, {size} px, content {content}
{summary}
Licence: {licence}

  train.npy  {train:>7,} images to learn from
  fit.npy    {fit:>7,} images that scoring fits a regression on
  {file:<9}  {scored:>7,} images that are scored{why}

Each is a NumPy array of uint8, (images, {size}, {size}, 3), RGB;
numpy.load(FILE, mmap_mode="r") reads it piece by piece.
{depth}There are no joints here: a detector learns without them.

To have a detector scored, predict K keypoints in every image of fit and of
{split}, in their order, as (x, y) with x to the right, y down, and −1 and 1 at the
centres of the corner pixels (pixel p is p / {last} * 2 - 1). Save them as floating
arrays, ({fit}, K, 2) and ({scored}, K, 2):

  np.savez("predictions.npz", fit=fit, {split}={split})

and type

  dkp-bench score predictions.npz --dataset {name} --size {size} \\
      --name NAME{option}
"""
DEPTH = """\
*-depth.npy are their depth maps ({store}): float32, (images, {size}, {size}),
relative inverse depth, near is large. A detector that is given them when it
predicts is scored with --sees-depth.
"""


def command(
    name: DatasetName,
    out: Annotated[Path, typer.Option(help="Folder for the arrays.")],
    size: Size = 64,
    split: ScoredOn = "test",
    data: Data = None,
    depth: Depth = None,
    cache: Cache = None,
) -> None:
    """Write the images as arrays, for a detector made elsewhere.

    To choose its settings, --split val: val.npy takes the place of test.npy, whose images are not read.
    """
    from dkp_bench.cli.opening import make_ready
    from dkp_bench.datasets import open_dataset
    from dkp_bench.datasets.splits import SPLITS, find_scored
    from dkp_bench.files import write_text
    from dkp_bench.progress import show_progress

    scored = find_scored(split)
    dataset = make_ready(open_dataset(name, size, data=data, depth=depth, cache=cache, scored=scored))
    with show_progress() as progress:
        for own, file in zip(SPLITS, ("train", "fit", scored), strict=True):
            images = dataset.images(own)
            _write(out / f"{file}.npy", images, progress)
            if images.has_depth:
                _write(out / f"{file}-depth.npy", images, progress, depth=True)
    write_text(out / "README.txt", _readme(dataset))
    typer.echo(f"{out}: train.npy, fit.npy, {scored}.npy; README.txt says what they are")


def _write(path: Path, images: "ImageSet", progress: "Progress", *, depth: bool = False) -> None:
    """Write one array, atomically, a batch at a time."""
    import numpy as np

    from dkp_bench.array_files import new_npy
    from dkp_bench.files import atomic_path

    count, side = len(images), images.size
    shape = (count, side, side) if depth else (count, side, side, 3)
    with atomic_path(path) as temporary:
        array = new_npy(temporary, shape, np.dtype(np.float32 if depth else np.uint8))
        for start in range(0, count, BATCH):
            indices = np.arange(start, min(start + BATCH, count))
            array[indices] = images.depth(indices) if depth else images.rgb(indices)
            progress(path.name, int(indices[-1]) + 1, count)


def _readme(dataset: "Dataset") -> str:
    store, size, split = dataset.depth_source, dataset.size, dataset.scored
    return README.format(
        name=dataset.name,
        size=size,
        last=size - 1,
        content=dataset.content_hash(),
        summary=dataset.summary,
        licence=dataset.licence,
        depth=DEPTH.format(store=store, size=size) if dataset.images("test").has_depth else "",
        train=dataset.image_count("train"),
        fit=dataset.image_count("regression"),
        scored=dataset.image_count("test"),
        split=split,
        file=f"{split}.npy",
        why=", to choose settings" if split == "val" else "",
        option=" --split val" if split == "val" else "",
    )
