"""Which frozen results: the version, and the commit they were made from."""

import re
from dataclasses import dataclass
from datetime import datetime

from dkp_bench.errors import DkpError

VERSION = re.compile(r"v?((?:0|[1-9][0-9]{0,5})(?:\.(?:0|[1-9][0-9]{0,5})){1,2})")


@dataclass(frozen=True)
class Edition:
    """One frozen version of the results.

    Attributes:
        version: such as ``1.0`` or ``1.2.3``.
        commit: hash of the git commit it was made from.
        committed: when that commit was made, in UTC; the only date a bundle knows, so that it can be made again.
    """

    version: str
    commit: str
    committed: datetime

    @property
    def name(self) -> str:
        """Name of the bundle and of its folder."""
        return bundle_name(self.version)


def bundle_name(version: str) -> str:
    """Name of the bundle with a version."""
    return f"dkp-bench-results-{version}"


def parse_version(text: str) -> str:
    """``1.0`` from ``1.0`` or ``v1.0``.

    Raises:
        DkpError: if the text is not two or three numbers with dots between.
    """
    found = VERSION.fullmatch(text)
    if found is None:
        raise DkpError(f"{text!r} is not a version of a bundle", "write it as v1.0, 1.0 or 1.2.3")
    return found[1]
