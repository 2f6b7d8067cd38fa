"""The folders and files of a results root.

DATASET/PROFILE/METHOD/seedS-DIGEST/record.json     one run; runs/work_folder.py says what may lie beside it
annotations/DATASET-SIZEpx-HASH.json                what runs on a dataset are scored against
objects/SHA256.npz, SHA256.safetensors              files named by their content
"""

import hashlib
import re
from pathlib import Path

from dkp_bench.runs.schema import Identity

RECORD = "record.json"
PREDICTIONS = "predictions.npz"
SAMPLES = "samples.npz"
SAMPLES_PICTURE = "samples.png"
KEPT_WEIGHTS = "weights-half.safetensors"
"""What a stored run keeps of its weights; see ``runs/kept_weights.py``."""
STORED_FILES = (PREDICTIONS, SAMPLES, KEPT_WEIGHTS)
"""Files that are stored with a record that names them; whole weights are large, and no training goes on from there."""
CODE_FILE = "code.txt"
"""Holds the code hash of a run that is under way, so that a checkpoint of other code is never resumed."""
FITTED_FILE = "fitted.json"
ANNOTATIONS = "annotations"
OBJECTS = "objects"
ASIDE = re.compile(r"seed\d+-[0-9a-f]{8}\.(next|replaced-\d+)")
"""Folders beside a run's own, none of which is taken for a run."""


def run_folder(root: Path, identity: Identity) -> Path:
    """Return the folder of a run; two runs share one only if they are the same but for the version of dkp-bench.

    The digest is over what 0.1.0 wrote, the scores version in place of the package's: a run that 0.1.0 made is found.
    """
    digested = identity.model_copy(update={"version": identity.scores_label})
    text = digested.model_dump_json(exclude={"scores_version", "split"} - ({"split"} & {*identity.later_fields}))
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    method = identity.method.replace(":", ".")
    return root / identity.dataset / identity.profile / method / f"seed{identity.seed}-{digest}"


def annotations_path(root: Path, dataset: str, image_size: int, dataset_hash: str) -> Path:
    """Return the file of the annotations of a dataset at one image size."""
    return root / ANNOTATIONS / f"{dataset}-{image_size}px-{dataset_hash}.json"


def object_path(root: Path, sha256: str, suffix: str = ".npz") -> Path:
    """Return the path of a file that is named by the SHA-256 of its content."""
    return root / OBJECTS / f"{sha256}{suffix}"


def is_aside(folder: Path) -> bool:
    """Return whether a folder holds a run to come or one that was replaced, and so none that counts.

    >>> is_aside(Path("runs/squares/tiny/mean_pose/seed0-0123abcd.replaced-1"))
    True
    """
    return ASIDE.fullmatch(folder.name) is not None
