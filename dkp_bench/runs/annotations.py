"""The labels that predictions on a dataset are scored against, kept beside the runs: scoring needs no image."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from dkp_bench.array_files import DAMAGE, LARGEST, open_npz
from dkp_bench.datasets.base import Dataset, Labels, Skeleton
from dkp_bench.datasets.splits import LABELLED, LabelledSplit, ScoredSplit, stored_name
from dkp_bench.errors import DkpError, printable, shell_command
from dkp_bench.files import write_bytes, write_json
from dkp_bench.runs.layout import ANNOTATIONS, annotations_path, object_path
from dkp_bench.runs.schema import Identity
from dkp_bench.strict import StrictModel, first_mistake
from dkp_bench.text_files import read_json

SCHEMA_VERSION: Final = 1
ARRAYS = tuple(map(stored_name, LABELLED))
"""What files call the labelled splits."""


@dataclass(frozen=True, eq=False)
class Annotations:
    """The labels of a dataset at one image size, and what scoring must know of their skeleton.

    Attributes:
        dataset: name of the dataset.
        image_size: side of its images in pixels.
        dataset_hash: content hash of its images and labels.
        skeleton: names, left/right pairs and bones of the joints.
        protocols: names of the scoring protocols of the dataset, that of the headline number first.
        regression: labels of the images that a regression is fitted on.
        test: labels of the images that are scored.
        split: which images those are: ``test``, or ``val`` where settings are chosen.
    """

    dataset: str
    image_size: int
    dataset_hash: str
    skeleton: Skeleton
    protocols: tuple[str, ...]
    regression: Labels
    test: Labels
    split: ScoredSplit = "test"

    @property
    def in_files(self) -> tuple[str, str]:
        """What files of predictions call the images that are fitted on and those that are scored."""
        return stored_name("regression"), self.split

    def labels(self, split: LabelledSplit) -> Labels:
        """Return the labels of a split."""
        return self.regression if split == "regression" else self.test


class AnnotationsFile(StrictModel):
    """``annotations/NAME.json``; the arrays lie in ``objects/`` under their SHA-256."""

    schema_version: Literal[1] = SCHEMA_VERSION
    dataset: str
    image_size: int = Field(gt=0)
    dataset_hash: str
    joints: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    bones: tuple[tuple[int, int], ...]
    protocols: tuple[str, ...] = Field(min_length=1)
    arrays: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the .npz with the labels of fit and test")
    split: ScoredSplit = Field("test", description="which images the test of the .npz is; written only where it is val")

    @model_validator(mode="after")
    def _check_skeleton(self) -> Self:
        count = len(self.joints)
        outside = next((link for link in (*self.pairs, *self.bones) if not 0 <= min(link) <= max(link) < count), None)
        if outside:
            raise ValueError(f"there are {count} joints, but {outside} joins two")
        return self


def annotations_of(dataset: Dataset) -> Annotations:
    """Return the annotations of a prepared dataset."""
    named = dataset.name, dataset.size, dataset.content_hash()
    labels = dataset.labels("regression"), dataset.labels("test")
    return Annotations(*named, dataset.skeleton, dataset.protocols, *labels, dataset.scored)


def write_annotations(root: Path, annotations: Annotations) -> Path:
    """Write annotations into a results root, atomically; return the path of their ``.json``.

    The same labels give the same bytes. Masks of images that are only fitted on are left out: nothing is scored there.
    """
    arrays = _to_bytes(annotations)
    digest = hashlib.sha256(arrays).hexdigest()
    write_bytes(object_path(root, digest), arrays)
    skeleton = annotations.skeleton
    content = AnnotationsFile(
        dataset=annotations.dataset,
        image_size=annotations.image_size,
        dataset_hash=annotations.dataset_hash,
        joints=skeleton.names,
        pairs=skeleton.pairs,
        bones=skeleton.bones,
        protocols=annotations.protocols,
        arrays=digest,
        split=annotations.split,
    )
    path = annotations_path(root, annotations.dataset, annotations.image_size, annotations.dataset_hash)
    write_json(path, content.model_dump(mode="json", exclude={"split"} if annotations.split == "test" else None))
    return path


def store_annotations(root: Path, annotations: Annotations) -> Annotations:
    """Write annotations into a results root that does not have them yet; return them."""
    if not annotations_path(root, annotations.dataset, annotations.image_size, annotations.dataset_hash).exists():
        write_annotations(root, annotations)
    return annotations


def read_annotations(root: Path, identity: Identity) -> Annotations | None:
    """Return the annotations that a run was scored against, None where the results root does not have them.

    Raises:
        DkpError: naming the file, if they are damaged or of another dataset.
    """
    path = annotations_path(root, identity.dataset, identity.image_size, identity.dataset_hash)
    if not path.exists():
        return None
    annotations = read_annotations_file(path)
    named = annotations.dataset, annotations.image_size, annotations.dataset_hash
    if named != (identity.dataset, identity.image_size, identity.dataset_hash):
        raise DkpError(
            f"{path} holds the annotations of {named[0]}, content {named[2]}", f"delete it: {shell_command('rm', path)}"
        )
    return annotations


def only_annotations(root: Path, dataset: str, image_size: int, split: ScoredSplit = "test") -> Annotations | None:
    """Return the only annotations of a dataset's split at one size in a results root; None if none or several.

    Raises:
        DkpError: naming the file, if they are damaged.
    """
    every = sorted((root / ANNOTATIONS).glob(f"{dataset}-{image_size}px-*.json"))
    found = [path for path in every if read_description(path).split == split]
    return read_annotations_file(found[0]) if len(found) == 1 else None


def annotations_for(dataset: Dataset, baselines: Path, make_ready: Callable[[Dataset], Dataset]) -> Annotations:
    """Return the annotations to score predictions of a dataset against, which need not be prepared for it.

    Args:
        dataset: at the images' size.
        baselines: results root of the stored baselines; its annotations are taken unless the images that are ready here
            are others.
        make_ready: prepares the dataset where that is needed, which may take minutes.

    Raises:
        DkpError: if annotations are damaged, or files of the dataset are missing.
    """
    stored = only_annotations(baselines, dataset.name, dataset.size, dataset.scored)
    if stored is not None:
        try:
            ready = dataset.content_hash()
        except DkpError:
            return stored
        if ready == stored.dataset_hash:
            return stored
    return annotations_of(make_ready(dataset))


def read_annotations_file(path: Path) -> Annotations:
    """Return the annotations in a file of a results root, the hash of their arrays checked.

    Raises:
        DkpError: naming the file, if it or its arrays are missing, damaged or do not fit together.
    """
    content = read_description(path)
    arrays = object_path(path.parents[1], content.arrays)
    try:
        data = arrays.read_bytes()
        if hashlib.sha256(data).hexdigest() != content.arrays:
            raise ValueError("its content is not what its name says")
        labels = _from_bytes(data, len(content.joints))
    except DAMAGE as error:
        problem = f"{arrays}: not the labels that {path} describes: {printable(error)}"
        raise DkpError(problem, f"restore the file, or delete both: {shell_command('rm', path, arrays)}") from error
    skeleton = Skeleton(content.joints, content.pairs, content.bones)
    named = content.dataset, content.image_size, content.dataset_hash
    return Annotations(*named, skeleton, content.protocols, *labels, content.split)


def read_description(path: Path) -> AnnotationsFile:
    """Read a file of annotations, without its arrays.

    Raises:
        DkpError: naming the file, if it is missing or damaged.
    """
    again = f"delete it: {shell_command('rm', path)}"
    try:
        return AnnotationsFile.model_validate(read_json(path, hint=again))
    except ValidationError as error:
        raise DkpError(f"{path}: not a valid file of annotations: {first_mistake(error)}", again) from error


def _to_bytes(annotations: Annotations) -> bytes:
    arrays: dict[str, NDArray[Any]] = {}
    for split, stored in zip(LABELLED, ARRAYS, strict=True):
        labels = annotations.labels(split)
        arrays[f"{stored}-joints"] = np.asarray(labels.joints, dtype=np.float32)
        arrays[f"{stored}-visible"] = labels.visible
        arrays |= {f"{stored}-group-{name}": group for name, group in labels.groups.items()}
    if annotations.test.mask is not None:
        arrays["test-mask"] = np.packbits(annotations.test.mask, axis=-1)
        arrays["test-mask-side"] = np.array(annotations.test.mask.shape[-1])
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _from_bytes(data: bytes, joints: int) -> tuple[Labels, Labels]:
    with open_npz(io.BytesIO(data)) as arrays:
        found = {name: np.asarray(arrays[name]) for name in arrays.files}
    regression, test = (_labels(found, stored, joints) for stored in ARRAYS)
    return regression, test


def _labels(arrays: dict[str, NDArray[Any]], stored: str, joints: int) -> Labels:
    positions, visible = arrays[f"{stored}-joints"], arrays[f"{stored}-visible"]
    if positions.ndim != 3 or positions.shape[1:] != (joints, 2) or positions.dtype != np.float32:
        raise ValueError(f"{stored}-joints is {positions.dtype} of the shape {positions.shape}")
    if visible.dtype != np.bool_ or visible.shape != positions.shape[:2]:
        raise ValueError(f"{stored}-visible is {visible.dtype} of the shape {visible.shape}")
    if not np.isfinite(positions[visible]).all():
        raise ValueError(f"{stored}-joints has a visible joint that is not finite")
    prefix = f"{stored}-group-"
    groups = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    for name, group in groups.items():
        if group.dtype.kind != "U" or group.shape != (len(positions),):
            raise ValueError(f"{prefix}{name} is {group.dtype} of the shape {group.shape}")
    return Labels(positions, visible, _mask(arrays, stored, len(positions)), groups)


def _mask(arrays: dict[str, NDArray[Any]], stored: str, count: int) -> NDArray[np.bool_] | None:
    packed = arrays.get(f"{stored}-mask")
    if packed is None:
        return None
    side = int(arrays[f"{stored}-mask-side"])
    if count * side * side > LARGEST:
        raise ValueError(f"{stored}-mask would take {count * side * side:,} bytes, more than {LARGEST:,}")
    if packed.dtype != np.uint8 or packed.shape != (count, side, -(-side // 8)):
        raise ValueError(f"{stored}-mask is {packed.dtype} of the shape {packed.shape}")
    return np.unpackbits(packed, axis=-1, count=side).astype(np.bool_)
