"""Colour clusters: keypoint k is the middle of what has the colour k.

A start to change: a small method that works, learns from images alone and keeps every rule. It finds the K colours
that describe the training images best (k-means); in an image, each pixel belongs to the colours it is near to, and a
keypoint is the mean position of the pixels of its colour.
"""

from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from dkp_bench.datasets.base import ImageSet
from dkp_bench.errors import DkpError
from dkp_bench.files import atomic_path
from dkp_bench.methods import FitContext, FitResult, Method, Settings

FILE = "weights.safetensors"
BATCH = 64
"""Images that are in memory at once; whatever it is, the keypoints are the same."""


class ColourClustersSettings(Settings):
    """Hyper-parameters; a TOML file beside this one, or --set, gives them other values.

    Numbers, text and true or false: a run's record keeps them, and each of them is part of the run's signature.
    """

    keypoints: int = Field(10, ge=1)
    images: int = Field(256, ge=1)
    """How many training images are looked at."""
    rounds: int = Field(10, ge=1)
    softness: float = Field(0.1, gt=0)
    """How far apart two colours are, of [0, 1], before a pixel belongs to one of them alone."""


class ColourClusters(Method):
    """The mean positions of K colours."""

    # What `dkp-bench list`, records and error messages call it.
    name = "colour_clusters"
    summary = "the mean positions of the K colours that describe the images best"
    settings_type: ClassVar[type[ColourClustersSettings]] = ColourClustersSettings
    # A method whose fit alone reads images.depth says depth = "train"; one that predicts from depth, depth = "test".

    settings: ColourClustersSettings

    def __init__(self, settings: ColourClustersSettings, image_size: int) -> None:
        super().__init__(settings, image_size)
        # What is learned lives in the instance: several are fitted in one process.
        self.colours = np.zeros((settings.keypoints, 3), dtype=np.float32)

    @property
    def keypoints(self) -> int:
        return self.settings.keypoints

    def fit(self, images: ImageSet, context: FitContext) -> FitResult:
        # The images have no joints: whatever is learned here is learned without labels. Every random choice comes
        # from the seed, through a generator of our own: the process's global ones belong to everybody.
        rng = np.random.default_rng(context.seed)
        chosen = rng.choice(len(images), min(self.settings.images, len(images)), replace=False)
        # Some hundred pixels of each image say enough about its colours.
        pixels = rng.choice(_colours(images, chosen).reshape(-1, 3), 256 * len(chosen))
        self.colours = rng.choice(pixels, self.keypoints, replace=False)
        errors = []
        for done in range(1, self.settings.rounds + 1):
            distance = _squared_distance(pixels, self.colours)
            nearest = distance.argmin(axis=1)
            errors.append(float(distance.min(axis=1).mean()))
            # A colour that no pixel is nearest to stays where it is: the mean of nothing would be NaN.
            for k in np.unique(nearest):
                self.colours[k] = pixels[nearest == k].mean(axis=0)
            if context.progress:
                context.progress("colours", done, self.settings.rounds, f"error {errors[-1]:.4f}")
        steps = [float(step) for step in range(1, self.settings.rounds + 1)]
        return FitResult(steps=self.settings.rounds, curves={"step": steps, "loss": errors})

    def predict(self, images: ImageSet) -> NDArray[np.float32]:
        # −1 and 1 are the centres of the corner pixels, x to the right and y down.
        line = np.linspace(-1, 1, self.image_size, dtype=np.float32)
        y, x = np.meshgrid(line, line, indexing="ij")
        positions = np.stack([x.ravel(), y.ravel()], axis=1)
        batches = [np.arange(start, min(start + BATCH, len(images))) for start in range(0, len(images), BATCH)]
        return np.concatenate([self._weights(images, batch) @ positions for batch in batches])

    def _weights(self, images: ImageSet, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return how much of colour k each pixel has, ``(B, K, H·W)``, summing to 1 over the pixels."""
        pixels = _colours(images, indices)
        closeness = -_squared_distance(pixels.reshape(-1, 3), self.colours) / self.settings.softness**2
        share = np.exp(closeness - closeness.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        weights = share.reshape(len(indices), -1, self.keypoints).transpose(0, 2, 1)
        # Where a colour is absent, its weights are tiny and equal: the keypoint rests in the middle of the image.
        weights = weights + 1e-6
        return np.asarray(weights / weights.sum(axis=2, keepdims=True), dtype=np.float32)

    def save(self, folder: Path) -> None:
        with atomic_path(folder / FILE) as temporary:
            save_file({"colours": self.colours}, temporary)

    def load(self, folder: Path) -> None:
        # A file may be missing, cut off, or of a run with other settings: a DkpError says so without a traceback.
        path = folder / FILE
        try:
            colours = load_file(path)["colours"]
        except (OSError, SafetensorError, KeyError) as error:
            raise DkpError(f"cannot read the colours in {path}: {error}", "train the run again") from error
        if colours.shape != self.colours.shape:
            problem = f"{path} has {len(colours)} colours, and the settings say {self.keypoints}"
            raise DkpError(problem, "train the run again")
        self.colours = colours


def _colours(images: ImageSet, indices: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return the pixels of images, in [0, 1], ``(B, H·W, 3)``."""
    return images.rgb(indices).reshape(len(indices), -1, 3).astype(np.float32) / np.float32(255)


def _squared_distance(pixels: NDArray[np.float32], colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the squared distance of each of N pixels to each of K colours, ``(N, K)``."""
    return np.stack([np.square(pixels - colour).sum(axis=1) for colour in colours], axis=1)
