"""The rule of depth maps: they are read exactly where the class says so."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from dkp_bench.errors import DkpError
from dkp_bench.method_contract.subject import BrokenRuleError, Subject

LACK = "no depth maps"
"""What the error of images without depth says."""
IN_FIT, IN_PREDICT = "fits_on_depth = True", 'inputs = "depth"'
"""How a class says where it reads them."""

ResultT = TypeVar("ResultT")


def is_honest_about_depth(subject: Subject) -> None:
    """It works without depth maps exactly where it says so, and passes on the images' own error elsewhere."""
    kind, flat = subject.kind, subject.images(depth=False)
    if kind.fits_on_depth:
        _expect_refusal("fit", IN_FIT, lambda: subject.fit(depth=False))
    else:
        _expect_success("fit", IN_FIT, lambda: subject.fit(depth=False))
    if kind.inputs == "depth":
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
