"""Checks that labels can be those of people in these images, as labels of a wrong scale, order or coding cannot.

A folder can be whole and its labels nonsense all the same: photographs at another size than they were annotated at, x
and y exchanged, masks inverted. Each test here has a bound far from what the published labels give, so that it tells
nonsense from labels and not good ones from better ones.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import Labels, Skeleton
from dkp_bench.datasets.finding import Finding, expect, offenders, share
from dkp_bench.datasets.masks import on_figure

LEAST_VISIBLE = 0.5
"""Share of the joints that are visible (published: LSP 88 %, Taichi 93 %, elsewhere all)."""
MOST_OUTSIDE = 0.05
"""Share of the visible joints outside their image (published: LSP 0.005 %, DeepFashion 0.26 %, Taichi none)."""
FARTHEST_CENTRE = 0.4
"""How far the mean of all joints may lie from the image's centre, 1 from the border (published: up to 0.23)."""
LEAST_EXTENT = 0.2
"""Of the edge: what the joints of half of the images span at least (published: 0.39 in LSP, 0.75 elsewhere)."""
LEAST_ON_FIGURE = 0.6
"""Share of the visible joints that lie on the figure of their image's mask."""
COVER = (0.01, 0.6)
"""Of the image: what the masks of half of the images cover."""
FEW = 3
"""Images in which a joint may lie at one place by coincidence are fewer."""
SURE = 4.0
"""Standard errors: a direction that images chosen by chance could have is no finding."""
HEAD, FEET = ("head", "nose", "neck"), ("ankle", "toes", "knee")


def label_findings(what: str, labels: Labels, skeleton: Skeleton) -> list[Finding]:
    """Check the labels of a split.

    Args:
        what: they are, for the findings.
        labels: with or without masks.
        skeleton: whose joints they are.

    Returns:
        Nothing where there are no images.
    """
    if not len(labels):
        return []
    visible, outside = labels.visible, (np.abs(labels.joints) > 1).any(axis=-1)
    findings = [
        visible_finding(f"{what}: visible joints", visible),
        share(
            f"{what}: joints outside their image", int((visible & outside).sum()), int(visible.sum()), most=MOST_OUTSIDE
        ),
        *place_findings(what, labels.joints, visible, skeleton),
    ]
    if labels.mask is not None:
        mask = labels.mask
        direct, exchanged = (
            sum(int(on_figure(mask[i], joints[i], visible[i]).sum()) for i in range(len(labels)))
            for joints in (labels.joints, labels.joints[..., ::-1])
        )
        findings.append(cover_finding(what, [float(mask[i].mean()) for i in range(len(labels))]))
        findings.append(figure_finding(what, direct, exchanged, int(labels.visible.sum())))
    return findings


def visible_finding(what: str, visible: NDArray[np.bool_]) -> Finding:
    """Check that most of the joints are visible, ``(N, J)``."""
    seen = float(visible.mean()) if visible.size else 0.0
    wrong = [] if seen >= LEAST_VISIBLE else ["the flags look inverted: 1 is visible"]
    return expect(what, f"{seen:.1%} of {visible.size:,}", f"at least {LEAST_VISIBLE:.0%}", not wrong, wrong)


def still_finding(
    what: str, joints: NDArray[np.floating], visible: NDArray[np.bool_], names: tuple[str, ...]
) -> Finding:
    """Check that each joint, ``(N, J, 2)``, moves between the images in which it is visible, ``(N, J)``."""
    still = []
    for joint, name in enumerate(names):
        places = joints[visible[:, joint], joint]
        if len(places) >= FEW and (places == places[0]).all():
            still.append(f"{name} lies at ({places[0, 0]:.3f}, {places[0, 1]:.3f}) in all {len(places):,} images")
    return offenders(what, len(names), still)


def place_findings(
    what: str,
    joints: NDArray[np.floating],
    visible: NDArray[np.bool_],
    skeleton: Skeleton,
) -> list[Finding]:
    """Check where joints lie in their images.

    Args:
        what: they are, for the findings.
        joints: ``(N, J, 2)`` (x, y) in [−1, 1]; those that are not visible are not read.
        visible: ``(N, J)``.
        skeleton: names them.

    Returns:
        Nothing where no joint is visible.
    """
    if not visible.any():
        return []
    seen = joints[visible].astype(np.float64)
    centre, extent = seen.mean(axis=0), _extent(joints, visible)
    low, high = (1 - FARTHEST_CENTRE) / 2, (1 + FARTHEST_CENTRE) / 2
    return [
        expect(
            f"{what}: mean place",
            f"x {(centre[0] + 1) / 2:.0%}, y {(centre[1] + 1) / 2:.0%} of the edge",
            f"{low:.0%} to {high:.0%}; otherwise the labels' scale is not the images'",
            bool((np.abs(centre) <= FARTHEST_CENTRE).all()),
        ),
        expect(
            f"{what}: span of an image's joints",
            f"{extent:.0%} of the edge (median)",
            f"at least {LEAST_EXTENT:.0%}; otherwise the labels' scale is not the images'",
            extent >= LEAST_EXTENT,
        ),
        *_direction(what, joints, visible, skeleton),
    ]


def cover_finding(what: str, shares: Sequence[float]) -> Finding:
    """Check that masks are as large as people."""
    middle = float(np.median(shares))
    least, most = COVER
    return expect(
        f"{what}: share of an image that is figure",
        f"{middle:.1%} (median)",
        f"{least:.0%} to {most:.0%}; otherwise masks are inverted or of something else",
        least <= middle <= most,
    )


def figure_finding(what: str, direct: int, exchanged: int, total: int) -> Finding:
    """Check that joints lie on the masks of their images, more of them than with x and y exchanged.

    Args:
        what: they are.
        direct: how many lie on the figure as they are.
        exchanged: how many would with x and y exchanged.
        total: how many there are.
    """
    found = f"{direct / max(total, 1):.1%}, with x and y exchanged {exchanged / max(total, 1):.1%}"
    expected = f"at least {LEAST_ON_FIGURE:.0%}, and not fewer than with x and y exchanged"
    wrong = []
    if exchanged > max(direct, total - direct):
        wrong.append("x and y look exchanged")
    elif exchanged > direct or direct < LEAST_ON_FIGURE * total:
        wrong.append("the masks look inverted, or belong to other images")
    return expect(f"{what}: joints on the figure of the mask", found, expected, not wrong, wrong)


def _extent(joints: NDArray[np.floating], visible: NDArray[np.bool_]) -> float:
    """Return the median of the longer side of the box around an image's visible joints, as a share of the edge."""
    some = visible.any(axis=1)
    shown, points = visible[some, :, None], joints[some]
    low = np.where(shown, points, np.inf).min(axis=1)
    high = np.where(shown, points, -np.inf).max(axis=1)
    return float(np.median((high - low).max(axis=1))) / 2


def _direction(
    what: str, joints: NDArray[np.floating], visible: NDArray[np.bool_], skeleton: Skeleton
) -> list[Finding]:
    """Check that the feet lie below the head on average, as most people stand; nothing if it cannot be told."""
    offsets = [_mean_of(joints, visible, skeleton, names) for names in (FEET, HEAD)]
    both = np.isfinite(offsets[0] + offsets[1]).all(axis=-1)
    down = (offsets[0] - offsets[1])[both]
    if len(down) < 2:
        return []
    x, y = down.mean(axis=0)
    sideways = _standard_errors(np.sign(x) * down[:, 0] - down[:, 1])
    upwards = _standard_errors(-down[:, 1])
    wrong = []
    if sideways > SURE and abs(x) > abs(y):
        wrong.append("people lie on their side on average: x and y look exchanged")
    elif upwards > SURE:
        wrong.append("people stand on their heads on average: y looks counted from below")
    found = f"x {x / 2:+.0%}, y {y / 2:+.0%} of the edge"
    return [expect(f"{what}: from head to feet", found, "downwards (y) on average", not wrong, wrong)]


def _mean_of(
    joints: NDArray[np.floating], visible: NDArray[np.bool_], skeleton: Skeleton, parts: tuple[str, ...]
) -> NDArray[np.float64]:
    """Return the mean of an image's visible joints that belong to one of the parts, ``(N, 2)``; NaN without any."""
    chosen = [i for i, name in enumerate(skeleton.names) if any(part in name for part in parts)]
    shown = visible[:, chosen, None]
    count = shown.sum(axis=1)
    total = np.where(shown, joints[:, chosen], 0.0).sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _standard_errors(values: NDArray[np.floating]) -> float:
    """Return the mean in units of its standard error."""
    mean, error = float(values.mean()), float(values.std(ddof=1)) / np.sqrt(len(values))
    return mean / error if error > 0 else np.inf * mean if mean else 0.0
