"""``dkp-bench data depth``: estimate the depth of a dataset's photographs, or of the images in any folder."""

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.options import Cache, Data, Device
from dkp_bench.cli.session import expanded
from dkp_bench.depth.midas.registry import DEFAULT
from dkp_bench.errors import DkpError
from dkp_bench.walk import walk

if TYPE_CHECKING:
    from dkp_bench.depth.store import Photographs


def command(
    name: Annotated[str, typer.Argument(metavar="DATASET|FOLDER", help="A dataset, or a folder of images.")],
    model: Annotated[
        str, typer.Option(help="The MiDaS 3.1 model; a CPU wants dpt_swin2_tiny_256 or dpt_levit_224.")
    ] = DEFAULT,
    weights: Annotated[
        Path | None, typer.Option(help="Its published weights.  [default: DKP_BENCH_MIDAS, or torch.hub's folder]")
    ] = None,
    random: Annotated[bool, typer.Option("--random", help="Random weights instead, for trying it out.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random weights.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many images.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Images that are estimated at once.")] = 8,
    device: Device = "auto",
    data: Data = None,
    cache: Cache = None,
) -> None:
    """Estimate depth with MiDaS 3.1; maps that are there are kept."""
    from dkp_bench.cli.names import check_names
    from dkp_bench.depth.midas.registry import find_model

    name = str(expanded(Path(name))) if name.startswith("~") else name
    check_names(dataset=None if "/" in name or Path(name).is_dir() else name, device=device)
    find_model(model)

    from dkp_bench.cli.opening import estimate_and_say
    from dkp_bench.depth.midas.weights import find_weights
    from dkp_bench.training.device import find_device

    if random and weights:
        raise typer.BadParameter("--weights and --random exclude each other")
    kind, place = find_model(model), find_device(device)
    file = None if random else find_weights(kind, weights)
    photographs = _find(name, data, cache)
    estimate_and_say(photographs, kind, file, device=place, seed=seed, limit=limit, batch_size=batch_size)


def _find(name: str, data: Path | None, cache: Path | None) -> "Photographs":
    """Return the photographs of a dataset or in a folder.

    Raises:
        DkpError: if there is neither, or nothing in it that depth could be estimated from.
    """
    from dkp_bench.cli.opening import make_ready
    from dkp_bench.datasets import datasets, find_dataset, open_dataset
    from dkp_bench.datasets.downloaded import DownloadedDataset

    if name not in datasets() and Path(name).is_dir():
        return _images(Path(name))
    if "/" in name:
        raise DkpError(f"there is no folder {name}", "name a folder of images or a dataset, see 'dkp-bench list'")
    dataset = open_dataset(name, find_dataset(name).usual_size, data=data, cache=cache)
    if not isinstance(dataset, DownloadedDataset):
        raise DkpError(f"{name} has no photographs to estimate depth from: its depth is {dataset.depth_source}")
    make_ready(dataset)
    return dataset.depth_photographs()


def _images(folder: Path) -> "Photographs":
    """Return the images in a folder and its subfolders by their names relative to it, except depth stores."""
    from dkp_bench.depth.store import MANIFEST, Photographs
    from dkp_bench.imaging import SUFFIXES

    found = walk(folder, (*SUFFIXES, MANIFEST))
    manifests = [
        PurePosixPath(file.name) for file in found.files if PurePosixPath(file.name).match(f"depth/*/{MANIFEST}")
    ]
    maps = tuple(f"{path.parent}/" for path in manifests)
    names = [file.name for file in found.files if file.name.lower().endswith(SUFFIXES)]
    photographs = {name: folder / name for name in names if not name.startswith(maps)}
    if not photographs:
        raise DkpError(f"there is no JPEG or PNG image in {folder}", found.skipped_in_words())
    return Photographs(photographs, folder / "depth", upright=True, left_out=found.skipped_in_words())
