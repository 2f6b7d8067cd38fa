"""The scores that stored predictions give today, beside those of the record.

A run in a bundle or among the stored baselines is frozen: its record is read and never changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dkp_bench.errors import DkpError, shell_command
from dkp_bench.files import write_json
from dkp_bench.runs.annotations import Annotations, store_annotations
from dkp_bench.runs.hints import bundle_of, is_stored, rerun_command
from dkp_bench.runs.layout import OBJECTS, PREDICTIONS, RECORD
from dkp_bench.runs.predictions import is_recomputed, run_predictions, score_predictions
from dkp_bench.runs.run import Run
from dkp_bench.scoring import Score


def is_frozen(run: Run) -> bool:
    """Return whether a run lies in a bundle, among stored baselines, or where files are named by content as there."""
    found = run.find(PREDICTIONS)
    among_objects = found is not None and found.parent.name == OBJECTS
    return bundle_of(run.path) is not None or is_stored(run.path) or among_objects


def refuse_frozen(run: Run, instead: str = "") -> None:
    """Raise if a run is frozen, before it is changed.

    Args:
        run: to be changed.
        instead: another way than to make a run like it, for the error.

    Raises:
        DkpError: if it lies in a bundle or among the stored baselines, with the command that makes one like it.
    """
    if is_frozen(run):
        problem = f"{run.path} is kept for good, in a bundle or among stored results, and those are never changed"
        raise DkpError(problem, f"{instead}\nmake a run like it: {rerun_command(run.record)}".strip())


@dataclass(frozen=True)
class Recomputed:
    """A run with the scores that its stored predictions give today.

    Attributes:
        stored: the run as its record has it.
        run: the same where both agree but for rounding; else the run, in memory, with the scores computed.
        differences: in words, what of the record is not what its predictions give; empty where both agree.
    """

    stored: Run
    run: Run
    differences: tuple[str, ...]


def recompute_scores(run: Run, annotations: Annotations) -> Recomputed:
    """Compute a run's scores from its stored predictions, and compare them with its record's; nothing is written.

    Raises:
        DkpError: if the annotations are not those of the dataset that the run was made on, or the predictions are
            missing or damaged: their hash is not the record's.
    """
    check_content(run, annotations.dataset, annotations.dataset_hash)
    scores = score_predictions(annotations, run_predictions(run))
    differences = _differences(run.record.scores, scores)
    computed = Run(run.path, run.record.model_copy(update={"scores": scores})) if differences else run
    return Recomputed(run, computed, tuple(differences))


def update_scores(run: Run, annotations: Annotations) -> Run:
    """Write the scores that a run's stored predictions give into its record, where they differ; return the run.

    Raises:
        DkpError: as :func:`recompute_scores`; or if the run is frozen, see :func:`is_frozen`.
    """
    refuse_frozen(run)
    found = recompute_scores(run, annotations)
    store_annotations(run.root, annotations)
    if found.differences:
        write_json(run.path / RECORD, found.run.record.model_dump(mode="json"))
    return found.run


def update_command(run: Run) -> str:
    """Return the command that writes the scores of a run's predictions into its record."""
    return shell_command("dkp-bench", "score", run.path, "--update")


def wrong_scores(run: Run, annotations: Annotations) -> list[str]:
    """Return in words the scores of a record that its stored predictions do not give; empty where all are right.

    Raises:
        DkpError: if the predictions are missing, damaged, or do not fit the annotations.
    """
    return _differences(run.record.scores, score_predictions(annotations, run_predictions(run)))


def check_content(run: Run, dataset: str, here: str) -> None:
    """Raise unless a dataset's content is what a run was made on.

    Raises:
        DkpError: if it is other content.
    """
    made_on = run.record.identity.dataset_hash
    if made_on != here:
        problem = f"{run.path} was made on {dataset} with the content {made_on}, and what is here has {here}"
        raise DkpError(problem, "other images or labels give other numbers: train again to have scores on these")


def _differences(recorded: Iterable[Score], scores: Iterable[Score]) -> list[str]:
    stored, computed = _by_name(recorded), _by_name(scores)
    absent = [f"{name} is not in the record" for name in computed.keys() - stored.keys()]
    surplus = [f"{name} cannot be computed" for name in stored.keys() - computed.keys()]
    both = [name for name in stored if name in computed]
    moved = [] if both == [name for name in computed if name in stored] else ["the scores stand in another order"]
    wrong = [f"{name} {what}" for name in both for what in _difference(stored[name], computed[name])]
    return sorted([*absent, *surplus, *moved, *wrong])


def _by_name(scores: Iterable[Score]) -> dict[str, Score]:
    return {f"{score.protocol} {score.metric}": score for score in scores}


def _difference(stored: Score, computed: Score) -> list[str]:
    """Return what is wrong with a stored score, in words; empty or one."""
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
