"""Storing finished runs for good: each file that belongs to them once, under the SHA-256 of its content."""

import hashlib
from pathlib import Path

from dkp_bench.errors import DkpError, shell_command
from dkp_bench.files import sha256, write_bytes, write_json
from dkp_bench.progress import say
from dkp_bench.runs.annotations import Annotations, read_annotations, store_annotations
from dkp_bench.runs.layout import KEPT_WEIGHTS, RECORD, STORED_FILES, object_path
from dkp_bench.runs.needed_weights import needed_weights
from dkp_bench.runs.rescore import update_command, wrong_scores
from dkp_bench.runs.run import Run, read_record
from dkp_bench.runs.schema import Record
from dkp_bench.runs.smoke import no_result
from dkp_bench.training.inference import WEIGHTS_FILE


def annotations_of_run(run: Run) -> Annotations:
    """Return what a run was scored against, from its own results root.

    Raises:
        DkpError: if the results root does not have it, or has it damaged.
    """
    annotations = read_annotations(run.root, run.record.identity)
    if annotations is None:
        problem = f"{run.root} has no annotations of {run.record.identity.dataset}, which {run.path} was scored against"
        raise DkpError(problem, update_command(run))
    return annotations


def store_run(run: Run, root: Path, *, weights: bool = True) -> Run:
    """Store a run in a results root: its record, predictions, sample images and annotations, written atomically.

    Of its weights, what predictions need is kept in half precision, and the stored record names that file beside those
    of the run. A run that is stored already stays as it is.

    Args:
        run: finished.
        root: the results root to keep it in.
        weights: whether to keep what predictions need of the weights.

    Raises:
        DkpError: if it is a smoke run, it was not made from committed code, a file of it is missing or damaged, its
            predictions do not give its scores, its weights do not fit it or give other keypoints in half precision, or
            another run of the same identity is stored already.
    """
    if run.record.identity.smoke:
        raise no_result(run.path)
    if run.record.provenance.git_clean is not True:
        problem = f"{run.path} was made by code that is not committed, so it could not be made again"
        raise DkpError(problem, "commit, and run it again from a clean checkout")
    annotations = annotations_of_run(run)
    wrong = wrong_scores(run, annotations)
    if wrong:
        raise DkpError(
            f"{run.path} does not have the scores of its predictions: {wrong[0]}",
            update_command(run),
        )
    folder = root / run.path.absolute().relative_to(run.root)
    there = read_record(folder / RECORD) if (folder / RECORD).exists() else None
    if there and _without_kept_weights(there) != _without_kept_weights(run.record):
        raise DkpError(
            f"{folder} is another run of the same identity",
            f"to replace it, first: {shell_command('rm', '-r', folder)}",
        )
    store_annotations(root, annotations)
    for name in STORED_FILES:
        if name in run.record.files:
            _store_file(run.checked_file(name), object_path(root, run.record.files[name], Path(name).suffix))
    if there is None:
        there = _with_kept_weights(run, root) if weights else run.record
        write_json(folder / RECORD, there.model_dump(mode="json"))
    elif weights and KEPT_WEIGHTS not in there.files and (run.path / WEIGHTS_FILE).is_file():
        say(
            f"{folder} is stored without weights and stays so; to keep them, first: {shell_command('rm', '-r', folder)}"
        )
    return Run(folder, there)


def _without_kept_weights(record: Record) -> Record:
    files = {name: digest for name, digest in record.files.items() if name != KEPT_WEIGHTS}
    return record.model_copy(update={"files": files})


def _with_kept_weights(run: Run, root: Path) -> Record:
    """Store what predictions need of a run's weights, and return the record that names it."""
    if WEIGHTS_FILE not in run.record.files or KEPT_WEIGHTS in run.record.files:
        return run.record
    if not (run.path / WEIGHTS_FILE).is_file():
        say(f"{run.path} has no {WEIGHTS_FILE}, and is stored without weights")
        return run.record
    try:
        content = needed_weights(run)
    except DkpError as error:
        raise DkpError(error.problem, f"{error.hint}\n--no-weights stores it without".strip()) from error
    digest = hashlib.sha256(content).hexdigest()
    write_bytes(object_path(root, digest, Path(KEPT_WEIGHTS).suffix), content)
    return run.record.model_copy(update={"files": {**run.record.files, KEPT_WEIGHTS: digest}})


def _store_file(file: Path, target: Path) -> None:
    """Copy a file to the name that its content gives it; what is there already stays untouched."""
    if not (target.is_file() and sha256(target) == target.stem):
        write_bytes(target, file.read_bytes())
