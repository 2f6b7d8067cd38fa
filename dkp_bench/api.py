"""Scoring from Python, as :func:`dkp_bench.score` has it: no command line, no record."""

from pathlib import Path

from numpy.typing import ArrayLike

from dkp_bench.datasets import Dataset, open_dataset
from dkp_bench.datasets.folders import cache_folder
from dkp_bench.presets import IMAGE_SIZE, find_profile
from dkp_bench.progress import show_progress
from dkp_bench.runs.annotations import annotations_for
from dkp_bench.runs.external import as_arrays, checked_predictions
from dkp_bench.runs.predictions import score_predictions
from dkp_bench.runs.schema import Score
from dkp_bench.shipped import find_shipped


def score(
    fit: ArrayLike,
    test: ArrayLike,
    *,
    dataset: str = "mannequin",
    size: int | None = None,
    profile: str = "tiny",
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
        profile: ``tiny``, ``small`` or ``paper``.
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
    images = open_dataset(
        dataset,
        size or IMAGE_SIZE[find_profile(profile)],
        cache=Path(cache).expanduser() if cache else cache_folder(),
        data=Path(data) if data else None,
    )
    annotations = annotations_for(images, find_shipped("baselines"), _prepared)
    arrays = as_arrays(fit, test)
    return score_predictions(
        annotations, checked_predictions(arrays, annotations, "predictions", range_is_right=range_is_right)
    )


def _prepared(dataset: Dataset) -> Dataset:
    with show_progress() as progress:
        dataset.prepare(progress)
    return dataset
