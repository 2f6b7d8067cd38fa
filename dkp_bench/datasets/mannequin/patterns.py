"""Surface patterns: a small library of tiles that repeat without a seam."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

TILE = 128
"""Side of a tile in texels; a power of two."""

PATTERNS = ("plain", "checks", "stripes", "bands", "bricks", "dots", "tartan", "zigzag", "diamonds", "noise", "patches")


@cache
def tiles() -> NDArray[np.float32]:
    """The patterns in the order of :data:`PATTERNS`, ``(P, TILE, TILE)`` in [0, 1]: how dark each texel is."""
    y, x = np.mgrid[:TILE, :TILE]
    noise = _noise()
    made = {
        "plain": np.zeros((TILE, TILE)),
        "checks": (x // 32 + y // 32) % 2,
        "stripes": x // 16 % 2,
        "bands": y // 16 % 2,
        "bricks": (y % 32 < 4) | ((x + y // 32 % 2 * 32) % 64 < 4),
        "dots": (x % 32 - 16) ** 2 + (y % 32 - 16) ** 2 < 110,
        "tartan": 0.5 * (x // 8 % 4 == 0) + 0.5 * (y // 8 % 4 == 0),
        "zigzag": (y + np.abs(x % 64 - 32)) // 16 % 2,
        "diamonds": np.abs(x % 64 - 32) + np.abs(y % 64 - 32) < 24,
        "noise": noise,
        "patches": noise > 0.5,
    }
    return np.stack([made[name] for name in PATTERNS]).astype(np.float32)


def _noise() -> NDArray[np.float64]:
    """Value noise of three octaves that wraps around, stretched to [0, 1]."""
    rng = np.random.Generator(np.random.Philox(key=1))
    total = np.zeros((TILE, TILE))
    for octave in range(3):
        cells = 8 << octave
        lattice = rng.random((cells, cells)) / 2**octave
        position = np.arange(TILE) * cells / TILE
        cell = position.astype(int)
        weight = position - cell
        rows = lattice[cell] * (1 - weight[:, None]) + lattice[(cell + 1) % cells] * weight[:, None]
        total += rows[:, cell] * (1 - weight) + rows[:, (cell + 1) % cells] * weight
    stretched: NDArray[np.float64] = (total - total.min()) / (total.max() - total.min())
    return stretched
