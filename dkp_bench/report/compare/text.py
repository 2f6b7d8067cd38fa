"""A comparison as a table, and in sentences: what it shows and what it cannot show."""

import math
import re
from collections.abc import Iterator, Sequence

import tabulate

from dkp_bench.analysis.compare import Comparison
from dkp_bench.analysis.differences import Difference
from dkp_bench.analysis.find_baselines import differing
from dkp_bench.analysis.measurement import Measurement
from dkp_bench.analysis.scores import MetricKey
from dkp_bench.report.cells import span
from dkp_bench.report.formats.render import escape_markdown
from dkp_bench.runs.schema import NO_DEPTH
from dkp_bench.statistics import ALPHA, LEVEL, smallest_seed_p
from dkp_bench.text import WIDTH, joined, number, signed

ENOUGH_SEEDS = 5
"""Seeds from which on a test over seeds alone is of use: with five against five it can give p = 2/252."""


def key(measurement: Measurement) -> MetricKey:
    """Return the metric of a measurement, with its name, unit and digits."""
    return MetricKey(measurement.protocol, measurement.metric, measurement.unit, measurement.higher_is_better)


def title(comparison: Comparison) -> tuple[str, ...]:
    """Return what is compared, on which dataset, under which protocol: a line each."""
    candidate = comparison.candidate
    who = candidate.variant.runs[0].record.identity
    kind = key(candidate)
    direction = "higher" if candidate.higher_is_better else "lower"
    return (
        f"{comparison.name} against {joined(baseline.name for baseline in comparison.baselines)}",
        f"on {who.dataset}, {who.profile} profile, {who.image_size} px, {_images(comparison)}",
        f"under {candidate.protocol}: {kind.name}, {kind.unit}, {direction} is better",
    )


def warnings(comparison: Comparison) -> tuple[str, ...]:
    """Return a warning for each baseline that is compared only because of ``--allow``."""
    found = []
    for baseline in comparison.baselines:
        fields = differing(comparison.candidate.variant, baseline.measurement.variant)
        if fields:
            values = ", ".join(f"{name} ({theirs}, here {mine})" for name, (mine, theirs) in fields.items())
            found.append(f"Warning: {baseline.name} is not comparable by its signature and was allowed: {values}.")
    return tuple(found)


def legend(comparison: Comparison) -> str:
    """Return the legend of the table's columns."""
    name, pairs = comparison.name, comparison.pairs
    corrected = f", corrected for all {pairs} pairs" if pairs > 1 else ""
    return (
        f"difference: {name} minus the method, in brackets in % of that method. Under a number is its 95 % interval. "
        f"p: paired permutation test over images{corrected}. d_z: mean difference in standard deviations of the "
        f"images' differences; under it, the share of images on which {name} is better. tier: methods that can't be "
        "told apart from the best of the tier."
    )


def sentences(comparison: Comparison) -> tuple[str, ...]:
    """Return what can and cannot be told apart, what seeds and images cannot show, and which methods see depth maps."""
    every = (*_verdicts(comparison), *_on_seeds(comparison), *_on_sequences(comparison), *_on_inputs(comparison))
    return tuple(every)


def p_value(p: float) -> str:
    """Return a p-value with the digits that matter."""
    return number(p, 2 if p >= 0.1 else 4)


def _verdicts(comparison: Comparison) -> Iterator[str]:
    name, baselines = comparison.name, comparison.baselines
    apart = [baseline for baseline in baselines if baseline.difference.told_apart]
    better = [baseline.name for baseline in apart if baseline.difference.worse_by < 0]
    worse = [baseline.name for baseline in apart if baseline.difference.worse_by > 0]
    same = [baseline.name for baseline in baselines if not baseline.difference.told_apart]
    if better:
        yield f"{name} is better than {joined(better)}."
    if worse:
        yield f"{name} is worse than {joined(worse)}."
    for baseline in baselines:
        if baseline.difference.equal:
            yield f"{name} and {baseline.name} have the same number on every image."
    if same:
        yield f"{name} cannot be told apart from {joined(same)}."
    yield (
        f"Two methods are told apart if the corrected p, over images, is below {ALPHA} and the interval of their "
        "difference, over images and seeds, leaves out 0."
    )


def _on_seeds(comparison: Comparison) -> Iterator[str]:
    single = [name for name, each in comparison.measurements.items() if len(each.sums) == 1]
    if single:
        verb = "has one seed" if len(single) == 1 else "have one seed each"
        yield f"{joined(single)} {verb}: what another seed would have given is in none of its intervals."
    counts = {name: len(each.sums) for name, each in comparison.measurements.items()}
    mine, others = counts[comparison.name], {counts[baseline.name] for baseline in comparison.baselines}
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
            f"Where {joined(map(str, several))} seeds are all that the spread over seeds is known from, intervals are "
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
        yield f"{joined(at_test)} {_sees(at_test)} depth maps at test (*){others}."
    for depth in sorted({variants[name].depth for name in taught}):
        names = [name for name in taught if variants[name].depth == depth]
        yield f"{joined(names)} {_sees(names)} depth maps ({depth}) in training alone."
    changed = comparison.candidate.variant.runs[0].record.overrides
    if changed:
        settings = ", ".join(f"{key}={value}" for key, value in sorted(changed.items()))
        yield f"{comparison.name} was trained with settings changed by --set: {settings}."


def _sees(names: Sequence[str]) -> str:
    return "sees" if len(names) == 1 else "see"


def _images(comparison: Comparison) -> str:
    images = f"{comparison.images:,} test images"
    return images if comparison.sequences is None else f"{images} in {comparison.sequences:,} sequences"


LEAST_NAME = 12
"""Least width of the column of names; very large numbers push the table beyond 80 columns rather than cut a name."""

BREAKS = re.compile(r"(?<=[\s._:/=,-])|(?<=[a-z0-9])(?=[A-Z])")
"""Positions at which a name too long for its column is broken: after a sign, or before a capital."""


def text_table(comparison: Comparison) -> str:
    """Return the table in 80 columns; a name too long for its column is broken into lines."""
    # How wide the numbers are is known only from a rendered table: the first one has the narrowest column of names.
    bare = _text_table(comparison, 1)
    room = WIDTH - max(map(len, bare.splitlines())) + len("method")
    return _text_table(comparison, max(room, LEAST_NAME))


def markdown_table(comparison: Comparison) -> str:
    """Return the table as GitHub-flavoured Markdown."""
    heads, *rows = [["<br>".join(map(escape_markdown, cell)) for cell in row] for row in _grid(comparison)]
    return tabulate.tabulate(rows, heads, tablefmt="pipe", disable_numparse=True, colalign=_sides(heads))


def _text_table(comparison: Comparison, name_width: int) -> str:
    heads, *rows = _grid(comparison)
    place = [head[0] for head in heads].index("method")
    for row in rows:
        row[place] = tuple(_in_lines(row[place][0], name_width))
    lines = [["\n".join(cell) for cell in row] for row in (heads, *rows)]
    ruled = [lines[0], tabulate.SEPARATING_LINE, *lines[1:]]
    return tabulate.tabulate(ruled, tablefmt="simple", disable_numparse=True, colalign=_sides(lines[0]))


def _in_lines(name: str, width: int) -> list[str]:
    """Break a name into lines of ``width``, after a sign or before a capital; a longer word stays whole."""
    lines = [""]
    for part in BREAKS.split(name):
        if lines[-1] and len(lines[-1]) + len(part.rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines]


def _sides(heads: list[str]) -> list[str]:
    return ["left" if head == "method" else "right" for head in heads]


def _grid(comparison: Comparison) -> list[list[tuple[str, ...]]]:
    """Return the cells, each of one line or more: first the heads, then a row for each method, the best tier first."""
    differences = {baseline.name: baseline.difference for baseline in comparison.baselines}
    names = [name for tier in comparison.tiers for name in tier]
    grid = [_heads(comparison), *(_row(comparison, name, differences.get(name)) for name in names)]
    keypoints = {
        measurement.variant.runs[0].record.identity.keypoints for measurement in comparison.measurements.values()
    }
    if len(keypoints) == 1:
        place = grid[0].index(("K",))
        grid = [[*row[:place], *row[place + 1 :]] for row in grid]
    return grid


def _heads(comparison: Comparison) -> list[tuple[str, ...]]:
    kind = key(comparison.candidate)
    p = ("p", "(Holm)") if comparison.pairs > 1 else ("p",)
    score = (kind.name, f"{kind.unit} {kind.better}")
    return [("tier",), ("method",), ("seeds",), ("K",), score, ("difference",), p, ("d_z", "better")]


def _row(comparison: Comparison, name: str, against: Difference | None) -> list[tuple[str, ...]]:
    """Return the row of one method; the candidate, which is compared with nothing, has dashes."""
    measurement = comparison.measurements[name]
    digits = key(measurement).digits
    mark = " *" if measurement.variant.sees_depth else ""
    left: list[tuple[str, ...]] = [
        (str(comparison.tier(name)),),
        (f"{name}{mark}",),
        (str(len(measurement.sums)),),
        (str(measurement.variant.runs[0].record.identity.keypoints),),
        (number(measurement.estimate.value, digits), span(measurement.estimate.interval(LEVEL), digits)),
    ]
    return [*left, *_against(against, digits)] if against else [*left, ("–",), ("–",), ("–",)]


def _against(found: Difference, digits: int) -> list[tuple[str, ...]]:
    percent = "" if found.percent is None else f" ({signed(found.percent, 1)} %)"
    effect = signed(found.effect, 2) if math.isfinite(found.effect) else "+∞" if found.effect > 0 else "−∞"
    return [
        (f"{signed(found.estimate.value, digits)}{percent}", span(found.estimate.interval(LEVEL), digits, change=True)),
        (p_value(found.corrected_p),),
        (effect, f"{number(100 * found.share_better, 0)} %"),
    ]
