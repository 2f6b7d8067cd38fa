"""Findings: one thing found in a dataset's files each, against what was expected."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from dkp_bench.errors import DkpError


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: it was, such as ``images of the test split``.
        found: a count, a range or a size.
        expected: the same as it should be; empty where nothing particular is. Whoever states it compares it: see
            :func:`compare`, :func:`expect` and :func:`share`.
        offenders: each name that is wrong, with what is wrong about it.
        ok: whether all is as expected; what is merely unusual (fewer images than published) is.
    """

    what: str
    found: str
    expected: str = ""
    offenders: list[str] = field(default_factory=list)
    ok: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the finding for machines: every offender is listed."""
        return asdict(self)

    def __str__(self) -> str:
        expected = f", expected {self.expected}" if self.expected else ""
        named = f": {self.offenders[0]}" if self.offenders else ""
        more = f" and {len(self.offenders) - 1:,} more" if len(self.offenders) > 1 else ""
        return f"{self.what}: {self.found}{expected}{named}{more}"


def expect_equal(what: str, found: object, expected: object) -> Finding:
    """Return a finding that is ok if both are equal."""
    return Finding(what, str(found), str(expected), ok=found == expected)


def expect(what: str, found: str, expected: str, ok: bool, wrong: Iterable[str] = ()) -> Finding:
    """Return a finding that is ok if ``ok``, which must be what ``expected`` says; ``wrong`` names what is not so."""
    return Finding(what, found, expected, list(wrong), ok=bool(ok))


def share(what: str, part: int, total: int, *, most: float, wrong: Iterable[str] = ()) -> Finding:
    """Return a finding about ``part`` of ``total`` things, which is ok up to the share ``most``.

    >>> print(share("joints outside", 30, 400, most=0.02))
    joints outside: 30 of 400, expected at most 8 (2%)
    """
    expected = f"at most {int(most * total):,} ({most:.0%})"
    return expect(what, f"{part:,} of {total:,}", expected, part <= most * total, wrong)


def offenders(what: str, total: int, names: list[str]) -> Finding:
    """Return a finding about ``total`` things of which those in ``names`` are wrong."""
    return Finding(what, f"{total - len(names):,} of {total:,} are ok", offenders=names, ok=not names)


def refuse_wrong(findings: Iterable[Finding], start: str, hint: str) -> None:
    """Raise if a finding is not ok.

    Args:
        findings: about files or labels.
        start: of the error, such as the dataset's name and folder.
        hint: what to do.

    Raises:
        DkpError: with everything that is wrong, a line each.
    """
    if wrong := [str(finding) for finding in findings if not finding.ok]:
        raise DkpError("\n".join([start, *wrong]) if len(wrong) > 1 else f"{start} {wrong[0]}", hint)
