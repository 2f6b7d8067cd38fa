"""Storing finished runs for good: each file that belongs to them once, under the SHA-256 of its content."""

from pathlib import Path

from dkp_bench.errors import DkpError, shell_command
from dkp_bench.files import sha256, write_bytes, write_json
from dkp_bench.runs.annotations import Annotations, read_annotations, store_annotations
from dkp_bench.runs.layout import PREDICTIONS, RECORD, SAMPLES, object_path
from dkp_bench.runs.rescore import update_command, wrong_scores
from dkp_bench.runs.run import Run, read_record
from dkp_bench.runs.smoke import no_result

STORED_FILES = (PREDICTIONS, SAMPLES)
"""Files that are stored with a record; weights are large, and what they predicted is here."""


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


def store_run(run: Run, root: Path) -> Run:
    """Store a run in a results root: its record, predictions, sample images and annotations, written atomically.

    Raises:
        DkpError: if it is a smoke run, it was not made from committed code, a file of it is missing or damaged, its
            predictions do not give its scores, or another run of the same identity is stored already.
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
    if (folder / RECORD).exists() and read_record(folder / RECORD) != run.record:
        raise DkpError(
            f"{folder} is another run of the same identity",
            f"to replace it, first: {shell_command('rm', '-r', folder)}",
        )
    store_annotations(root, annotations)
    for name in STORED_FILES:
        if name in run.record.files:
            _store_file(run.checked_file(name), object_path(root, run.record.files[name], Path(name).suffix))
    if not (folder / RECORD).exists():
        write_json(folder / RECORD, run.record.model_dump(mode="json"))
    return Run(folder, run.record)


def _store_file(file: Path, target: Path) -> None:
    """Copy a file to the name that its content gives it; what is there already stays untouched."""
    if not (target.is_file() and sha256(target) == target.stem):
        write_bytes(target, file.read_bytes())
