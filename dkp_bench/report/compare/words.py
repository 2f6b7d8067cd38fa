"""What a comparison says and what it cannot say, in sentences."""

from collections.abc import Iterable, Iterator, Sequence

from dkp_bench.comparison.compare import Comparison
from dkp_bench.comparison.differences import ALPHA
from dkp_bench.comparison.measurement import Measurement
from dkp_bench.comparison.opponents import differing
from dkp_bench.comparison.setups import NO_DEPTH
from dkp_bench.numbers import number
from dkp_bench.report.scores import Shown
from dkp_bench.statistics import smallest_seed_p

ENOUGH_SEEDS = 5
"""With five against five, seeds alone can give p = 2/252."""


def shown(measurement: Measurement) -> Shown:
    """How the number of a comparison is called and written."""
    return Shown(measurement.protocol, measurement.metric, measurement.unit, measurement.higher_is_better)


def title(comparison: Comparison) -> tuple[str, ...]:
    """What is compared, on which dataset, under which protocol: a line each."""
    subject = comparison.subject
    who = subject.variant.runs[0].record.identity
    kind = shown(subject)
    direction = "higher" if subject.higher_is_better else "lower"
    return (
        f"{comparison.name} against {listed(opponent.name for opponent in comparison.opponents)}",
        f"on {who.dataset}, {who.profile} profile, {who.image_size} px, {_images(comparison)}",
        f"under {subject.protocol}: {kind.name}, {kind.unit}, {direction} is better",
    )


def warnings(comparison: Comparison) -> tuple[str, ...]:
    """What --allow let stand side by side."""
    found = []
    for opponent in comparison.opponents:
        fields = differing(comparison.subject.variant, opponent.measurement.variant)
        if fields:
            values = ", ".join(f"{name} ({theirs}, here {mine})" for name, (mine, theirs) in fields.items())
            found.append(f"Warning: {opponent.name} is not comparable by its signature and was allowed: {values}.")
    return tuple(found)


def legend(comparison: Comparison) -> str:
    """What the columns of the table are."""
    name, pairs = comparison.name, comparison.pairs
    corrected = f", corrected for all {pairs} pairs" if pairs > 1 else ""
    return (
        f"difference: {name} minus the method, in brackets in % of that method. Under a number is its 95 % interval. "
        f"p: paired permutation test over images{corrected}. d_z: mean difference in standard deviations of the "
        f"images' differences; under it, the share of images on which {name} is better. tier: methods that can't be "
        "told apart from the best of the tier."
    )


def sentences(comparison: Comparison) -> tuple[str, ...]:
    """What can and cannot be told apart, what the seeds and images can't tell, and what was given depth maps."""
    every = (*_verdicts(comparison), *_on_seeds(comparison), *_on_sequences(comparison), *_on_inputs(comparison))
    return tuple(every)


def listed(names: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def p_value(p: float) -> str:
    """A p-value with the digits that matter."""
    return number(p, 2 if p >= 0.1 else 4)


def _verdicts(comparison: Comparison) -> Iterator[str]:
    name, opponents = comparison.name, comparison.opponents
    apart = [opponent for opponent in opponents if opponent.difference.told_apart]
    better = [opponent.name for opponent in apart if opponent.difference.worse_by < 0]
    worse = [opponent.name for opponent in apart if opponent.difference.worse_by > 0]
    same = [opponent.name for opponent in opponents if not opponent.difference.told_apart]
    if better:
        yield f"{name} is better than {listed(better)}."
    if worse:
        yield f"{name} is worse than {listed(worse)}."
    for opponent in opponents:
        if opponent.difference.equal:
            yield f"{name} and {opponent.name} have the same number on every image."
    if same:
        yield f"{name} cannot be told apart from {listed(same)}."
    yield (
        f"Two methods are told apart if the corrected p, over images, is below {ALPHA} and the interval of their "
        "difference, over images and seeds, leaves out 0."
    )


def _on_seeds(comparison: Comparison) -> Iterator[str]:
    single = [name for name, each in comparison.measurements.items() if len(each.sums) == 1]
    if single:
        verb = "has one seed" if len(single) == 1 else "have one seed each"
        yield f"{listed(single)} {verb}: what another seed would have given is in none of its intervals."
    counts = {name: len(each.sums) for name, each in comparison.measurements.items()}
    mine, others = counts[comparison.name], {counts[opponent.name] for opponent in comparison.opponents}
    if min(counts.values()) >= ENOUGH_SEEDS:
        return
    few = sorted(count for count in others if min(mine, count) < ENOUGH_SEEDS)
    least = [f"{p_value(smallest_seed_p(mine, count))} ({mine} against {count})" for count in few]
    yield (
        "Fewer than five seeds tell little by themselves: a test over seeds alone cannot give p below "
        f"{' or '.join(least)}, whatever the difference."
    )
    several = sorted({count for count in counts.values() if 1 < count < ENOUGH_SEEDS})
    if several:
        yield (
            f"Where {listed(map(str, several))} seeds are all that the spread over seeds is known from, intervals are "
            "wide: what is not told apart may differ all the same."
        )


def _on_sequences(comparison: Comparison) -> Iterator[str]:
    count = comparison.sequences
    if count is not None:
        yield "Images of one sequence look alike, so whole sequences are drawn and flipped."
        if 2 ** (1 - count) * comparison.pairs >= ALPHA:
            yield f"{count} sequences cannot give a p below {ALPHA}, whatever the difference."


def _on_inputs(comparison: Comparison) -> Iterator[str]:
    variants = {name: each.variant for name, each in comparison.measurements.items()}
    at_test = [name for name, variant in variants.items() if variant.sees_depth]
    taught = [name for name, variant in variants.items() if not variant.sees_depth and variant.depth != NO_DEPTH]
    if at_test:
        others = "" if len(at_test) == len(variants) else ", the others see the picture alone"
        yield f"{listed(at_test)} {_sees(at_test)} depth maps at test (*){others}."
    for depth in sorted({variants[name].depth for name in taught}):
        names = [name for name in taught if variants[name].depth == depth]
        yield f"{listed(names)} {_sees(names)} depth maps ({depth}) in training alone."
    changed = comparison.subject.variant.runs[0].record.overrides
    if changed:
        settings = ", ".join(f"{key}={value}" for key, value in sorted(changed.items()))
        yield f"{comparison.name} was trained with settings changed by --set: {settings}."


def _sees(names: Sequence[str]) -> str:
    return "sees" if len(names) == 1 else "see"


def _images(comparison: Comparison) -> str:
    images = f"{comparison.images:,} test images"
    return images if comparison.sequences is None else f"{images} in {comparison.sequences:,} sequences"
