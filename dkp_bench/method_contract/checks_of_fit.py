"""Checks of what a method says of itself, its settings and presets, and of ``fit``."""

import math
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar, get_args

import numpy as np

from dkp_bench.datasets import datasets
from dkp_bench.errors import DkpError
from dkp_bench.method_contract.subject import SIZE, BrokenRuleError, Subject
from dkp_bench.methods import DepthUse, FitResult, Method, Settings, built_in_methods, find_method
from dkp_bench.presets import PROFILES, preset

SHORTEST, LONGEST = 11, 110
"""Characters of a summary: one line of ``dkp-bench list`` on a wide terminal."""


def describes_itself(subject: Subject) -> None:
    """Check the name, which is no built-in method's, the summary of one line, and the word for its depth maps."""
    kind = subject.kind
    name: object = kind.name
    if not isinstance(name, str) or not name:
        raise BrokenRuleError(f"its name is {name!r}")
    module = built_in_methods().get(kind.name, kind.__module__)
    if module != kind.__module__:
        raise BrokenRuleError(f"{kind.name!r} is the name of the built-in method in {module}")
    if not SHORTEST <= len(kind.summary) <= LONGEST or "\n" in kind.summary:
        raise BrokenRuleError(f"its summary has {len(kind.summary)} characters: {kind.summary!r}")
    if kind.depth not in get_args(DepthUse):
        raise BrokenRuleError(f"its depth is {kind.depth!r}")


def has_valid_presets(subject: Subject) -> None:
    """Check that every dataset and profile gives valid settings, of types which a record can hold."""
    kind = subject.kind
    if not issubclass(kind.settings_type, Settings):
        raise BrokenRuleError(f"its settings_type is {kind.settings_type!r}, not derived from Settings")
    for dataset in datasets():
        for profile in PROFILES:
            preset(kind, dataset, profile)
    for key, value in subject.settings.model_dump().items():
        if not isinstance(value, bool | int | float | str):
            raise BrokenRuleError(f"its setting {key!r} is {value!r}, of the type {type(value).__name__}")


def requires_what_exists(subject: Subject) -> None:
    """Check that the methods it requires exist, form no circle, and can be fitted."""
    _follow(subject.kind, ())
    if len(set(subject.kind.requires)) < len(subject.kind.requires):
        raise BrokenRuleError(f"it requires a method twice: {', '.join(subject.kind.requires)}")
    _ = subject.required


def _follow(kind: type[Method], above: tuple[str, ...]) -> None:
    if kind.name in above:
        raise BrokenRuleError(f"it requires itself: {' → '.join((*above, kind.name))}")
    for other in kind.requires:
        _follow(find_method(other), (*above, kind.name))


def can_be_created(subject: Subject) -> None:
    """Check that an instance has the settings and size it was given, and knows K before it is fitted."""
    method = subject.create()
    if method.settings != subject.settings or method.image_size != SIZE:
        raise BrokenRuleError("an instance has other settings, or another image_size, than it was given")
    count: object = method.keypoints
    if not isinstance(count, int) or count < 1:
        raise BrokenRuleError(f"its keypoints are {count!r}")
    wanted = getattr(method.settings, "keypoints", method.keypoints)
    if method.keypoints != wanted:
        raise BrokenRuleError(f"its setting keypoints is {wanted}, and it has {method.keypoints}")
    if not all(isinstance(value, str) for value in method.resolved.values()):
        raise BrokenRuleError(f"resolved holds what is not text: {method.resolved}")


def learns_only_from_images(subject: Subject) -> None:
    """Check that neither ``fit`` nor ``predict`` asks its images for more than an image set has, or opens a dataset."""
    with suppress(Exception, SystemExit):  # that they run at all is another rule
        _ = subject.points
    if subject.watch.asked:
        raise BrokenRuleError(f"it asks its images for {subject.watch.asked[0]!r}, which no ImageSet has")
    if subject.watch.opened:
        raise BrokenRuleError(f"it opens the dataset {subject.watch.opened[0]!r} by itself")


def can_be_fitted(subject: Subject) -> None:
    """Check that ``fit`` ends, says what it did in numbers that a record can hold, and leaves no folder behind."""
    subject.fit()
    result = subject.result
    if not isinstance(result, FitResult):
        raise BrokenRuleError(f"fit returns {type(result).__name__}, not a FitResult")
    numbers = {"seconds": result.seconds, "steps": result.steps, "images_per_second": result.images_per_second}
    numbers |= {f"curves[{name!r}]": value for name, values in result.curves.items() for value in values}
    wrong = [f"{name} is {value}" for name, value in numbers.items() if not math.isfinite(value)]
    if wrong:
        raise BrokenRuleError(f"its FitResult is not finite: {wrong[0]}")
    if not isinstance(result.steps, int):
        raise BrokenRuleError(f"its FitResult has {result.steps!r} steps, which is no whole number")
    if min(result.seconds, result.steps, result.images_per_second) < 0:
        raise BrokenRuleError("its FitResult has a negative number of seconds, steps or images a second")
    if len({len(values) for values in result.curves.values()}) > 1:
        raise BrokenRuleError("the curves of its FitResult are not of one length")
    if subject.left:
        raise BrokenRuleError(f"fit leaves the folder {subject.left[0]!r} in context.folder")


def spares_global_generators(subject: Subject) -> None:
    """Check that neither ``fit`` nor ``predict`` draws from, or seeds, a random generator of the whole process."""
    _ = subject.points
    if subject.watch.moved:
        raise BrokenRuleError(f"it draws from or seeds the global generator of {' and '.join(subject.watch.moved)}")


def is_fixed_by_its_seed(subject: Subject) -> None:
    """Check that two instances fitted with one seed predict the same."""
    apart = np.abs(subject.predict(subject.fit()) - subject.points)
    if apart.any():
        image, keypoint, _ = np.unravel_index(apart.argmax(), apart.shape)
        where = f"image {image}, keypoint {keypoint}"
        raise BrokenRuleError(f"two fits with seed 0 differ by {apart.max():.2g} at {where}")


def keeps_its_state_to_itself(subject: Subject) -> None:
    """Check that fitting another instance, on other images, changes nothing for the first."""
    subject.fit(seed=1, variation=1)
    if not np.array_equal(subject.predict(subject.fitted), subject.points):
        raise BrokenRuleError("after another instance was fitted, the first one predicts something else")


LACK = "no depth maps"
"""Words in the error of images without depth."""
IN_FIT, IN_PREDICT = 'depth = "train"', 'depth = "test"'
"""Words by which a class says where it reads them."""

ResultT = TypeVar("ResultT")


def is_honest_about_depth(subject: Subject) -> None:
    """Check that it works without depth maps exactly where it says so, and else passes on the images' own error."""
    kind, flat = subject.kind, subject.images(depth=False)
    if kind.depth == "train":
        _expect_refusal("fit", IN_FIT, lambda: subject.fit(depth=False))
    elif kind.depth == "none":
        _expect_success("fit", IN_FIT, lambda: subject.fit(depth=False))
    if kind.depth == "test":
        _expect_refusal("predict", IN_PREDICT, lambda: subject.predict(subject.fitted, flat))
        return
    points = _expect_success("predict", IN_PREDICT, lambda: subject.predict(subject.fitted, flat))
    if not np.array_equal(points, subject.points):
        raise BrokenRuleError("without depth maps it predicts something else")


def _expect_refusal(part: str, said: str, act: Callable[[], object]) -> None:
    try:
        act()
    except DkpError as error:
        if LACK in error.problem:
            return
        raise
    raise BrokenRuleError(f"it says {said}, and {part} works without depth maps")


def _expect_success(part: str, said: str, act: Callable[[], ResultT]) -> ResultT:
    try:
        return act()
    except DkpError as error:
        if LACK in error.problem:
            raise BrokenRuleError(f"{part} reads depth maps, and the class does not say {said}") from error
        raise
