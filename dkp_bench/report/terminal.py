"""The short closing table: plain text that fits 80 columns, on a terminal and in a pipe."""

import textwrap
from dataclasses import dataclass

import tabulate

from dkp_bench.report.build import Report
from dkp_bench.report.deltas import Change, DeltaRow, Refused
from dkp_bench.report.numbers import Measured, as_published, seeds, signed
from dkp_bench.report.scores import ON_FIGURE, Shown, headline_score, metric_name
from dkp_bench.report.setups import Setup

WIDTH = 80
NAME_WIDTH = 30


@dataclass(frozen=True)
class SummaryRow:
    """One method: its headline error and the share of its keypoints on the figure, over ``seeds`` seeds."""

    method: str
    error: Measured | None
    on_figure: Measured | None
    seeds: int
    sees_depth: bool


def summary_rows(report: Report, dataset: str, profile: str) -> tuple[SummaryRow, ...]:
    """A row for each method that was run on a dataset at a profile."""
    setups = _setups(report, dataset, profile)
    return tuple(row for setup in setups for row in _rows(report, setup))


def closing_table(report: Report, dataset: str, profile: str) -> str:
    """Error and on-figure share of each method, the measured change and beside it the published ones.

    Returns:
        Lines of at most 80 columns, without a trailing newline.
    """
    parts = [_setup_table(report, setup) for setup in _setups(report, dataset, profile)]
    if not parts:
        parts = [f"{dataset}, {profile} profile: nothing measured yet."]
    return "\n\n".join([*parts, _changes(report, dataset, profile)])


def _setups(report: Report, dataset: str, profile: str) -> list[Setup]:
    return [s for s in report.evidence.setups if (s.dataset, s.profile) == (dataset, profile)]


def _rows(report: Report, setup: Setup) -> list[SummaryRow]:
    shown = headline_score(setup, report.evidence.published.report)
    return [
        SummaryRow(
            variant.label,
            variant.measured(shown.protocol, shown.metric),
            variant.measured(ON_FIGURE.protocol, ON_FIGURE.metric),
            len(variant.runs),
            variant.sees_depth,
        )
        for variant in setup.variants
    ]


def _setup_table(report: Report, setup: Setup) -> str:
    shown, rows = headline_score(setup, report.evidence.published.report), _rows(report, setup)
    unit = next((unit for variant in setup.variants if (unit := variant.unit(shown.protocol, shown.metric))), "")
    arrow = "↑" if _higher_is_better(setup, shown) else "↓"
    lines = [[_name(row), _text(row.error, 2), _text(row.on_figure, 1), str(row.seeds)] for row in rows]
    heads = ["method", f"{metric_name(shown.metric)}\n{unit} {arrow}", "on the figure\n% ↑", "seeds"]
    align = ("left", "right", "right", "right")
    table = tabulate.tabulate(lines, heads, tablefmt="simple", disable_numparse=True, colalign=align)
    title = f"{setup.dataset}, {setup.profile} profile, perceptual network {setup.identity.perceptual}"
    note = "\n* sees depth at test" if any(row.sees_depth for row in rows) else ""
    return f"{_wrapped(title)}\n\n{table}{note}"


def _higher_is_better(setup: Setup, shown: Shown) -> bool:
    scores = (run.score(shown.protocol, shown.metric) for variant in setup.variants for run in variant.runs)
    return any(score.higher_is_better is True for score in scores if score)


def _name(row: SummaryRow) -> str:
    name = textwrap.shorten(" ".join(row.method.split()), NAME_WIDTH, placeholder="…")
    return f"{name} *" if row.sees_depth else name


def _text(value: Measured | None, digits: int) -> str:
    return value.text(digits) if value else "–"


def _changes(report: Report, dataset: str, profile: str) -> str:
    display, rows = report.evidence.published.report, report.evidence.deltas
    lines = [f"{display.subject} against {display.baseline}:"]
    lines += [line for row in rows if row.dataset == dataset and (line := _measured(row, profile))]
    published = {(row.dataset, row.published.metric): row.published for row in rows if row.published}.values()
    for delta in published:
        value = f"{as_published(delta.value, change=True)} {delta.unit}"
        lines.append(f"  published  {value:>9}  {delta.metric_name}, {delta.dataset}")
    lines += [f"  published in {source}" for source in dict.fromkeys(delta.source for delta in published)]
    return "\n".join(_wrapped(line) for line in lines)


def _measured(row: DeltaRow, profile: str) -> str:
    outcome = row.outcome
    if isinstance(outcome, Refused) and outcome.profile == profile:
        return f"  not comparable: they differ in {', '.join(outcome.fields)}"
    if not isinstance(outcome, Change) or outcome.setup.profile != profile:
        return ""
    value = "–" if outcome.percent is None else f"{signed(outcome.percent, 1)} %"
    name = "" if outcome.subject.main else f", {outcome.subject.label}"
    where = f"{metric_name(outcome.metric)}, {row.dataset} ({seeds(len(outcome.seeds))}){name}"
    return f"  measured   {value:>9}  {where}"


def _wrapped(line: str) -> str:
    return textwrap.fill(line, WIDTH, subsequent_indent="    ", drop_whitespace=True)
