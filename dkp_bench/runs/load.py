"""The method of a finished run, loaded: from its weights as they were trained, or from what is kept of them."""

import tempfile
from pathlib import Path

from pydantic import ValidationError
from safetensors.torch import save_file

from dkp_bench.errors import DkpError
from dkp_bench.methods import Method, find_method
from dkp_bench.runs.hints import missing_weights_hint, rerun_command, restore_hint
from dkp_bench.runs.kept_weights import read_kept_weights
from dkp_bench.runs.layout import KEPT_WEIGHTS
from dkp_bench.runs.run import Run
from dkp_bench.tensor_files import halved_from
from dkp_bench.training.inference import WEIGHTS_FILE


def load_method(run: Run) -> Method:
    """Return the method of a run, to predict and to draw edge maps with.

    Of a stored run only what these need of the weights is kept, in half precision: a keypoint lies a little elsewhere,
    and the rest of the method is no use.

    Raises:
        DkpError: if the weights are missing, damaged or not those that the record describes, or the method no longer
            has the settings it was trained with.
    """
    if (run.path / WEIGHTS_FILE).is_file() or KEPT_WEIGHTS not in run.record.files:
        return with_weights(unfitted(run), run)
    path = run.checked_file(KEPT_WEIGHTS)
    if halved_from(path) != run.record.files.get(WEIGHTS_FILE):
        raise DkpError(f"{path} was not made from the weights that {run.path} had", restore_hint(run.path))
    return with_kept_weights(unfitted(run), path)


def unfitted(run: Run) -> Method:
    """Return a new method with the settings of a run, before any weights are loaded.

    Raises:
        DkpError: if the method is not there, or no longer has these settings.
    """
    identity = run.record.identity
    kind = find_method(identity.method)
    try:
        settings = kind.settings_type.model_validate(run.record.settings)
    except ValidationError as error:
        problem = f"{run.path} was made with settings that {identity.method} does not have: {error}"
        command = rerun_command(run.record)
        raise DkpError(problem, f"use dkp-bench {identity.version}, which made it, or train one: {command}") from error
    return kind(settings, identity.image_size)


def with_weights(method: Method, run: Run) -> Method:
    """Load all that a run has saved into a method, and return it.

    Hashes are looked at first: other weights would give other keypoints, unsaid. Weights that were halved to be carried
    away have another hash, and say which one they were made from.

    Raises:
        DkpError: if something is missing, damaged or not what the record describes.
    """
    for name, digest in run.record.files.items():
        if (run.path / name).is_file() and halved_from(run.path / name) != digest:
            run.checked_file(name)
    try:
        method.load(run.path)
    except DkpError as error:
        raise DkpError(error.problem, missing_weights_hint(run.path, run.root, run.record)) from error
    return method


def with_kept_weights(method: Method, file: Path) -> Method:
    """Load what a file keeps of the weights into a method, and return it.

    Raises:
        DkpError: if the file is damaged, or does not fit the method's settings.
    """
    with tempfile.TemporaryDirectory() as folder:  # a method reads files of its own kind, and knows of no other
        save_file(read_kept_weights(file), Path(folder) / WEIGHTS_FILE)
        method.load(Path(folder))
    return method
