"""Made-up worlds whose truth is known: how often do the intervals contain it?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.stats

from dkp_bench.scoring import Sums
from dkp_bench.scoring.labelled import Floats
from dkp_bench.statistics import Estimate, Resampling, difference, estimate_mean
from dkp_bench.statistics.estimate import Seeds

WORLDS = 400
DRAWS = 1000
TRUTH = 5.0


@dataclass(frozen=True)
class World:
    """Errors of S seeds on images in sequences: the standard deviations of what each adds by chance."""

    sizes: tuple[int, ...]
    seeds: int
    of_sequence: float
    of_seed: float
    of_image: float = 1.0
    of_both: float = 0.5

    @property
    def sequences(self) -> Floats:
        return np.repeat(np.arange(len(self.sizes), dtype=np.float64), self.sizes)

    def runs(self, random: np.random.Generator, shared: Floats) -> list[Sums]:
        """A method's runs on images of this difficulty."""
        ones = np.ones((len(shared), 1))
        return [
            Sums((shared + random.normal(0, self.of_seed) + random.normal(0, self.of_both, len(shared)))[:, None], ones)
            for _ in range(self.seeds)
        ]

    def difficulty(self, random: np.random.Generator) -> Floats:
        of_sequence = random.normal(0, self.of_sequence, len(self.sizes))[self.sequences.astype(int)]
        return np.asarray(TRUTH + of_sequence + random.normal(0, self.of_image, len(of_sequence)))


def estimates(world: World, resampling: Resampling) -> Iterator[Estimate]:
    random = np.random.default_rng(20)
    for _ in range(WORLDS):
        yield estimate_mean(world.runs(random, world.difficulty(random)), resampling)


def covered(world: World, resampling: Resampling) -> int:
    return sum(TRUTH in found.interval() for found in estimates(world, resampling))


def at_least_95_percent(hits: int, of: int = WORLDS) -> bool:
    return bool(scipy.stats.binomtest(hits, of, 0.95, alternative="less").pvalue > 0.01)


def at_most_98_percent(hits: int, of: int = WORLDS) -> bool:
    return bool(scipy.stats.binomtest(hits, of, 0.98, alternative="greater").pvalue > 0.01)


ALONE, IN_SEQUENCES, UNEQUAL = (1,) * 40, (8,) * 10, (1, 1, 2, 2, 3, 4, 6, 8, 12, 30)
each_number_of_seeds = pytest.mark.parametrize("seeds", [1, 3, 5])


@each_number_of_seeds
def test_95_percent_of_intervals_contain_the_truth(seeds: int) -> None:
    world = World(ALONE, seeds, of_sequence=0, of_seed=0.3 if seeds > 1 else 0)
    hits = covered(world, Resampling(draws=DRAWS))
    assert at_least_95_percent(hits)
    assert at_most_98_percent(hits), "an interval that is never wrong tells nothing"


@each_number_of_seeds
def test_also_where_images_of_a_sequence_are_alike_but_only_if_it_is_told(seeds: int) -> None:
    world = World(IN_SEQUENCES, seeds, of_sequence=1, of_image=0.5, of_seed=0.1 if seeds > 1 else 0)
    assert at_least_95_percent(covered(world, Resampling(world.sequences, draws=DRAWS)))
    assert covered(world, Resampling(draws=DRAWS)) < 0.8 * WORLDS, "ignoring sequences must fail, or this test is blind"


def test_also_where_sequences_are_few_and_unequal() -> None:
    world = World(UNEQUAL, 1, of_sequence=1, of_image=0.3, of_seed=0)
    assert at_least_95_percent(covered(world, Resampling(world.sequences, draws=DRAWS)))


def test_the_variance_over_unequal_sequences_is_right_on_average() -> None:
    world = World(UNEQUAL, 1, of_sequence=1, of_image=0, of_seed=0, of_both=0)
    found = list(estimates(world, Resampling(world.sequences, draws=DRAWS)))
    truth = sum((size / sum(UNEQUAL)) ** 2 for size in UNEQUAL)
    assert np.mean([each.by_images.var(ddof=1) for each in found]) == pytest.approx(truth, rel=0.25)


def test_differences_of_methods_with_the_same_truth_contain_zero() -> None:
    world, resampling, random = (
        World(ALONE, 3, of_sequence=0, of_seed=0.2),
        Resampling(draws=DRAWS),
        np.random.default_rng(21),
    )
    hits = 0
    for _ in range(WORLDS):
        shared = world.difficulty(random)
        one, other = (estimate_mean(world.runs(random, shared), resampling) for _ in range(2))
        hits += 0.0 in difference(one, other).interval()
    assert at_least_95_percent(hits)


def test_a_single_seed_passes_over_the_seeds() -> None:
    """Why an interval of one seed must not be read as one of the method."""
    assert covered(World(ALONE, 1, of_sequence=0, of_seed=0.5), Resampling(draws=DRAWS)) < 0.7 * WORLDS


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("share", [0.1, 1.0, 10.0])
def test_whatever_the_seeds_share_of_the_variance(seeds: int, share: float) -> None:
    """The two variances drawn directly: thousands of worlds, so that 94 % would be seen."""
    random, worlds, images = np.random.default_rng(22), 4000, 60
    drawn = np.stack(
        [random.chisquare(images - 1, worlds) / (images - 1), share * random.chisquare(seeds - 1, worlds) / (seeds - 1)]
    )
    errors = random.normal(0, np.sqrt(1 + share), worlds)
    hits = sum(
        0 in _with_variances(float(error), of_images, images - 1, of_seeds, seeds).interval()
        for error, (of_images, of_seeds) in zip(errors, drawn.T, strict=True)
    )
    assert at_least_95_percent(hits, worlds)
    assert at_most_98_percent(hits, worlds)
    if (seeds, share) == (3, 10.0):
        df = drawn.sum(axis=0) ** 2 / (drawn**2 / [[images - 1], [seeds - 1]]).sum(axis=0)
        one_t = np.abs(errors) < scipy.stats.t.ppf(0.975, df) * np.sqrt(drawn.sum(axis=0))
        assert not at_least_95_percent(int(one_t.sum()), worlds), "then one t for both would do"


def _with_variances(value: float, of_images: float, df: int, of_seeds: float, seeds: int) -> Estimate:
    two = np.array([-1.0, 1.0]) / np.sqrt(2)
    by_seeds = Seeds(np.zeros(seeds), value + two * np.sqrt(of_seeds))
    return Estimate(value, value + two * np.sqrt(of_images), df, (by_seeds,), covers_seeds=True)
