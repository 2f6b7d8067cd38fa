"""Several comparisons at once: Holm's correction (Scandinavian Journal of Statistics 6, 1979)."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """p-values corrected for being several, in the same order: rejecting those ≤ α errs anywhere in at most α of cases.

    The smallest is multiplied by their number, the next by one less, and so on; none falls below a smaller one's and
    none exceeds 1. It needs nothing to be independent.
    """
    raw = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(raw, kind="stable")
    stepped = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1))
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(stepped, 1.0)
    return tuple(adjusted.tolist())
