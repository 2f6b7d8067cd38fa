"""Random materials; clothes, walls and clutter share one wide range of colours, so that colour tells nothing."""

from colorsys import hsv_to_rgb

import numpy as np

from dkp_bench.datasets.mannequin.patterns import PATTERNS
from dkp_bench.datasets.mannequin.solids import Colour, Material

PLAIN = PATTERNS.index("plain")


def colour(rng: np.random.Generator) -> Colour:
    """Any hue, from pale to saturated and from dark to bright."""
    hue, saturation, value = rng.random(3).tolist()
    red, green, blue = hsv_to_rgb(hue, 0.1 + 0.85 * saturation, 80.0 + 220.0 * value)
    return min(red, 255.0), min(green, 255.0), min(blue, 255.0)


def shade(base: Colour, factor: float) -> Colour:
    """A darker (below 1) or lighter (above 1) form of a colour."""
    red, green, blue = (min(channel * factor, 255.0) for channel in base)
    return red, green, blue


def skin_colour(rng: np.random.Generator) -> Colour:
    """From pale to dark skin."""
    dark = float(rng.random())
    return 244.0 - 152.0 * dark, 205.0 - 147.0 * dark, 178.0 - 136.0 * dark


def hair_colour(rng: np.random.Generator) -> Colour:
    """Black, brown, red, fair or grey hair."""
    kinds = ((28, 24, 24), (72, 46, 30), (130, 62, 30), (206, 170, 104), (150, 150, 152))
    red, green, blue = kinds[int(rng.integers(len(kinds)))]
    return shade((red, green, blue), float(rng.uniform(0.8, 1.15)))


def plain(base: Colour) -> Material:
    """One colour without a pattern."""
    return Material(base, base, PLAIN)


def fabric(rng: np.random.Generator) -> Material:
    """Clothing: mostly plain, else with a fine pattern."""
    if rng.uniform() < 0.55:
        return plain(colour(rng))
    return Material(colour(rng), colour(rng), int(rng.integers(1, len(PATTERNS))), float(rng.uniform(0.35, 0.8)))


def surface(rng: np.random.Generator, tile: tuple[float, float] = (0.7, 2.4)) -> Material:
    """A wall, floor or thing: nearly always patterned, now and then the colour of skin."""
    light = skin_colour(rng) if rng.uniform() < 0.15 else colour(rng)
    pattern = PLAIN if rng.uniform() < 0.12 else int(rng.integers(1, len(PATTERNS)))
    return Material(light, colour(rng), pattern, float(rng.uniform(*tile)))
