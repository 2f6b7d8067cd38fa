"""The first screen's pictures: every method's score at the largest profile that was run, and what studies found."""

from collections.abc import Sequence
from dataclasses import replace

from dkp_bench.analysis.claims import largest_groups
from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.ranking import listed_variants, stands_apart
from dkp_bench.analysis.scores import MetricKey, headline_score
from dkp_bench.report.blocks import Figure, Section
from dkp_bench.report.data import ReportData
from dkp_bench.report.figures.chart import Reading
from dkp_bench.report.figures.results import ResultPanel, ResultRow, results_figure
from dkp_bench.report.findings import is_told
from dkp_bench.report.study_charts import study_figures
from dkp_bench.text import joined

CAPTION = (
    "every method at its main settings, the best on top: mean over seeds with its 95 % interval over test images and "
    "seeds (dotted: one seed, over the images alone). ● sees the picture alone, ■ sees depth at test, hollow: learns "
    "nothing; the grey band is the interval of {baseline}. Each panel has its own scale."
)


def opening(data: ReportData) -> Section:
    """Build what stands under the headline; without blocks where nothing was scored.

    Beneath the results stands the first picture of each study that the file of published numbers names, as far as it
    was run.
    """
    pictures = [*results_picture(data, "results.svg", shown_first(data))]
    told = {name: data.studies[name] for name in data.published.report.studies if name in data.studies}
    for name, results in told.items():
        if is_told(results):
            # What settings were chosen by is no result. The section of the study has such a picture, too, and two in
            # one page must not have the same identifiers: so this one has another name.
            tested = replace(results, places=tuple(at for at in results.places if at.place.split == "test"))
            pictures += study_figures(f"{name}-first", tested)[:1]
    return Section("found", "What was found", tuple(pictures))


def shown_first(data: ReportData) -> list[Group]:
    """Return the groups of the first screen: each dataset at the largest profile at which the claim was tested on it.

    Of a dataset on which it was not, it is the largest profile that anything was run at.
    """
    display = data.published.report
    largest = largest_groups(data.groups, (display.subject, display.baseline))
    return [group for group in largest if not stands_apart(group, largest)]


def results_picture(data: ReportData, name: str, groups: Sequence[Group]) -> tuple[Figure, ...]:
    """Draw the scores of every method, a panel for each group; empty if nothing was scored.

    Args:
        data: the runs, and which methods are subject and baseline.
        name: the picture's file name.
        groups: of one profile or of several, which the titles then name.
    """
    scored = [(group, rows) for group in groups if (rows := _rows(data, group))]
    if not scored:
        return ()
    shown = [group for group, _ in scored]
    panels = [_panel(group, shown, rows) for group, rows in scored]
    profiles = list(dict.fromkeys(group.profile for group in shown))
    which = f"The {joined(profiles)} profile{'s' if len(profiles) > 1 else ''}"
    caption = f"{which}, {CAPTION.format(baseline=data.published.report.baseline)}"
    return (results_figure(name, panels, caption),)


def _panel(group: Group, shown: Sequence[Group], rows: tuple[ResultRow, ...]) -> ResultPanel:
    key = headline_score(group)
    better = {"↓": "\nlower is better", "↑": "\nhigher is better"}.get(key.better, "")
    axis = ", ".join(part for part in (key.name, key.unit) if part) + better
    return ResultPanel(_title(group, shown), axis, key.digits, rows)


def _title(group: Group, others: Sequence[Group]) -> str:
    """Return the title of a panel: the dataset and what distinguishes the panel from others of it, or from all."""
    same = [other for other in others if other.dataset == group.dataset]
    parts = [group.dataset]
    parts += [group.profile] if any(other.profile != group.profile for other in others) else []
    parts += [f"K = {group.identity.keypoints}"] if len(same) > 1 else []
    return ", ".join(parts)


def _rows(data: ReportData, group: Group) -> tuple[ResultRow, ...]:
    key = headline_score(group)
    rows = ((variant, _reading(data, group, variant, key)) for variant in listed_variants(group))
    display = data.published.report
    return tuple(
        ResultRow(
            variant.label,
            reading,
            control=not variant.learns,
            sees_depth=variant.sees_depth,
            stands_out=variant.method == display.subject,
            reference=variant.main and variant.method == display.baseline,
        )
        for variant, reading in rows
        if reading
    )


def _reading(data: ReportData, group: Group, variant: Variant, key: MetricKey) -> Reading | None:
    value = variant.measured(key.protocol, key.metric)
    measurement = data.intervals.measurement(group, variant, key)
    interval = measurement.estimate.interval() if measurement else None
    return Reading(value.mean, interval, len(variant.runs)) if value else None
