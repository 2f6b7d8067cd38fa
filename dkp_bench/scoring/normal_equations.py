"""Linear regression as AutoLink's code computes it: in float32, with the inverse of XᵀX, in PyTorch on the CPU.

    W = (XᵀX)⁻¹ Xᵀ Y

In exact arithmetic this is what :mod:`dkp_bench.scoring.regression` computes. In float32 the inverse loses all digits
once the condition number of X nears 3,000 (XᵀX squares it): a keypoint that moves by some hundredths of a pixel is
enough. What is left then depends on the processor, the library of linear algebra and its number of threads, so that
two machines give two numbers; docs/protocols.md has sizes. The operations and their order are those of the official
code, keypoints as (row, column).

Source: AutoLink (arXiv 2205.10636), official code at 3fbde11, ``regress_kp`` of datasets/h36m.py, taichi.py and
deepfashion.py.
"""

from typing import TYPE_CHECKING

import numpy as np

from dkp_bench.errors import DkpError
from dkp_bench.scoring.labelled import Floats
from dkp_bench.scoring.regression import LinearMap, Regression, Solver, features_of

if TYPE_CHECKING:
    from torch import Tensor


class Float32Map(LinearMap):
    """A fitted regression that predicts in float32; its weights are in the order (row, column)."""

    def predict(self, keypoints: Floats) -> Floats:
        predicted = _tensor(_rows_first(keypoints, self.intercept)) @ _tensor(self.weights).flatten(1)
        return np.asarray(predicted.double().numpy()).reshape(len(keypoints), *self.weights.shape[1:])


class Float32Regression(Regression):
    """Least squares by the normal equations in float32.

    Args:
        keypoints: ``(N, K, 2)``.
        intercept: whether to fit one.
        ridge: what is added to the diagonal of an XᵀX that has no inverse; None where the official code stops.
    """

    def __init__(self, keypoints: Floats, *, intercept: bool, ridge: float | None = None) -> None:
        super().__init__(keypoints, intercept=intercept)
        self._features = _rows_first(keypoints, intercept)
        self._ridge = ridge

    def _factorise(self, features: Floats) -> Solver:
        return _NormalEquations(features, self._ridge)

    def _map(self, weights: Floats) -> LinearMap:
        return Float32Map(weights, self._intercept)


class _NormalEquations:
    """(XᵀX)⁻¹ Xᵀ, computed once."""

    def __init__(self, features: Floats, ridge: float | None) -> None:
        import torch

        design = _tensor(features)
        normal = design.T @ design
        try:
            inverse = normal.inverse()
        except RuntimeError as error:  # torch.linalg.LinAlgError, which PyTorch does not export by type
            if ridge is None:
                raise DkpError(
                    "AutoLink's own regression stops here: in float32 XᵀX of these keypoints has no inverse (a "
                    "keypoint that never moves, or two that always coincide)",
                    "score under autolink, which takes the solution of least norm then",
                ) from error
            inverse = (normal + ridge * torch.eye(len(normal))).inverse()
        self._left = inverse @ design.T

    def solve(self, targets: Floats) -> Floats:
        """Return weights ``(F, T)`` for targets ``(N, T)``, numbers of float32.

        Raises:
            DkpError: if float32 leaves nothing finite of them.
        """
        weights = np.asarray((self._left @ _tensor(targets)).double().numpy())
        if not np.isfinite(weights).all():
            raise DkpError("AutoLink's regression in float32 gives weights that are not finite", "score under autolink")
        return weights


def _rows_first(keypoints: Floats, intercept: bool) -> Floats:
    return features_of(keypoints[..., ::-1], intercept)


def _tensor(array: Floats) -> "Tensor":
    import torch

    return torch.from_numpy(np.ascontiguousarray(array)).float()
