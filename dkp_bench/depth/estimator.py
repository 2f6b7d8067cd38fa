"""A MiDaS network that knows what it is, to fill depth stores with."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import dkp_bench
from dkp_bench.depth.midas.estimate import estimate
from dkp_bench.depth.midas.registry import MidasModel
from dkp_bench.depth.midas.transform import MEAN, MULTIPLE, STD, input_size
from dkp_bench.depth.midas.weights import load
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256

PACKAGES = ("torch", "timm", "numpy", "opencv-python-headless", "pillow")


class MidasEstimator:
    """A model with its weights on a device, in float32.

    Two estimators with the same ``identity`` make the same maps, up to the rounding of the device and the versions of
    the packages; these are in ``circumstances``.

    Args:
        model: which one.
        weights: the published file; None gives random weights, whose maps say nothing about depth.
        seed: of the random weights.
        device: where to run.

    Raises:
        DkpError: if the file is damaged or of another model.
    """

    def __init__(self, model: MidasModel, weights: Path | None, *, seed: int, device: torch.device) -> None:
        self._model, self._device = model, device
        self.weights = sha256(weights) if weights else "random"
        self.store_name = f"{model.name}-{self.weights[:8] if weights else f'random{seed}'}"
        seeded = {} if weights else {"seed": seed}
        self.identity: Mapping[str, Any] = {
            "model": model.name,
            "weights": self.weights,
            **seeded,
            "transform": _transform(model),
        }
        self.circumstances: Mapping[str, Any] = {
            "begun": datetime.now(UTC).isoformat(timespec="seconds"),
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
            "weights_file": weights.name if weights else None,
            "packages": {"dkp-bench": dkp_bench.__version__, **{name: version(name) for name in PACKAGES}},
        }
        self._network = load(model, weights, seed).to(device)

    def joins(self, height: int, width: int) -> tuple[int, int]:
        """The size at which a photograph enters the network."""
        return input_size(self._model, height, width)

    def __call__(self, photographs: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """A map ``(H, W)`` for each photograph, ``(H, W, 3)`` RGB.

        Raises:
            DkpError: if the device's memory does not hold them, or a map is not finite.
        """
        try:
            return estimate(self._network, self._model, photographs)
        except torch.OutOfMemoryError as error:
            problem = f"the memory of {self._device} does not hold a batch of {len(photographs)} photographs"
            raise DkpError(problem, "make it smaller, such as --batch-size 1; the maps made so far are kept") from error


def _transform(model: MidasModel) -> str:
    sides = (
        f"{MULTIPLE}n px, one side about {model.net_size}"
        if model.keep_aspect
        else f"{model.net_size}×{model.net_size} px"
    )
    return f"bicubic to {sides}; (RGB/255 − {MEAN}) / {STD}; float32; bicubic back"
