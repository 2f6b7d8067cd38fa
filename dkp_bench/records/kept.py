"""Runs that are kept for good, in a bundle or among the stored baselines: they are read and never changed."""

from pathlib import Path

from dkp_bench.errors import DkpError
from dkp_bench.records.layout import OBJECTS
from dkp_bench.records.predictions import FILE as PREDICTIONS
from dkp_bench.records.store import Run

BAG = ("bagit.txt", "manifest-sha256.txt")
"""Stand in the top folder of every bundle."""
STORED = Path("results", "baselines")
"""Where a checkout has its stored baselines."""


def is_kept(run: Run) -> bool:
    """Whether a run lies in a bundle, among stored baselines, or where files are named by their content as there."""
    folder = run.path.resolve()
    in_bundle = any((above / mark).is_file() for above in folder.parents for mark in BAG)
    in_baselines = any(above.parts[-2:] == STORED.parts for above in folder.parents)
    found = run.find(PREDICTIONS)
    return in_bundle or in_baselines or (found is not None and found.parent.name == OBJECTS)


def refuse_kept(run: Run) -> None:
    """Stop before a run that is kept for good is changed.

    Raises:
        DkpError: if it is.
    """
    if is_kept(run):
        problem = f"{run.path} is kept for good, in a bundle or among stored results, and those are never changed"
        raise DkpError(problem, "make the run again, with dkp-bench train, or copy it to change the copy")
