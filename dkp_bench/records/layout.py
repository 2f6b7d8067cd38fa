"""Where things lie in a results root.

DATASET/PROFILE/METHOD/seedS-DIGEST/record.json     one run
annotations/DATASET-SIZEpx-HASH.json                what runs on a dataset are scored against
objects/SHA256.npz                                  files named by their content
"""

from pathlib import Path

RECORD = "record.json"
ANNOTATIONS = "annotations"
OBJECTS = "objects"


def annotations_path(root: Path, dataset: str, image_size: int, dataset_hash: str) -> Path:
    """The annotations of a dataset at one image size."""
    return root / ANNOTATIONS / f"{dataset}-{image_size}px-{dataset_hash}.json"


def object_path(root: Path, sha256: str, suffix: str = ".npz") -> Path:
    """A file by the SHA-256 of its content."""
    return root / OBJECTS / f"{sha256}{suffix}"
