"""The twin of a run: the same training, scored on the other split, so that one training serves both.

Settings are chosen on ``val``; the method with the chosen ones is then reported on ``test``. Both see the same training
images in the same order, so what the first has learned is what the second would learn.
"""

from dkp_bench.datasets.base import Dataset
from dkp_bench.datasets.views import ForChoosing
from dkp_bench.files import sha256
from dkp_bench.methods import FitResult
from dkp_bench.runs.layout import PREDICTIONS, RECORD, SAMPLES, run_folder
from dkp_bench.runs.run import Run, read_record
from dkp_bench.runs.spec import BoundRun


def find_twin(bound: BoundRun) -> Run | None:
    """Return the finished run that differs only in the images that were scored, and was trained by the same code.

    It is None where there is none, or what it has learned is not all there.
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


def fit_of(run: Run) -> FitResult:
    """Return what the fit of a finished run reported."""
    times, made = run.record.timings, run.record.provenance
    return FitResult(times.fit_seconds, times.steps, times.images_per_second, made.precision, run.record.curves)


def _other_view(dataset: Dataset) -> Dataset:
    other = dataset.viewed if isinstance(dataset, ForChoosing) else ForChoosing(dataset)
    other.prepare()
    return other
