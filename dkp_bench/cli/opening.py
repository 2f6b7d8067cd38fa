"""From the command line's options to a dataset that is ready and a device that is up to the work."""

from pathlib import Path

import typer

from dkp_bench.datasets import Dataset, open_dataset
from dkp_bench.datasets.downloaded import DownloadedDataset
from dkp_bench.datasets.folders import cache_folder
from dkp_bench.errors import DkpError
from dkp_bench.files import WriteError
from dkp_bench.presets import Profile
from dkp_bench.progress import show_progress


def opened(
    name: str, size: int, *, data: Path | None = None, depth: str | None = None, cache: Path | None = None
) -> Dataset:
    """The dataset called ``name`` at one image size, not yet prepared.

    Raises:
        DkpError: if there is no such dataset, or not at that size.
    """
    return open_dataset(name, size, cache=cache or cache_folder(), data=data, depth=depth)


def make_ready(dataset: Dataset) -> Dataset:
    """The dataset, ready to be read.

    Raises:
        DkpError: if files are missing or damaged, a run on it could not reach a score, or the cache cannot be written.
    """
    from dkp_bench.datasets.folders import cache_problem
    from dkp_bench.datasets.usable import require_usable
    from dkp_bench.training.distributed import main_first

    with show_progress() as progress:
        try:
            main_first(lambda: dataset.prepare(progress))
        except (OSError, WriteError) as error:
            if problem := cache_problem(dataset.cache):
                raise DkpError(f"{dataset.name} cannot be made ready: {problem}", "or name one by --cache") from error
            raise
    require_usable(dataset)
    return dataset


def note_missing(baselines: Path) -> None:
    """Say that a report is written without stored baselines, where there are none."""
    from dkp_bench.shipped import WITHOUT_BASELINES
    from dkp_bench.text import folded

    if not baselines.exists():
        typer.echo(folded(f"note: no stored baselines are shown beside your runs; {WITHOUT_BASELINES}"), err=True)


def device_for(profile: Profile, device: str) -> str:
    """The device to train on: what the user said, or a GPU where there is one.

    Raises:
        DkpError: if the profile wants a GPU, there is none, and the user did not say that the CPU will do.
    """
    from dkp_bench.training.device import find_device

    found = str(find_device(device))
    if device == "auto" and found == "cpu" and profile != "tiny":
        raise DkpError(
            f"the {profile} profile wants a GPU, and this machine has none",
            "--profile tiny runs on a CPU in minutes; --device cpu runs this one there all the same, for hours or days",
        )
    return found


def refuse_without_depth(dataset: Dataset) -> None:
    """Stop before a dataset is prepared, which may take minutes, if it has no depth maps and they cannot be made here.

    Raises:
        DkpError: with what is missing, the command that makes it, and the way out.
    """
    if dataset.depth_name == "none" and not (isinstance(dataset, DownloadedDataset) and _weights_are_here()):
        _refuse(dataset.missing_depth())


def complete_depth(dataset: Dataset, device: str) -> None:
    """Make sure that each image has its depth map: where there is no store yet, it is made with the default model.

    Raises:
        DkpError: if a map is missing from a store that was begun.
    """
    from dkp_bench.cli.data import depth
    from dkp_bench.training.distributed import on_main

    if dataset.depth_name == "none":
        on_main(lambda: depth.command(dataset.name, device=device, data=dataset.data, cache=dataset.cache))
    _refuse(dataset.missing_depth())


def _refuse(lack: DkpError | None) -> None:
    if lack:
        raise DkpError(lack.problem, f"{lack.hint}\n--without-depth leaves out the methods that need depth".strip())


def _weights_are_here() -> bool:
    """Whether the weights of the default model lie where they are looked for."""
    from dkp_bench.depth.midas.registry import DEFAULT, find_model
    from dkp_bench.depth.midas.weights import find_weights

    try:
        return find_weights(find_model(DEFAULT)).is_file()
    except DkpError:
        return False
