"""Running a job: fit, predict, score, and leave a record. What is finished is reused, what was cut off goes on."""

import time
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from dkp_bench.datasets.base import Dataset
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256, write_json
from dkp_bench.methods import FitContext, FitReport, Method, find_method
from dkp_bench.progress import Reporter
from dkp_bench.records.annotations import Annotations, annotations_of, keep_annotations
from dkp_bench.records.job import Job, own_overrides
from dkp_bench.records.layout import RECORD
from dkp_bench.records.lock import sole
from dkp_bench.records.predictions import Predictions, run_predictions, score_predictions, write_predictions
from dkp_bench.records.provenance import provenance
from dkp_bench.records.samples import write_samples
from dkp_bench.records.schema import Record, Timings
from dkp_bench.records.store import Run, read_record
from dkp_bench.training.checkpoint import FILE as CHECKPOINT
from dkp_bench.training.parallel import is_main, on_main

CODE = "code.txt"
"""Holds the code hash of a run that is under way, so that a checkpoint of other code is never resumed."""


def open_run(folder: Path) -> Run:
    """The finished run in a folder.

    Raises:
        DkpError: if there is none, or its record is damaged.
    """
    if not (folder / RECORD).is_file():
        hint = f"a finished run's folder has a {RECORD}; they lie in DATASET/PROFILE/METHOD/ of the folder of runs"
        raise DkpError(f"{folder} is not the folder of a finished run", hint)
    return Run(folder, read_record(folder / RECORD))


def finished(job: Job) -> Run | None:
    """The finished run of a job, None if there is none or the code that trains it has changed since."""
    path = job.folder / RECORD
    if not path.exists():
        return None
    record = read_record(path)
    return Run(job.folder, record) if record.provenance.code_hash == job.code_hash else None


def complete(job: Job, report: Reporter | None = None) -> Run:
    """The finished run of a job: the stored one, scored anew, or a new one.

    Of several processes all fit, and the main one does the rest.

    Raises:
        BusyError: if another command is at work on the same run.
        DkpError: if the method cannot be fitted here, with what is missing.
    """
    run = on_main(lambda: finished(job))
    if run is None:
        with sole(job.folder):
            run = on_main(lambda: finished(job))  # another process may have finished it a moment ago
            if run is None:
                return _execute(job, report if is_main() else None)
    return on_main(lambda: rescore(run, keep_annotations(job.runs, annotations_of(job.dataset))))


def rescore(run: Run, annotations: Annotations) -> Run:
    """Compute a run's scores from its stored predictions again, and write them down if they changed.

    Raises:
        DkpError: if the annotations are not those of the dataset that the run was made on, or the predictions are
            damaged: their hash is not the record's.
    """
    _check_content(run, annotations.dataset, annotations.dataset_hash)
    scores = score_predictions(annotations, run_predictions(run))
    return run if scores == run.record.scores else _changed(run, run.record.model_copy(update={"scores": scores}))


def redraw(run: Run, dataset: Dataset) -> Run:
    """Draw a run's sample images again, from its stored weights and predictions.

    Raises:
        DkpError: if the weights or predictions are missing or damaged, or the dataset is another one.
    """
    _check_content(run, dataset.name, dataset.content_hash())
    write_samples(run.path, dataset, load_method(run), run_predictions(run))
    return _changed(run, run.record.model_copy(update={"files": _hashes(run.path)}))


def load_method(run: Run) -> Method:
    """The method of a run, with its stored weights.

    Raises:
        DkpError: if the weights are missing, or the method no longer has the settings it was trained with.
    """
    identity = run.record.identity
    kind = find_method(identity.method)
    try:
        settings = kind.settings_type.model_validate(run.record.settings)
    except ValidationError as error:
        problem = f"{run.path} was made with settings that {identity.method} does not have: {error}"
        raise DkpError(problem, f"use dkp-bench {identity.version}, which made it, or train it again") from error
    method = kind(settings, identity.image_size)
    method.load(run.path)
    return method


def _check_content(run: Run, dataset: str, here: str) -> None:
    made_on = run.record.identity.dataset_hash
    if made_on != here:
        problem = f"{run.path} was made on {dataset} with the content {made_on}, and what is here has {here}"
        raise DkpError(problem, "other images or labels give other numbers: train again to have scores on these")


def _changed(run: Run, record: Record) -> Run:
    write_json(run.path / RECORD, record.model_dump(mode="json"))
    return Run(run.path, record)


def fitted(job: Job, report: Reporter | None = None) -> Method:
    """The method of a job, fitted: loaded from its finished run, which is made first where it is missing."""
    run = complete(job, report)
    method = job.create()
    method.load(run.path)
    return method


def _execute(job: Job, report: Reporter | None) -> Run:
    required = {name: fitted(part, report) for name, part in job.required.items()}
    on_main(lambda: _clear_leftovers(job.folder, job.code_hash))
    started = datetime.now(UTC)
    method, report = job.create(), _named(report, f"{job.name}, seed {job.seed}")
    fit = method.fit(job.dataset.images("train"), FitContext(job.seed, str(job.device), job.folder, required, report))
    return on_main(lambda: _record(job, method, fit, started))


def _record(job: Job, method: Method, fit: FitReport, started: datetime) -> Run:
    """Save, predict, score, and write the record last: a folder with a record is a finished run."""
    folder = job.folder
    method.save(folder)
    clock = time.monotonic()
    predictions = Predictions(method.predict(job.dataset.images("fit")), method.predict(job.dataset.images("test")))
    seconds = time.monotonic() - clock
    annotations = keep_annotations(job.runs, annotations_of(job.dataset))
    scores = score_predictions(annotations, predictions)
    write_predictions(folder, predictions)
    write_samples(folder, job.dataset, method, predictions)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    times = started.isoformat(timespec="seconds"), datetime.now(UTC).isoformat(timespec="seconds")
    record = Record(
        identity=job.identity,
        inputs=method.inputs,
        settings=job.settings.model_dump(),
        overrides=_overrides(job),
        scores=scores,
        timings=_timings(fit, seconds),
        provenance=provenance(*times, job.device, fit.precision, job.code_hash),
        curves={name: list(values) for name, values in fit.curves.items()},
        files=_hashes(folder),
    )
    write_json(folder / RECORD, record.model_dump(mode="json"))
    return Run(folder, record)


def _overrides(job: Job) -> dict[str, bool | int | float | str]:
    """The settings that ``--set`` gave: the method's own, and ``METHOD.KEY`` of those it requires."""
    values = job.settings.model_dump()
    own = {key: values[key] for key in own_overrides(job.type, job.overrides)}
    required = {
        f"{part.name}.{key}": value for part in job.required.values() for key, value in _overrides(part).items()
    }
    return own | required


def _hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of what belongs to a run."""
    return {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.suffix in (".npz", ".safetensors")}


def _timings(fit: FitReport, predict_seconds: float) -> Timings:
    return Timings(
        fit_seconds=fit.seconds,
        predict_seconds=predict_seconds,
        steps=fit.steps,
        images_per_second=fit.images_per_second,
    )


def _clear_leftovers(folder: Path, code_hash: str) -> None:
    """Neither what other code left in ``folder`` nor a half-written file (named with a dot first) may enter a run."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / CODE
    changed = not mark.exists() or mark.read_text(encoding="utf-8") != code_hash
    for path in folder.iterdir():
        if changed or path.name.startswith("."):
            path.unlink()
    mark.write_text(code_hash, encoding="utf-8")


def _named(report: Reporter | None, name: str) -> Reporter | None:
    """The same report under a job's name."""
    if report is None:
        return None

    def named(what: str, done: int, total: int, note: str = "") -> None:
        report(name, done, total, note)

    return named
