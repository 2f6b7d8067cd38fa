"""The scores of a stored run, computed anew from its predictions, whatever is in the files."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from dkp_bench.array_files import DAMAGE
from dkp_bench.bundle.tree import Tree
from dkp_bench.errors import DkpError
from dkp_bench.records.annotations import Annotations
from dkp_bench.records.predictions import run_predictions
from dkp_bench.records.rescored import wrong_scores
from dkp_bench.records.store import Run

MOST_KEYPOINTS = 1024
"""A regression takes their number squared in memory."""
FAILURES = (DkpError, *DAMAGE)
"""What reading or scoring crafted files may raise."""


def check_scores(tree: Tree, file: str, run: Run, annotations: Annotations) -> list[str]:
    """What is wrong with the scores of a record, in words.

    Args:
        tree: the results root.
        file: the record's path in it.
        run: the run; its files are there and have the hashes of the record.
        annotations: what it was scored against.
    """
    try:
        with quiet():
            return _wrong_keypoints(run) or wrong_scores(run, annotations)
    except FAILURES as error:
        return [in_words(tree, file, error)]


@contextmanager
def quiet() -> Iterator[None]:
    """Crafted numbers overflow and old files are converted: what counts is whether the scores are the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def in_words(tree: Tree, file: str, error: Exception) -> str:
    """An error about a file, without repeating where the file lies."""
    text = error.problem if isinstance(error, DkpError) else f"{type(error).__name__}: {error}"
    for root in (tree.root.absolute(), tree.root):
        text = text.replace(f"{root}/", "")
    return text.removeprefix(f"{file}: ")


def _wrong_keypoints(run: Run) -> list[str]:
    predictions, stated = run_predictions(run), run.record.identity.keypoints
    found = {predictions.fit.shape[1], predictions.test.shape[1]}
    if found != {stated}:
        return [f"says {stated} keypoints; its predictions have {' and '.join(map(str, sorted(found)))}"]
    return [f"has more than {MOST_KEYPOINTS} keypoints"] if stated > MOST_KEYPOINTS else []
