"""Views of a dataset: another dataset seen through a rule, such as "score val, and never see test"."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from dkp_bench.datasets.base import Dataset, ImageSet, Labels, SomeImages, Validation
from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.splits import LabelledSplit, ScoredSplit, Split
from dkp_bench.errors import DkpError
from dkp_bench.progress import Progress

SHARED = (
    *("name", "summary", "licence", "skeleton", "protocols"),
    *("needs_files", "sizes", "usual_size", "scored", "rules"),
)
"""What a view has in common with the dataset that it shows."""


class DatasetView(Dataset):
    """A dataset that hands out what another one has; a subclass says what is different.

    Args:
        viewed: the other one.
    """

    def __init__(self, viewed: Dataset) -> None:
        for attribute in SHARED:
            setattr(self, attribute, getattr(viewed, attribute))
        self.viewed = viewed
        super().__init__(viewed.size, cache=viewed.cache, data=viewed.data, depth=viewed.depth)

    def prepare(self, progress: Progress | None = None) -> None:
        self.viewed.prepare(progress)

    def images(self, split: Split) -> ImageSet:
        return self.viewed.images(split)

    def image_count(self, split: Split) -> int:
        return self.viewed.image_count(split)

    def labels(self, split: LabelledSplit) -> Labels:
        return self.viewed.labels(split)

    def content_hash(self) -> str:
        return self.viewed.content_hash()

    def validation(self, progress: Progress | None = None) -> Validation:
        return self.viewed.validation(progress)

    @property
    def depth_source(self) -> str:
        return self.viewed.depth_source

    def why_no_depth(self) -> DkpError | None:
        return self.viewed.why_no_depth()

    def photographs(self) -> Mapping[str, Path]:
        return self.viewed.photographs()

    def check(self, progress: Progress | None = None) -> list[Finding]:
        return self.viewed.check(progress)

    @property
    def on_command_line(self) -> str:
        return self.viewed.on_command_line

    def notes(self) -> tuple[str, ...]:
        return self.viewed.notes()


class ForChoosing(DatasetView):
    """A dataset whose scored images are ``val``: what settings are chosen with.

    What is scored is called ``test`` here, too, so that nothing which trains, predicts or scores needs a second way;
    and so the images and labels that the dataset itself calls ``test`` cannot be had through this view at all. On
    which of the two a run was scored its record says (``Identity.split``).
    """

    def __init__(self, viewed: Dataset) -> None:
        super().__init__(viewed)
        self.scored: ScoredSplit = "val"
        self._found: Validation | None = None

    @property
    def _validation(self) -> Validation:
        if self._found is None:
            raise DkpError(f"the val images of {self.name} are not ready", "call prepare() first")
        return self._found

    def prepare(self, progress: Progress | None = None) -> None:
        self.viewed.prepare(progress)
        self._found = self.viewed.validation(progress)

    def images(self, split: Split) -> ImageSet:
        if split == "test":
            return self._validation.images
        images, rows = self.viewed.images(split), self._validation.regression
        return SomeImages(images, rows) if split == "regression" and rows is not None else images

    def image_count(self, split: Split) -> int:
        return len(self.images(split))

    def labels(self, split: LabelledSplit) -> Labels:
        if split == "test":
            return self._validation.labels
        labels, rows = self.viewed.labels("regression"), self._validation.regression
        return labels if rows is None else labels.at(rows)

    def content_hash(self) -> str:
        return hashlib.sha256(f"{self.viewed.content_hash()} {self._validation.digest}".encode()).hexdigest()[:16]

    def notes(self) -> tuple[str, ...]:
        val, fitted = self.image_count("test"), self.image_count("regression")
        return (
            *self.viewed.notes(),
            f"scored on val, to choose: {val:,} images; the regression is fitted on {fitted:,}",
        )
