"""The language of hypotheses: which error is to be smaller than which, or as large, or to follow which.

    autolink                        the error of an arm
    student@6400                    of an arm at a level; student@6400,cosine with two axes, in their order
    student@6400/autolink@6400      the ratio of two errors

    student@0.1 < autolink          smaller
    student@0.1 <= autolink         not larger by more than the margin
    silhouette ~ depth              as large, within the margin
    student@* < autolink@*          at each level, which is the same on both sides
    student follows teacher         over all levels, one goes up and down with the other

``>`` and ``>=`` are ``<`` and ``<=`` with the sides exchanged. All but the last are one thing: a contrast, which is a
sum of logarithms of errors with signs. It is below 0 where the left side is smaller.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from dkp_bench.errors import DkpError, printable

Relation = Literal["<", "<=", "~", "follows"]
EVERY = "*"
"""Stands for each level in turn."""
TURNED: dict[str, Relation] = {">": "<", ">=": "<="}

_SIDES = re.compile(r"\s*(.+?)\s*(?:(<=|>=|<|>|~)|\s(follows)\s)\s*(.+?)\s*")
_TERM = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.+-]*)(?:@([A-Za-z0-9_.+*-]+(?:,[A-Za-z0-9_.+*-]+)*))?")
_EXAMPLES = "such as 'student@0.1 < autolink', 'silhouette ~ depth' or 'student follows teacher'"


@dataclass(frozen=True)
class Term:
    """The error of an arm.

    Attributes:
        arm: its name.
        levels: names of levels, one for each axis; none where the arm is at one level only.
    """

    arm: str
    levels: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.arm}@{','.join(self.levels)}" if self.levels else self.arm

    def at(self, level: str) -> "Term":
        """Return the term with a level in place of ``*``."""
        return replace(self, levels=tuple(level if each == EVERY else each for each in self.levels))


@dataclass(frozen=True)
class Claim:
    """One line of a hypothesis.

    Attributes:
        relation: of the two sides; ``>`` is turned round.
        smaller: the left side: one error, or two whose ratio it is.
        larger: the right side, likewise.
    """

    relation: Relation
    smaller: tuple[Term, ...]
    larger: tuple[Term, ...]

    def __str__(self) -> str:
        return f"{_side(self.smaller)} {self.relation} {_side(self.larger)}"

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every error that it speaks of: left side, right side."""
        return (*self.smaller, *self.larger)

    @property
    def signs(self) -> tuple[int, ...]:
        """The sign of each term's logarithm in the contrast: left side minus right side.

        >>> parse_claim("a/b < c").signs, parse_claim("a < b/c").signs
        ((1, -1, -1), (1, -1, 1))
        """
        return (*(1, -1)[: len(self.smaller)], *(-1, 1)[: len(self.larger)])

    @property
    def every(self) -> bool:
        """True if it speaks of every level."""
        return any(EVERY in term.levels for term in self.terms)

    def at(self, level: str) -> "Claim":
        """Return the claim with a level in place of ``*``."""
        return Claim(self.relation, *(tuple(term.at(level) for term in side) for side in (self.smaller, self.larger)))


def parse_claim(text: str) -> Claim:
    """Return a claim as it is written.

    Raises:
        DkpError: if it is none.

    >>> str(parse_claim("student@800/autolink@800 > student@6400/autolink@6400"))
    'student@6400/autolink@6400 < student@800/autolink@800'
    """
    found = _SIDES.fullmatch(text)
    sides = [_terms(side) for side in found.group(1, 4)] if found else []
    if not found or not all(sides):
        raise DkpError(f"cannot read {printable(repr(text))} as a hypothesis", f"write it {_EXAMPLES}")
    operator = found[2] or found[3]
    if operator in TURNED:
        return Claim(TURNED[operator], sides[1], sides[0])
    if operator == "follows" and any(len(side) > 1 or side[0].levels for side in sides):
        raise DkpError(f"{printable(text)}: one arm follows another over all levels", "name two arms without a level")
    return Claim(operator, sides[0], sides[1])  # type: ignore[arg-type]


def level_name(value: bool | float | str) -> str:
    """Return the name of a level: how hypotheses write a value of a setting.

    >>> level_name(0.10), level_name(6400), level_name(True)
    ('0.1', '6400', 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _terms(side: str) -> tuple[Term, ...]:
    """Return one error, or the two of a ratio; nothing where it is neither."""
    found = [_TERM.fullmatch(part.strip()) for part in side.split("/")]
    if len(found) > 2:
        return ()
    terms = [Term(each[1], tuple(each[2].split(",")) if each[2] else ()) for each in found if each]
    return tuple(terms) if len(terms) == len(found) else ()


def _side(terms: tuple[Term, ...]) -> str:
    return "/".join(map(str, terms))
