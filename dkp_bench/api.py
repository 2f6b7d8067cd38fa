"""What ``import dkp_bench`` offers a script or a notebook beyond the functions of single rooms.

Where a function here does what a command does, it takes the same names and has the same defaults.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from dkp_bench.analysis.compare import Comparison, compare_run
from dkp_bench.datasets import Dataset, open_dataset
from dkp_bench.datasets.folders import cache_folder
from dkp_bench.datasets.splits import find_scored
from dkp_bench.errors import DkpError
from dkp_bench.presets import IMAGE_SIZE, find_profile
from dkp_bench.progress import show_progress
from dkp_bench.runs.annotations import annotations_for
from dkp_bench.runs.execute import complete
from dkp_bench.runs.external import as_arrays, checked_predictions
from dkp_bench.runs.layout import RECORD
from dkp_bench.runs.predictions import score_predictions
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.runs.spec import RunSpec
from dkp_bench.scoring import Score
from dkp_bench.shipped import RESULTS, WITHOUT_BASELINES, find_shipped


def run(
    spec: RunSpec,
    *,
    runs: Path | str = RESULTS / "runs",
    data: Path | str | None = None,
    cache: Path | str | None = None,
    device: str = "auto",
) -> Run:
    """Return the finished run of a spec: the stored one, or a new one that is trained, scored and recorded.

    What the method requires is run first; a run that was interrupted resumes. The dataset is prepared where it is not.

    Args:
        spec: what to run.
        runs: folder of all runs.
        data: folder with the downloaded files, for datasets that need some.
        cache: folder for derived files; the user's cache folder by default.
        device: name of the torch device; ``auto`` is a GPU where there is one.

    Raises:
        BusyError: if another process is at work on the same run.
        DkpError: if a name or a setting is unknown, or something that the run needs is missing.

    AutoLink for five steps, which is no result:

    >>> spec = RunSpec("mannequin", "autolink", overrides=(("steps", 5),))
    >>> run(spec).headline.metric  # doctest: +SKIP
    'mean_l2'
    """
    dataset = spec.open_dataset(Path(cache) if cache else cache_folder(), Path(data) if data else None)
    with show_progress() as progress:
        dataset.prepare(progress)
        return complete(spec.bind(dataset, Path(runs), device), progress)


def load_baselines(dataset: str | None = None) -> list[Run]:
    """Return the stored baselines: finished runs that come with the benchmark.

    Args:
        dataset: only the runs on this one.

    Raises:
        DkpError: if there are none here, with where they can be had.

    >>> runs = load_baselines("mannequin")
    >>> sorted({run.record.identity.method for run in runs})[:2]
    ['autolink', 'distill_dkp']
    """
    root = find_shipped("baselines")
    if not root.is_dir():
        raise DkpError(f"{root}: there are no stored baselines", WITHOUT_BASELINES)
    return load_runs(root / dataset if dataset else root)


def compare(
    run: Run | Path | str,
    against: Sequence[str] = (),
    *,
    baselines: Path | str | None = None,
    protocol: str | None = None,
    metric: str | None = None,
    allow: Collection[str] = (),
) -> Comparison:
    """Compare a run with others on the same test images, as ``dkp-bench compare`` does; nothing is written.

    Args:
        run: a finished run; the path of one's folder, which stands for all seeds beside it; or ``METHOD@DATASET``.
        against: stored methods, folders of runs and names such as ``METHOD@DATASET:PROFILE``; by default all that are
            stored for the dataset and profile of the run.
        baselines: folder of the stored runs; those that come with the benchmark by default.
        protocol: how to score; by default as the dataset's headline is.
        metric: one of the protocol's numbers; the first by default.
        allow: parts of the signature that may differ all the same.

    Returns:
        The difference from each baseline with its interval and p-value, and the tiers that the methods fall into;
        ``print(dkp_bench.comparison_text(found))`` shows it as a table.

    Raises:
        DkpError: if something is missing, damaged or unknown, or may not stand side by side.

    One seed of Distill-DKP beside the mean pose, a baseline that learns nothing:

    >>> run = next(run for run in load_baselines("mannequin") if run.record.identity.method == "distill_dkp")
    >>> compare(run, ["mean_pose"]).tiers
    (('distill_dkp',), ('mean_pose',))
    """
    path = run.path / RECORD if isinstance(run, Run) else Path(run)
    root = Path(baselines) if baselines else find_shipped("baselines")
    return compare_run(path, root, against, protocol=protocol, metric=metric, allowed=allow)


def score(
    fit: ArrayLike,
    test: ArrayLike,
    *,
    dataset: str = "mannequin",
    size: int | None = None,
    profile: str = "tiny",
    split: str = "test",
    data: Path | str | None = None,
    cache: Path | str | None = None,
    range_is_right: bool = False,
) -> list[Score]:
    """Score keypoints of a dataset's images under each of its protocols, as ``dkp-bench score FILE`` does.

    Nothing is recorded. A dataset whose labels neither lie with the stored baselines nor are ready here is prepared.

    Args:
        fit: keypoints of the images that the regression is fitted on, ``(images, keypoints, 2)`` as (x, y) in [−1, 1],
            −1 and 1 the centres of the corner pixels, in the order of ``dkp-bench data export``.
        test: those of the images that are scored.
        dataset: whose images they are.
        size: side of the images in pixels; the profile's by default.
        profile: ``tiny``, ``laptop``, ``small`` or ``paper``.
        split: ``test``; or ``val``, to choose settings: then ``test`` stands for its images.
        data: folder with the downloaded files, for datasets that need some.
        cache: folder for derived files; the user's cache folder by default.
        range_is_right: take coordinates as they are, even if they look like pixels or like [0, 1].

    Returns:
        The scores, the dataset's headline first.

    Raises:
        DkpError: with the likely fix, if the arrays cannot be keypoints of these images, or the dataset is missing.

    One keypoint in the middle of every image, the mean pose:

    >>> import numpy as np, dkp_bench
    >>> fit, test = np.zeros((2048, 1, 2)), np.zeros((1024, 1, 2))
    >>> headline = dkp_bench.score(fit, test, dataset="mannequin-plain", range_is_right=True)[0]
    >>> f"{headline.metric} under {headline.protocol}: {headline.value:.2f} {headline.unit}"
    'mean_l2 under autolink-fixed+intercept: 8.53 % of edge'
    """
    scored = find_scored(split)
    images = open_dataset(dataset, size or IMAGE_SIZE[find_profile(profile)], cache=cache, data=data, scored=scored)
    annotations = annotations_for(images, find_shipped("baselines"), _prepared)
    arrays = as_arrays(fit, test, scored)
    return score_predictions(
        annotations, checked_predictions(arrays, annotations, "predictions", range_is_right=range_is_right)
    )


def _prepared(dataset: Dataset) -> Dataset:
    with show_progress() as progress:
        dataset.prepare(progress)
    return dataset
