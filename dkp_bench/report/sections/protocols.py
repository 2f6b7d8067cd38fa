"""One set of predictions scored in every way that applies, a table for each group."""

from collections.abc import Sequence
from fractions import Fraction

from dkp_bench.analysis.caveats import not_as_published
from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.published import Published, PublishedNumber, verified_notes
from dkp_bench.analysis.ranking import best_variants, subject_first
from dkp_bench.analysis.scores import ON_FIGURE, MetricKey, all_scores
from dkp_bench.report.blocks import EMPTY, Cell, Column, Details, Section, Table, Text
from dkp_bench.report.cells import remarks, seeds_cell
from dkp_bench.report.data import ReportData
from dkp_bench.scoring import PROTOCOLS
from dkp_bench.scoring.on_figure import TOLERANCE
from dkp_bench.text import as_published

TITLE = "The same predictions under every protocol"
INTRODUCTION = (
    "Projects score in different ways, and each way gives the same predictions another number: compare along a row, "
    "never down a column. docs/protocols.md says what the differences are. A protocol that does not apply to a "
    "dataset has no row; “dkp-bench score RUN” says why. Every method is at its main settings. Bold is the best mean "
    "among those that see the picture alone; of the share on the figure, a single keypoint takes no part in that."
)


def section(data: ReportData) -> Section | None:
    """Build a table for each group, all but the first folded away, and the protocols' legend; None without scores."""
    groups = [group for group in data.groups if group.headline]
    if not groups:
        return None
    names = {key.protocol for group in groups for key in all_scores(group)}
    first, *others = (_table(group, data.published) for group in groups)
    folded = [Details(f"Under every protocol: {table.name}", blocks=(table,)) for table in others]
    legend = Details("How each protocol scores", blocks=(_legend(names),))
    return Section("protocols", TITLE, (Text(INTRODUCTION), first, *folded, legend))


def _legend(names: set[str]) -> Table:
    """Return a description of each protocol, in the order in which they refer to each other."""
    columns = (Column("protocol", numeric=False), Column("how it scores", numeric=False, prose=True))
    rows = [
        (Cell(name), Cell(protocol.summary, detail=protocol.source))
        for name, protocol in PROTOCOLS.items()
        if name in names
    ]
    if ON_FIGURE.protocol in names:
        reach = f"within {Fraction(TOLERANCE)} of the image's width of the figure"
        source = "ours; no label and no regression takes part"
        rows.append((Cell(ON_FIGURE.protocol), Cell(f"Share of keypoints that lie {reach}.", detail=source)))
    return Table("The protocols", columns, tuple(rows), sortable=False)


def _table(group: Group, published: Published) -> Table:
    here = [number for number in published.published if group.dataset in number.datasets]
    scores = [key for key in all_scores(group) if key.better]
    matches = [[number for number in here if _is_scored_so(number, key)] for key in scores]
    beside = [number for match in matches for number in match]
    mains = subject_first(group.mains, published.report)
    methods = (Column(variant.method, remarks(variant, group)) for variant in mains)
    columns = (Column("protocol", numeric=False), *methods, *([Column("published")] if beside else []))
    rows = tuple(
        (*_measured(mains, key), *([_published(match)] if beside else []))
        for key, match in zip(scores, matches, strict=True)
    )
    notes, name = _notes(beside, group), f"{group.dataset} {group.profile}"
    return Table(group.title, columns, rows, notes, name=name, sortable=False)


def _notes(beside: Sequence[PublishedNumber], group: Group) -> tuple[str, ...]:
    """Return notes on the sources of a table's published numbers, and on why the runs do not test them."""
    names = (f"{number.method} {as_published(number.value)} ({number.source})" for number in beside)
    notes = verified_notes(zip(names, (number.verified for number in beside), strict=True))
    caution = not_as_published(group.runs)
    return (*notes, caution) if beside and caution else notes


def _measured(mains: Sequence[Variant], key: MetricKey) -> tuple[Cell, ...]:
    best = best_variants(mains, key)
    cells = (seeds_cell(variant, key, strong=variant in best) for variant in mains)
    return (Cell(key.protocol, detail=key.in_words), *cells)


def _is_scored_so(number: PublishedNumber, key: MetricKey) -> bool:
    """Return whether the project that published ``number`` scores in exactly this way, in the same unit."""
    return (number.protocol, number.metric, number.unit) == (key.protocol, key.metric, key.unit)


def _published(numbers: Sequence[PublishedNumber]) -> Cell:
    if not numbers:
        return EMPTY
    values, methods = (as_published(number.value) for number in numbers), (number.method for number in numbers)
    url = numbers[0].url if len(numbers) == 1 else ""
    return Cell(", ".join(values), "published", ", ".join(methods), url=url)
