"""How much a few, unequal clusters tell of the variance of a number.

A cluster's deviation from the mean is measured from a mean that it is part of, so it comes out too small, the more so
the larger its share. Say all images of a cluster are alike: cluster g is off by e_g, of variance 1 and independent of
the others, and has a share a_gc in the denominator of column c. The number is then off by Σ_g A_g e_g, A_g = Σ_c a_gc,
and the deviations seen are K e, K = diag(A) − a aᵀ. Their squares add up to tr K² in expectation, in place of Σ A²; as
a variance they have (tr K²)² / tr K⁴ degrees of freedom: Satterthwaite's rule as Bell and McCaffrey apply it to
clusters (Survey Methodology 28, 2002). Equal clusters and one column give G − 1, and tr K² / Σ A² = (G − 1) / G.
"""

from dataclasses import dataclass

import numpy as np

from dkp_bench.scoring.samples import Floats

NOTHING = 1e-9


@dataclass(frozen=True)
class Information:
    """What clusters tell of a variance.

    Attributes:
        df: degrees of freedom of the variance; 0 where a single cluster carries a column.
        widening: what deviations under Rao and Wu's draws must be multiplied by; 1 for equal clusters.
    """

    df: float
    widening: float


def information(denominators: Floats) -> Information:
    """What clusters with these denominators, ``(G, C)``, tell of the variance of a sum of C ratios."""
    count = len(denominators)
    share = denominators / denominators.sum(axis=0)
    weight = share.sum(axis=1)
    none, once, twice, thrice = (share.T @ (weight[:, None] ** power * share) for power in range(4))
    second = (weight**2).sum() - 2 * np.trace(once) + np.trace(none @ none)
    fourth = (
        (weight**4).sum()
        - 4 * np.trace(thrice)
        + 4 * np.trace(twice @ none)
        + 2 * np.trace(once @ once)
        - 4 * np.trace(once @ none @ none)
        + np.trace(none @ none @ none @ none)
    )
    truth = (weight**2).sum()
    if not second > NOTHING * truth:
        return Information(df=0.0, widening=1.0)
    return Information(float(second**2 / fourth), float(np.sqrt(truth / second * (count - 1) / count)))
