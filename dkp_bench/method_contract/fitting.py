"""Rules of ``fit``: from images alone, fixed by the seed, and without a trace in random state or other instances."""

import math
from contextlib import suppress

import numpy as np

from dkp_bench.method_contract.subject import BrokenRuleError, Subject
from dkp_bench.methods import FitReport


def learns_from_images_alone(subject: Subject) -> None:
    """Neither ``fit`` nor ``predict`` asks its images for more than an image set has, or opens a dataset."""
    with suppress(Exception, SystemExit):  # that they run at all is another rule
        _ = subject.points
    if subject.watch.asked:
        raise BrokenRuleError(f"it asks its images for {subject.watch.asked[0]!r}, which no ImageSet has")
    if subject.watch.opened:
        raise BrokenRuleError(f"it opens the dataset {subject.watch.opened[0]!r} by itself")


def can_be_fitted(subject: Subject) -> None:
    """``fit`` ends, says what it did in numbers that a record can hold, and leaves no folder behind."""
    subject.fit()
    report = subject.report
    if not isinstance(report, FitReport):
        raise BrokenRuleError(f"fit returns {type(report).__name__}, not a FitReport")
    numbers = {"seconds": report.seconds, "steps": report.steps, "images_per_second": report.images_per_second}
    numbers |= {f"curves[{name!r}]": value for name, values in report.curves.items() for value in values}
    wrong = [f"{name} is {value}" for name, value in numbers.items() if not math.isfinite(value)]
    if wrong:
        raise BrokenRuleError(f"its FitReport is not finite: {wrong[0]}")
    if not isinstance(report.steps, int):
        raise BrokenRuleError(f"its FitReport has {report.steps!r} steps, which is no whole number")
    if min(report.seconds, report.steps, report.images_per_second) < 0:
        raise BrokenRuleError("its FitReport has a negative number of seconds, steps or images a second")
    if len({len(values) for values in report.curves.values()}) > 1:
        raise BrokenRuleError("the curves of its FitReport are not of one length")
    if subject.left:
        raise BrokenRuleError(f"fit leaves the folder {subject.left[0]!r} in context.folder")


def leaves_global_chance_alone(subject: Subject) -> None:
    """Neither ``fit`` nor ``predict`` draws from, or seeds, a random generator of the whole process."""
    _ = subject.points
    if subject.watch.moved:
        raise BrokenRuleError(f"it draws from or seeds the global generator of {' and '.join(subject.watch.moved)}")


def is_fixed_by_its_seed(subject: Subject) -> None:
    """Two instances fitted with one seed predict the same."""
    apart = np.abs(subject.predict(subject.fit()) - subject.points)
    if apart.any():
        image, keypoint, _ = np.unravel_index(apart.argmax(), apart.shape)
        where = f"image {image}, keypoint {keypoint}"
        raise BrokenRuleError(f"two fits with seed 0 differ by {apart.max():.2g} at {where}")


def keeps_its_state_to_itself(subject: Subject) -> None:
    """Fitting another instance, on other images, changes nothing for the first."""
    subject.fit(seed=1, variation=1)
    if not np.array_equal(subject.predict(subject.fitted), subject.points):
        raise BrokenRuleError("after another instance was fitted, the first one predicts something else")
