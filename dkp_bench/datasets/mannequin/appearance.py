"""Surface patterns: a small library of tiles that repeat without a seam."""

from colorsys import hsv_to_rgb
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.mannequin.solids import Colour, Material

TILE = 128
"""Side of a tile in texels; a power of two."""

PATTERNS = ("plain", "checks", "stripes", "bands", "bricks", "dots", "tartan", "zigzag", "diamonds", "noise", "patches")


@cache
def tiles() -> NDArray[np.float32]:
    """Return the patterns in the order of :data:`PATTERNS`, ``(P, TILE, TILE)`` in [0, 1]: how dark each texel is."""
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
    """Return value noise of three octaves that wraps around, stretched to [0, 1]."""
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


PLAIN = PATTERNS.index("plain")


def colour(rng: np.random.Generator) -> Colour:
    """Draw a colour of any hue, from pale to saturated and from dark to bright."""
    hue, saturation, value = rng.random(3).tolist()
    red, green, blue = hsv_to_rgb(hue, 0.1 + 0.85 * saturation, 80.0 + 220.0 * value)
    return min(red, 255.0), min(green, 255.0), min(blue, 255.0)


def shade(base: Colour, factor: float) -> Colour:
    """Return a darker (below 1) or lighter (above 1) form of a colour."""
    red, green, blue = (min(channel * factor, 255.0) for channel in base)
    return red, green, blue


def skin_colour(rng: np.random.Generator) -> Colour:
    """Draw a colour from pale to dark skin."""
    dark = float(rng.random())
    return 244.0 - 152.0 * dark, 205.0 - 147.0 * dark, 178.0 - 136.0 * dark


def hair_colour(rng: np.random.Generator) -> Colour:
    """Draw black, brown, red, fair or grey hair."""
    kinds = ((28, 24, 24), (72, 46, 30), (130, 62, 30), (206, 170, 104), (150, 150, 152))
    red, green, blue = kinds[int(rng.integers(len(kinds)))]
    return shade((red, green, blue), float(rng.uniform(0.8, 1.15)))


def plain(base: Colour) -> Material:
    """Return one colour without a pattern."""
    return Material(base, base, PLAIN)


def fabric(rng: np.random.Generator) -> Material:
    """Draw clothing: mostly plain, else with a fine pattern."""
    if rng.uniform() < 0.55:
        return plain(colour(rng))
    return Material(colour(rng), colour(rng), int(rng.integers(1, len(PATTERNS))), float(rng.uniform(0.35, 0.8)))


def surface(rng: np.random.Generator, tile: tuple[float, float] = (0.7, 2.4)) -> Material:
    """Draw a wall, floor or thing: nearly always patterned, now and then the colour of skin."""
    light = skin_colour(rng) if rng.uniform() < 0.15 else colour(rng)
    pattern = PLAIN if rng.uniform() < 0.12 else int(rng.integers(1, len(PATTERNS)))
    return Material(light, colour(rng), pattern, float(rng.uniform(*tile)))
