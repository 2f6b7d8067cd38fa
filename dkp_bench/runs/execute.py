"""Running a job: fit, predict, score, and leave a record. What is finished is reused, what was cut off goes on."""

import time
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from dkp_bench.datasets.base import Dataset
from dkp_bench.datasets.usable import require_usable
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256, write_json
from dkp_bench.methods import FitContext, FitResult, Method, find_method
from dkp_bench.presets import own_overrides
from dkp_bench.progress import Progress, say
from dkp_bench.runs import harness
from dkp_bench.runs.annotations import annotations_of, keep_annotations
from dkp_bench.runs.fitted import FITTED_FILE, fit_before, note_fit
from dkp_bench.runs.layout import RECORD
from dkp_bench.runs.predictions import run_predictions, score_predictions
from dkp_bench.runs.provenance import provenance
from dkp_bench.runs.remedies import command_again, without_weights
from dkp_bench.runs.rescored import check_content, refuse_kept, rescored, update_command
from dkp_bench.runs.run import SAMPLES, Run, read_record
from dkp_bench.runs.samples import write_samples
from dkp_bench.runs.schema import Record, Timings
from dkp_bench.runs.spec import Job
from dkp_bench.runs.workplace import make_ready, settle, sole, sweep_lock, tidy
from dkp_bench.tensor_files import halved_from
from dkp_bench.training.distributed import is_main, on_main


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
    return Run(job.folder, record) if job.was_trained_by(record.provenance.code_hash) else None


def complete(job: Job, progress: Progress | None = None) -> Run:
    """The finished run of a job: the stored one, or a new one.

    A stored one is not changed. Where its predictions do not give the scores of its record, that is said, and the run
    is returned, in memory, with those that they give. Of several processes all fit, and the main one does the rest.

    Raises:
        BusyError: if another command is at work on the same run.
        DkpError: if the method cannot be fitted here, with what is missing.
    """
    run = on_main(lambda: finished(job))
    if run is None:
        with sole(job.folder):
            run = on_main(lambda: _finished_meanwhile(job))
            if run is None:
                return _execute(job, progress if is_main() else None)
    stored = run
    return on_main(lambda: _reused(job, stored))


def _finished_meanwhile(job: Job) -> Run | None:
    """The run that another process has finished a moment ago, or one that a kill kept from its place."""
    settle(job.folder)
    return finished(job)


def sweep_run(run: Run) -> None:
    """Remove what a kill has left in and beside a finished run: its lock, and what it would have gone on from."""
    sweep_lock(run.path)
    tidy(run.path)


def _reused(job: Job, run: Run) -> Run:
    sweep_run(run)
    found = rescored(run, keep_annotations(job.runs, annotations_of(job.dataset)))
    if found.differences:
        say(f"the record of {run.path} does not have the scores of its predictions: {found.differences[0]}")
        say(f"to write those that they give: {update_command(run)}")
    return found.run


def redraw(run: Run, dataset: Dataset) -> Run:
    """Draw a run's sample images again, from its stored weights and predictions.

    Raises:
        DkpError: if the weights or predictions are missing or damaged, the dataset is another one, or the run is kept
            for good, in a bundle or among the stored baselines.
    """
    refuse_kept(run)
    check_content(run, dataset.name, dataset.content_hash())
    write_samples(run.path, dataset, load_method(run), run_predictions(run))
    files = run.record.files | {SAMPLES: sha256(run.path / SAMPLES)}
    if files != run.record.files:
        run = Run(run.path, run.record.model_copy(update={"files": files}))
        write_json(run.path / RECORD, run.record.model_dump(mode="json"))
    return run


def load_method(run: Run) -> Method:
    """The method of a run, with its stored weights.

    Raises:
        DkpError: if the weights are missing, damaged or not those that the record describes, or the method no longer
            has the settings it was trained with.
    """
    identity = run.record.identity
    kind = find_method(identity.method)
    try:
        settings = kind.settings_type.model_validate(run.record.settings)
    except ValidationError as error:
        problem = f"{run.path} was made with settings that {identity.method} does not have: {error}"
        command = command_again(run.record)
        raise DkpError(problem, f"use dkp-bench {identity.version}, which made it, or train one: {command}") from error
    return _loaded(kind(settings, identity.image_size), run)


def fitted(job: Job, progress: Progress | None = None) -> Method:
    """The method of a job, fitted: loaded from its finished run, which is made first where it is missing."""
    return _loaded(job.create(), complete(job, progress))


def _loaded(method: Method, run: Run) -> Method:
    """Load what a run has stored, after a look at the hashes: other weights would give other keypoints, unsaid.

    Weights that were halved to be carried away have another hash, and say which one they were made from.
    """
    for name, digest in run.record.files.items():
        if (run.path / name).is_file() and halved_from(run.path / name) != digest:
            run.checked_file(name)
    try:
        method.load(run.path)
    except DkpError as error:
        raise DkpError(error.problem, without_weights(run.path, run.root, run.record)) from error
    return method


def _execute(job: Job, progress: Progress | None) -> Run:
    require_usable(job.dataset)  # what would stop the score stops the training
    required = {name: fitted(part, progress) for name, part in job.required.items()}
    place = on_main(lambda: make_ready(job.folder, job.code_hash, job.was_trained_by))
    if place != job.folder:
        on_main(lambda: say(f"{job.folder} was made by other code: it is set aside once the new run is finished"))
    before = on_main(lambda: fit_before(place))
    started = datetime.now(UTC)
    method, progress = job.create(), _named(progress, f"{job.name}, seed {job.seed}")
    if before is None:
        context = FitContext(job.seed, str(job.device), place, required, progress)
        fit = harness.fit(job.name, method, job.dataset.images("train"), context)
    else:
        fit = before
        method.load(place)
    return on_main(lambda: _record(job, place, method, fit, started))


def _record(job: Job, place: Path, method: Method, fit: FitResult, started: datetime) -> Run:
    """Save, predict, score, and write the record last: a folder with a record is a finished run.

    What a run that is cut off here goes on from, its last checkpoint, stays until the record stands.
    """
    if not (place / FITTED_FILE).exists():
        method.save(place)
        note_fit(place, fit, method, job.create(), job.dataset.images("regression"))
    annotations = keep_annotations(job.runs, annotations_of(job.dataset))
    clock = time.monotonic()
    predictions = harness.predict(job.name, method, job.dataset, annotations, place, job.identity.keypoints)
    seconds = time.monotonic() - clock
    scores = score_predictions(annotations, predictions)
    harness.say_doubts(job.name, annotations, predictions)
    write_samples(place, job.dataset, method, predictions)
    times = started.isoformat(timespec="seconds"), datetime.now(UTC).isoformat(timespec="seconds")
    record = Record(
        identity=job.identity,
        inputs="depth" if method.depth == "test" else "rgb",
        settings=job.settings.model_dump(),
        required_settings={name: s.model_dump() for name, s in job.all_settings.items() if name != job.name},
        overrides=_overrides(job),
        scores=scores,
        timings=_timings(fit, seconds),
        provenance=provenance(*times, job.device, fit.precision, job.code_hash),
        curves={name: list(values) for name, values in fit.curves.items()},
        files=_hashes(place),
    )
    write_json(place / RECORD, record.model_dump(mode="json"))
    settle(job.folder)
    tidy(job.folder)
    return Run(job.folder, record)


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


def _timings(fit: FitResult, predict_seconds: float) -> Timings:
    return Timings(
        fit_seconds=fit.seconds,
        predict_seconds=predict_seconds,
        steps=fit.steps,
        images_per_second=fit.images_per_second,
    )


def _named(progress: Progress | None, name: str) -> Progress | None:
    """The same report under a job's name."""
    if progress is None:
        return None

    def named(what: str, done: int, total: int, note: str = "") -> None:
        progress(name, done, total, note)

    return named
