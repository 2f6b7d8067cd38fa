"""Making a run: fit, predict, score, and leave a record. What is finished is reused, what was cut off goes on."""

import time
from pathlib import Path

from dkp_bench.datasets.base import Dataset
from dkp_bench.datasets.usable import require_usable
from dkp_bench.datasets.views import ForChoosing
from dkp_bench.files import sha256, write_json
from dkp_bench.methods import FitContext, FitResult, Method
from dkp_bench.presets import own_overrides
from dkp_bench.progress import Progress, renamed, say
from dkp_bench.runs import harness
from dkp_bench.runs.annotations import annotations_of, store_annotations
from dkp_bench.runs.fitted import save_fit_result, saved_fit_result
from dkp_bench.runs.layout import FITTED_FILE, PREDICTIONS, RECORD, SAMPLES, run_folder
from dkp_bench.runs.load import load_method, with_weights
from dkp_bench.runs.predictions import run_predictions, score_predictions
from dkp_bench.runs.provenance import provenance
from dkp_bench.runs.rescore import check_content, recompute_scores, refuse_frozen, update_command
from dkp_bench.runs.run import Run, read_record
from dkp_bench.runs.samples import write_samples
from dkp_bench.runs.schema import Record, Timings
from dkp_bench.runs.spec import BoundRun
from dkp_bench.runs.work_folder import clean_up, move_into_place, prepare_folder, remove_stale_lock, run_lock
from dkp_bench.text import utc_now
from dkp_bench.training.distributed import is_main, on_main


def finished(bound: BoundRun) -> Run | None:
    """Return the finished run, None if there is none or the code that trains it has changed since."""
    path = bound.folder / RECORD
    if not path.exists():
        return None
    record = read_record(path)
    return Run(bound.folder, record) if record.provenance.code_hash == bound.code_hash else None


def complete(bound: BoundRun, progress: Progress | None = None) -> Run:
    """Return the finished run: the stored one, or a new one.

    Of several processes all fit, and the main one decides what is to do and does the rest. What is stored is handed
    back as :func:`reused` has it.

    Raises:
        BusyError: if another command is at work on the same run.
        DkpError: if the method cannot be fitted here, with what is missing.
    """
    run = on_main(lambda: finished(bound))
    if run is None:
        with run_lock(bound.folder):
            run = on_main(lambda: _finished_meanwhile(bound))
            if run is None:
                return _made(bound, progress if is_main() else None)
    stored = run
    return on_main(lambda: reused(bound, stored))


def _finished_meanwhile(bound: BoundRun) -> Run | None:
    """Return the run that another process has finished a moment ago, or one that a kill kept from its place."""
    move_into_place(bound.folder)
    return finished(bound)


def reused(bound: BoundRun, run: Run) -> Run:
    """Return a finished run with the scores of its predictions, and sweep what a kill has left beside it.

    The stored record is not changed. Where its predictions do not give its scores, that is said, and the run is
    returned, in memory, with those that they give.
    """
    sweep_run(run)
    found = recompute_scores(run, store_annotations(bound.runs, annotations_of(bound.dataset)))
    if found.differences:
        say(f"the record of {run.path} does not have the scores of its predictions: {found.differences[0]}")
        say(f"to write those that they give: {update_command(run)}")
    return found.run


def sweep_run(run: Run) -> None:
    """Remove what a kill has left in and beside a finished run: its lock, and what it would have gone on from."""
    remove_stale_lock(run.path)
    clean_up(run.path)


def draw_samples(run: Run, dataset: Dataset, folder: Path) -> Path:
    """Draw a run's sample images into a folder, from its weights and its stored predictions; the run stays as it is.

    Returns:
        The file of arrays, with its picture beside it.

    Raises:
        DkpError: if the weights or predictions are missing or damaged, or the dataset is another one.
    """
    check_content(run, dataset.name, dataset.content_hash())
    write_samples(folder, dataset, load_method(run), run_predictions(run))
    return folder / SAMPLES


def redraw(run: Run, dataset: Dataset) -> Run:
    """Draw a run's sample images again, from its stored weights and predictions.

    Raises:
        DkpError: if the weights or predictions are missing or damaged, the dataset is another one, or the run is kept
            for good, in a bundle or among the stored baselines.
    """
    refuse_frozen(run)
    draw_samples(run, dataset, run.path)
    files = run.record.files | {SAMPLES: sha256(run.path / SAMPLES)}
    if files != run.record.files:
        run = Run(run.path, run.record.model_copy(update={"files": files}))
        write_json(run.path / RECORD, run.record.model_dump(mode="json"))
    return run


def fitted(bound: BoundRun, progress: Progress | None = None) -> Method:
    """Return the method, fitted: loaded from its finished run, which is made first where it is missing."""
    return with_weights(bound.create(), complete(bound, progress))


def _find_twin(bound: BoundRun) -> Run | None:
    """Return the finished run that differs only in the images that were scored, and was trained by the same code.

    Settings are chosen on val, and what was chosen is reported on test: both see the same training images in the same
    order, so one training serves both. It is None where there is none, or what it has learned is not all there.
    """
    beside = bound.folder.parent.glob(f"seed{bound.spec.seed}-*/{RECORD}")
    records = [read_record(path) for path in sorted(beside)]
    if all(record.identity.split == bound.identity.split for record in records):
        return None  # asked first: to name the twin, its images must be made ready
    dataset = _other_view(bound.dataset)
    changes = {"split": dataset.scored, "dataset_hash": dataset.content_hash()}
    folder = run_folder(bound.runs, bound.identity.model_copy(update=changes))
    if not (folder / RECORD).exists():
        return None
    twin = Run(folder, read_record(folder / RECORD))
    learned = {name: digest for name, digest in twin.record.files.items() if name not in (PREDICTIONS, SAMPLES)}
    whole = all((folder / name).is_file() and sha256(folder / name) == digest for name, digest in learned.items())
    return twin if learned and whole and twin.record.provenance.code_hash == bound.code_hash else None


def _fit_of(run: Run) -> FitResult:
    """Return what the fit of a finished run reported."""
    times, made = run.record.timings, run.record.provenance
    return FitResult(times.fit_seconds, times.steps, times.images_per_second, made.precision, run.record.curves)


def _other_view(dataset: Dataset) -> Dataset:
    other = dataset.viewed if isinstance(dataset, ForChoosing) else ForChoosing(dataset)
    other.prepare()
    return other


def _made(bound: BoundRun, progress: Progress | None) -> Run:
    """Return a new run: all processes fit, the main one prepares and records."""
    require_usable(bound.dataset)  # what would stop the score stops the training
    required = {name: fitted(one, progress) for name, one in bound.required.items()}
    place, before = on_main(lambda: _place(bound))
    started = utc_now()
    method = bound.create()
    twin = on_main(lambda: _find_twin(bound)) if before is None else None
    if twin is not None:
        say(f"trained before, and scored on {twin.record.identity.split}: only predicted and scored again")
        fit, method = _fit_of(twin), with_weights(method, twin)
    elif before is None:
        progress = renamed(progress, f"{bound.spec.method}, seed {bound.spec.seed}")
        context = FitContext(bound.spec.seed, str(bound.device), place, required, progress)
        fit = harness.fit(bound.spec.method, method, bound.dataset.images("train"), context)
    else:
        fit = before
        method.load(place)
    return on_main(lambda: _record(bound, place, method, fit, started))


def _place(bound: BoundRun) -> tuple[Path, FitResult | None]:
    """Make the folder to train in ready, and return it with the fit that an earlier call ended there."""
    place = prepare_folder(bound.folder, bound.code_hash)
    if place != bound.folder:
        say(f"{bound.folder} was made by other code: it is set aside once the new run is finished")
    return place, saved_fit_result(place)


def _record(bound: BoundRun, place: Path, method: Method, fit: FitResult, started: str) -> Run:
    """Save, predict, score, and write the record last: a folder with a record is a finished run.

    What a run that is cut off here goes on from, its last checkpoint, stays until the record stands.
    """
    name = bound.spec.method
    if not (place / FITTED_FILE).exists():
        method.save(place)
        save_fit_result(place, fit, method, bound.create(), bound.dataset.images("regression"))
    annotations = store_annotations(bound.runs, annotations_of(bound.dataset))
    clock = time.monotonic()
    predictions = harness.predict(name, method, bound.dataset, annotations, place, bound.identity.keypoints)
    seconds = time.monotonic() - clock
    scores = score_predictions(annotations, predictions)
    harness.say_doubts(name, annotations, predictions)
    write_samples(place, bound.dataset, method, predictions)
    times = started, utc_now()
    record = Record(
        identity=bound.identity,
        inputs="depth" if method.predicts_from_depth else "rgb",
        settings=bound.settings.model_dump(),
        required_settings={one: s.model_dump() for one, s in bound.all_settings.items() if one != name},
        overrides=_overrides(bound),
        scores=scores,
        timings=_timings(fit, seconds),
        provenance=provenance(*times, bound.device, fit.precision, bound.code_hash),
        curves={name: list(values) for name, values in fit.curves.items()},
        files=_hashes(place),
    )
    write_json(place / RECORD, record.model_dump(mode="json"))
    move_into_place(bound.folder)
    clean_up(bound.folder)
    return Run(bound.folder, record)


def _overrides(bound: BoundRun) -> dict[str, bool | int | float | str]:
    """Return the settings that ``--set`` gave: the method's own, and ``METHOD.KEY`` of those it requires."""
    values = bound.settings.model_dump()
    own = {key: values[key] for key in own_overrides(bound.type, dict(bound.spec.overrides))}
    required = {
        f"{name}.{key}": value for name, one in bound.required.items() for key, value in _overrides(one).items()
    }
    return own | required


def _hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of what belongs to a run."""
    return {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.suffix in (".npz", ".safetensors")}


def _timings(fit: FitResult, predict_seconds: float) -> Timings:
    return Timings(
        fit_seconds=fit.seconds,
        predict_seconds=predict_seconds,
        steps=fit.steps,
        images_per_second=fit.images_per_second,
    )
