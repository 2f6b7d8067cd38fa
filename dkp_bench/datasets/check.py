"""What was found in a dataset's files, against what was expected."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: it was, such as ``images of the test split``.
        found: a count, a range or a size.
        expected: the same as it should be; empty where nothing particular is.
        offenders: each name that is wrong, with what is wrong about it.
        ok: whether all is well; what is merely unusual (fewer images than published) is.
    """

    what: str
    found: str
    expected: str = ""
    offenders: list[str] = field(default_factory=list)
    ok: bool = True

    def as_json(self) -> dict[str, Any]:
        """For machines: every offender is listed."""
        return asdict(self)


def compare(what: str, found: object, expected: object) -> Finding:
    """A finding that is well if both are equal."""
    return Finding(what, str(found), str(expected), ok=found == expected)


def offenders(what: str, total: int, names: list[str]) -> Finding:
    """A finding about ``total`` things of which those in ``names`` are wrong."""
    return Finding(what, f"{total - len(names):,} of {total:,} are well", offenders=names, ok=not names)
