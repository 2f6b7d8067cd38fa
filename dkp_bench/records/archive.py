"""Keeping finished runs for good: what belongs to them is stored once, under the SHA-256 of its content."""

from collections.abc import Iterable
from pathlib import Path

from dkp_bench.errors import DkpError
from dkp_bench.files import write_bytes, write_json
from dkp_bench.records.annotations import Annotations, keep_annotations, read_annotations
from dkp_bench.records.layout import RECORD, object_path
from dkp_bench.records.predictions import FILE as PREDICTIONS
from dkp_bench.records.predictions import is_recomputed, run_predictions, score_predictions
from dkp_bench.records.schema import Score
from dkp_bench.records.store import SAMPLES, Run, read_record

KEPT = (PREDICTIONS, SAMPLES)
"""Files that are kept with a record; weights are large, and what they predicted is here."""


def annotations_of_run(run: Run) -> Annotations:
    """What a run was scored against, from its own results root.

    Raises:
        DkpError: if the results root does not have it, or has it damaged.
    """
    annotations = read_annotations(run.root, run.record.identity)
    if annotations is None:
        problem = f"{run.root} has no annotations of {run.record.identity.dataset}, which {run.path} was scored against"
        raise DkpError(problem, f"dkp-bench score {run.path}")
    return annotations


def wrong_scores(run: Run, annotations: Annotations) -> list[str]:
    """Those scores of a record that its stored predictions do not give, in words; empty where all are right.

    Raises:
        DkpError: if the predictions are missing, damaged, or do not fit the annotations.
    """
    stored, computed = _by_name(run.record.scores), _by_name(score_predictions(annotations, run_predictions(run)))
    absent = [f"{name} is not in the record" for name in computed.keys() - stored.keys()]
    surplus = [f"{name} cannot be computed" for name in stored.keys() - computed.keys()]
    both = [name for name in stored if name in computed]
    moved = [] if both == [name for name in computed if name in stored] else ["the scores stand in another order"]
    wrong = [f"{name} {what}" for name in both for what in _difference(stored[name], computed[name])]
    return sorted([*absent, *surplus, *moved, *wrong])


def archive(run: Run, root: Path) -> Run:
    """Keep a run in a results root: its record, predictions, sample images and annotations, written atomically.

    Raises:
        DkpError: if the run was not made from committed code, a file of it is missing or damaged, its predictions do
            not give its scores, or another run of the same identity is kept already.
    """
    if run.record.provenance.git_clean is not True:
        problem = f"{run.path} was made by code that is not committed, so nobody could make it again"
        raise DkpError(problem, "commit, and run it again from a clean checkout")
    annotations = annotations_of_run(run)
    wrong = wrong_scores(run, annotations)
    if wrong:
        raise DkpError(
            f"{run.path} does not have the scores of its predictions: {wrong[0]}", f"dkp-bench score {run.path}"
        )
    folder = root / run.path.absolute().relative_to(run.root)
    if (folder / RECORD).exists() and read_record(folder / RECORD) != run.record:
        raise DkpError(f"{folder} is another run of the same identity", f"to replace it, first: rm -r {folder}")
    keep_annotations(root, annotations)
    for name in KEPT:
        if name in run.record.files:
            write_bytes(
                object_path(root, run.record.files[name], Path(name).suffix), run.checked_file(name).read_bytes()
            )
    write_json(folder / RECORD, run.record.model_dump(mode="json"))
    return Run(folder, run.record)


def _by_name(scores: Iterable[Score]) -> dict[str, Score]:
    return {f"{score.protocol} {score.metric}": score for score in scores}


def _difference(stored: Score, computed: Score) -> list[str]:
    """What is wrong with a stored score, in words; empty or one."""
    for field in ("unit", "higher_is_better"):
        if getattr(stored, field) != getattr(computed, field):
            return [f"has {field} {getattr(stored, field)!r} in the record and {getattr(computed, field)!r} computed"]
    if stored.per_joint.keys() != computed.per_joint.keys():
        return ["is not of the joints that it is of in the record"]
    pairs = {"": (stored.value, computed.value)}
    pairs |= {f"of {name} ": (stored.per_joint[name], computed.per_joint[name]) for name in stored.per_joint}
    return [
        f"{what}is {one!r} in the record and {other!r} computed"
        for what, (one, other) in pairs.items()
        if not is_recomputed(one, other)
    ][:1]
