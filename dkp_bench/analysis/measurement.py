"""A score of one method with its interval, computed again from the stored predictions of its seeds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dkp_bench.analysis.comparable import Variant
from dkp_bench.errors import DkpError
from dkp_bench.runs.annotations import Annotations, read_annotations
from dkp_bench.runs.predictions import is_recomputed, labelled_splits, run_predictions
from dkp_bench.runs.rescore import update_command
from dkp_bench.runs.run import Run
from dkp_bench.scoring import LabelledKeypoints, Score, Sums, image_sums, joint_sums
from dkp_bench.scoring.on_figure import NAME as FIGURE
from dkp_bench.statistics import Estimate, Resampling, estimate_mean

SEQUENCE: Final = "sequence"
"""Name of the grouping of images that look alike: frames of one video, or one person at one place."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """One number of one method.

    Attributes:
        variant: the method, with its runs.
        protocol: the scoring protocol.
        metric: the name of the number, one of the protocol's.
        unit: of the number.
        higher_is_better: true if a higher number is better, false if a lower one is.
        estimate: the mean over seeds, with its variance over test images and seeds.
        sums: the number of each seed as sums over the test images, in the order of ``variant.runs``.
    """

    variant: Variant
    protocol: str
    metric: str
    unit: str
    higher_is_better: bool
    estimate: Estimate
    sums: tuple[Sums, ...]

    @property
    def values(self) -> tuple[float, ...]:
        """The number of each seed."""
        return tuple(sums.value for sums in self.sums)


def measure(
    variant: Variant, annotations: Annotations, protocol: str, metric: str, resampling: Resampling
) -> Measurement:
    """Compute a number of a method, with its uncertainty, from its stored predictions.

    Args:
        variant: the method's runs, a seed each.
        annotations: of the dataset that they were made on.
        protocol: one that the runs were scored under, or ``on-figure``.
        metric: one of its numbers.
        resampling: the draws that everything compared on this dataset shares: :func:`resampling_of`.

    Raises:
        DkpError: if a run has no such score or its predictions do not give the score in its record, if they are missing
            or damaged, or if the number is no sum over the test images (``bkind``).
    """
    sums = []
    for run, fit, test in _splits(variant, annotations):
        recorded = _recorded(run, protocol, metric)
        sums.append(image_sums(protocol, metric, fit, test, annotations.skeleton.pairs))
        _check_record(run, recorded, sums[-1].value)
    first = _recorded(variant.runs[0], protocol, metric)
    if first.higher_is_better is None:
        raise DkpError(f"{metric} of {protocol} has no better and worse, so it compares nothing")
    number = estimate_mean(sums, resampling)
    return Measurement(variant, protocol, metric, first.unit, first.higher_is_better, number, tuple(sums))


def measure_joints(
    variant: Variant, annotations: Annotations, protocol: str, metric: str
) -> dict[str, tuple[Sums, ...]]:
    """Return a number of each joint as sums over the test images, one for each seed, by the joint's name.

    It is empty for the share on the figure, which has no value for each joint.

    Raises:
        DkpError: as :func:`measure` does.
    """
    if protocol == FIGURE:
        return {}
    names, pairs = annotations.skeleton.names, annotations.skeleton.pairs
    seeds = [joint_sums(protocol, metric, fit, test, pairs) for _, fit, test in _splits(variant, annotations)]
    return {names[joint]: tuple(of_seed[joint] for of_seed in seeds) for joint in seeds[0]}


def resampling_of(annotations: Annotations) -> Resampling:
    """Return draws of a dataset's test images: of whole sequences where the annotations name them."""
    return Resampling(annotations.test.groups.get(SEQUENCE))


def find_annotations(runs: Sequence[Run], roots: Iterable[Path] = ()) -> Annotations | None:
    """Return the annotations that runs on one dataset are scored against, None where no results root has them.

    Args:
        runs: on the same images; their own results roots are searched first, in their order.
        roots: further results roots.

    Raises:
        DkpError: if those found are damaged.
    """
    for root in dict.fromkeys([*(run.root for run in runs), *roots]):
        found = read_annotations(root, runs[0].record.identity)
        if found is not None:
            return found
    return None


def _splits(variant: Variant, annotations: Annotations) -> Iterator[tuple[Run, LabelledKeypoints, LabelledKeypoints]]:
    for run in variant.runs:
        yield run, *labelled_splits(annotations, run_predictions(run))


def _recorded(run: Run, protocol: str, metric: str) -> Score:
    score = run.score(protocol, metric)
    if score is None:
        known = ", ".join(f"{score.protocol} {score.metric}" for score in run.record.scores) or "nothing"
        raise DkpError(f"{run.path} has no {metric} under {protocol}", f"its record has: {known}")
    return score


def _check_record(run: Run, recorded: Score, value: float) -> None:
    if not is_recomputed(recorded.value, value):
        problem = (
            f"the record of {run.path} says {recorded.metric} {recorded.value!r} under {recorded.protocol}; "
            f"its predictions give {value!r}"
        )
        raise DkpError(problem, f"score it again: {update_command(run)}")
