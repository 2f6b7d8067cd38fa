"""Tiers of methods that can't be told apart, in place of ranks that the next seed would change."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Method = TypeVar("Method")


def tiers(ordered: Sequence[Method], told_apart: Callable[[Method, Method], bool]) -> tuple[tuple[Method, ...], ...]:
    """Sort methods into tiers.

    The best opens the first tier, and all that can't be told apart *from it* join; the best of the others opens the
    next. "Can't be told apart" does not carry over: A and B may be alike, B and C too, and A and C not. No partition
    keeps all pairs together that are alike. This one says of every method in a lower tier that it was told apart from
    the one that opens each higher tier; of two methods neither of which opens a tier it says nothing.

    Args:
        ordered: methods, the best first.
        told_apart: whether two of them, the better first, are told apart.

    Returns:
        The tiers, the best first; each in the order given.
    """
    found: list[list[Method]] = []
    for method in ordered:
        tier = next((tier for tier in found if not told_apart(tier[0], method)), None)
        if tier is None:
            found.append([method])
        else:
            tier.append(method)
    return tuple(tuple(tier) for tier in found)
