"""Runs that are kept for good, in a bundle or among the stored baselines: they are read and never changed."""

from dkp_bench.errors import DkpError
from dkp_bench.records.layout import OBJECTS, PREDICTIONS
from dkp_bench.records.remedies import bundle_of, command_again, is_stored
from dkp_bench.records.store import Run


def is_kept(run: Run) -> bool:
    """Whether a run lies in a bundle, among stored baselines, or where files are named by their content as there."""
    found = run.find(PREDICTIONS)
    among_objects = found is not None and found.parent.name == OBJECTS
    return bundle_of(run.path) is not None or is_stored(run.path) or among_objects


def refuse_kept(run: Run) -> None:
    """Stop before a run that is kept for good is changed.

    Raises:
        DkpError: if it is.
    """
    if is_kept(run):
        problem = f"{run.path} is kept for good, in a bundle or among stored results, and those are never changed"
        raise DkpError(problem, f"make a run like it: {command_again(run.record)}")
