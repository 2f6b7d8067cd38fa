"""Datasets made ready for a command, with their depth maps."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dkp_bench.datasets import Dataset
from dkp_bench.datasets.downloaded import DownloadedDataset
from dkp_bench.errors import DkpError
from dkp_bench.files import WriteError
from dkp_bench.progress import show_progress
from dkp_bench.runs.schema import NO_DEPTH
from dkp_bench.text import duration, entry

if TYPE_CHECKING:
    import torch

    from dkp_bench.depth.midas.registry import MidasModel
    from dkp_bench.depth.store import Photographs


def make_ready(dataset: Dataset) -> Dataset:
    """Prepare a dataset and return it.

    Raises:
        DkpError: if files are missing or damaged, a run on it could not reach a score, or the cache cannot be written.
    """
    from dkp_bench.datasets.folders import cache_problem
    from dkp_bench.datasets.usable import require_usable
    from dkp_bench.training.distributed import main_first

    with show_progress() as progress:
        try:
            # Under torchrun the main process writes the cache, and the others then read it.
            main_first(lambda: dataset.prepare(progress))
        except (OSError, WriteError) as error:
            # A cache folder that is read-only or full is the likely cause, and naming another one the way out.
            if problem := cache_problem(dataset.cache):
                raise DkpError(f"{dataset.name} cannot be made ready: {problem}", "or name one by --cache") from error
            raise
    require_usable(dataset)
    return dataset


def note_missing(baselines: Path) -> None:
    """Say that a report is written without stored baselines, if there are none."""
    from dkp_bench.shipped import WITHOUT_BASELINES
    from dkp_bench.text import folded

    if not baselines.exists():
        typer.echo(folded(f"note: no stored baselines are shown beside your runs; {WITHOUT_BASELINES}"), err=True)


def refuse_without_depth(dataset: Dataset) -> None:
    """Refuse a dataset that has no depth maps and cannot get them here, before it is prepared, which may take minutes.

    Raises:
        DkpError: with what is missing, the command that makes it, and the option that does without.
    """
    if dataset.depth_source == NO_DEPTH and not (isinstance(dataset, DownloadedDataset) and _weights_are_here()):
        _refuse(dataset.why_no_depth())


def complete_depth(dataset: Dataset, device: str) -> None:
    """Check that each image has its depth map; if there is no store yet, make one with the default model.

    Raises:
        DkpError: if a map is missing from a store that is not complete.
    """
    from dkp_bench.training.distributed import on_main

    if dataset.depth_source == NO_DEPTH and isinstance(dataset, DownloadedDataset):
        on_main(lambda: _estimate_all(dataset, device))
    _refuse(dataset.why_no_depth())


def _estimate_all(dataset: DownloadedDataset, device: str) -> None:
    """Estimate the depth of every photograph of a dataset with the default model."""
    from dkp_bench.depth.midas.registry import DEFAULT, find_model
    from dkp_bench.depth.midas.weights import find_weights
    from dkp_bench.training.device import find_device

    model = find_model(DEFAULT)
    estimate_and_say(dataset.depth_photographs(), model, find_weights(model), device=find_device(device))


def estimate_and_say(
    photographs: "Photographs",
    model: "MidasModel",
    weights: Path | None,
    *,
    device: "torch.device",
    seed: int = 0,
    limit: int | None = None,
    batch_size: int = 8,
) -> None:
    """Make or complete a depth store with its progress shown, and print the model, the weights and what was done.

    Args:
        photographs: the photographs to estimate the depth of.
        model: the model to estimate it with.
        weights: the published file; None for random weights.
        device: the device to run on.
        seed: seed of the random weights.
        limit: number of photographs to do, from the first; all if None.
        batch_size: number of photographs at once.

    Raises:
        DkpError: as :func:`dkp_bench.depth.estimate.estimate_store` does, or if the weights are damaged.
        typer.Exit: with exit code 130 after Ctrl-C; finished maps are kept.
    """
    from dkp_bench.depth.estimate import MidasEstimator, estimate_store
    from dkp_bench.depth.store import DepthStore

    estimator = MidasEstimator(model, weights, seed=seed, device=device)
    folder = photographs.stores / estimator.store_name
    _say("model", f"{model.name} on {estimator.circumstances['device']}")
    _say("weights", str(weights or f"RANDOM, seed {seed}: no depth, only a trial"))
    if weights:
        _say("sha256", estimator.weights)
    _say("store", str(folder))
    if photographs.left_out:
        _say("images", photographs.left_out)
    try:
        with show_progress() as progress:
            done = estimate_store(photographs, estimator, limit=limit, batch_size=batch_size, progress=progress)
    # Handled here and not by the session, whose message speaks of training and cannot say how far this got.
    except KeyboardInterrupt:
        wanted = list(photographs.files)[:limit]
        there = len(wanted) - len(DepthStore(folder).missing(wanted))
        typer.echo(f"\nstopped with {there:,} of {len(wanted):,} maps; the same command goes on from here", err=True)
        raise typer.Exit(130) from None
    if done.made:
        again = f", {done.replaced:,} of them in place of damaged ones" if done.replaced else ""
        _say("made", f"{done.made:,} maps in {duration(done.seconds)}, {done.made / done.seconds:.2f} images/s{again}")
    if done.kept:
        _say("kept", f"{done.kept:,} maps that were there")
    if missing := len(DepthStore(folder).missing(photographs.files)):
        _say("missing", f"{missing:,} of {len(photographs.files):,}; the same command without --limit makes them")


def _say(what: str, text: str) -> None:
    typer.echo(entry(f"{what:<9}", text))


def _refuse(no_depth: DkpError | None) -> None:
    if no_depth:
        raise DkpError(
            no_depth.problem, f"{no_depth.hint}\n--without-depth leaves out the methods that need depth".strip()
        )


def _weights_are_here() -> bool:
    """Return whether the weights of the default model are in their folder."""
    from dkp_bench.depth.midas.registry import DEFAULT, find_model
    from dkp_bench.depth.midas.weights import find_weights

    try:
        return find_weights(find_model(DEFAULT)).is_file()
    except DkpError:
        return False
