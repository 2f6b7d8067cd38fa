"""The short closing table: plain text that fits 80 columns, on a terminal and in a pipe."""

import textwrap
from collections.abc import Sequence

import tabulate

from dkp_bench.comparison.setups import Setup, Variant
from dkp_bench.numbers import as_published, seeds, signed
from dkp_bench.report.cautions import not_as_published
from dkp_bench.report.deltas import Change, DeltaRow, Refused
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.intervals import change_span
from dkp_bench.report.published import PublishedDelta
from dkp_bench.report.scores import ON_FIGURE, Shown, headline_score
from dkp_bench.report.verdicts import verdict

WIDTH = 80
NAME_WIDTH = 34


def closing_table(evidence: Evidence, dataset: str, profile: str) -> str:
    """Headline score and on-figure share of each method, the measured change and the published ones under it.

    Returns:
        Lines of at most 80 columns, without a trailing newline.
    """
    parts = [_setup_table(setup) for setup in _setups(evidence, dataset, profile)]
    if not parts:
        parts = [f"{dataset}, {profile} profile: nothing measured yet."]
    return "\n\n".join([*parts, _changes(evidence, dataset, profile)])


def _setups(evidence: Evidence, dataset: str, profile: str) -> list[Setup]:
    return [s for s in evidence.setups if (s.dataset, s.profile) == (dataset, profile)]


def _setup_table(setup: Setup) -> str:
    columns = (headline_score(setup), ON_FIGURE)
    lines = [
        [_name(variant), *(_text(variant, shown) for shown in columns), str(len(variant.runs))]
        for variant in setup.variants
    ]
    heads = ["method", *(f"{shown.name}\n{shown.unit} {shown.better}" for shown in columns), "seeds"]
    align = ("left", "right", "right", "right")
    table = tabulate.tabulate(lines, heads, tablefmt="simple", disable_numparse=True, colalign=align)
    title = f"{setup.dataset}, {setup.profile} profile, perceptual network {setup.identity.perceptual}"
    note = "\n* sees depth at test" if any(variant.sees_depth for variant in setup.variants) else ""
    return f"{_wrapped(title)}\n\n{table}{note}"


def _name(variant: Variant) -> str:
    name = " ".join(variant.label.split())
    name = name if len(name) <= NAME_WIDTH else f"{name[: NAME_WIDTH - 1]}…"
    return f"{name} *" if variant.sees_depth else name


def _text(variant: Variant, shown: Shown) -> str:
    value = variant.measured(shown.protocol, shown.metric)
    return value.text(shown.digits) if value else "–"


def _changes(evidence: Evidence, dataset: str, profile: str) -> str:
    display, rows = evidence.published.report, evidence.deltas
    lines = [f"{display.subject} against {display.baseline}:"]
    lines += [line for row in rows if row.dataset == dataset and (line := _measured(row, profile))]
    deltas = _published(rows, dataset)
    for delta in deltas:
        value = f"{as_published(delta.value, change=True)} {delta.unit}"
        lines.append(f"  published  {value:>9}  {delta.metric_name}, {delta.stated_for}")
    lines += [f"  published in {source}" for source in dict.fromkeys(delta.source for delta in deltas)]
    measured = [run for setup in _setups(evidence, dataset, profile) for run in setup.runs]
    lines += [line for row in rows if row.dataset == dataset and (line := _verdict(row, profile))]
    if any(delta.dataset == dataset for delta in deltas) and (caution := not_as_published(measured)):
        lines.append(f"  {caution}")
    return "\n".join(_wrapped(line) for line in lines)


def _published(rows: Sequence[DeltaRow], dataset: str) -> list[PublishedDelta]:
    """The published change of a dataset; for a stand-in, which has none, all of the paper's, each once."""
    own = [row.published for row in rows if row.published and row.dataset == dataset]
    deltas = own or [row.published for row in rows if row.published]
    return list({(delta.stated_for, delta.metric): delta for delta in deltas}.values())


def _measured(row: DeltaRow, profile: str) -> str:
    outcome = row.outcome
    if isinstance(outcome, Refused) and outcome.profile == profile:
        return f"  not comparable: they differ in {', '.join(outcome.fields)}"
    if not isinstance(outcome, Change) or outcome.setup.profile != profile:
        return ""
    value = "–" if outcome.percent is None else f"{signed(outcome.percent, 1)} %"
    name = "" if outcome.subject.main else f", {outcome.subject.label}"
    points = "" if outcome.points is None else f", {signed(outcome.points, 1)} points"
    where = f"{outcome.score.name}, {row.dataset} ({seeds(len(outcome.seeds))}){points}{name}"
    interval = f"; 95 %: {change_span(outcome.estimate)}" if outcome.estimate else ""
    return f"  measured   {value:>9}  {where}{interval}"


def _verdict(row: DeltaRow, profile: str) -> str:
    """The verdict on a published change, where there is one."""
    found, outcome = verdict(row), row.outcome
    if found.outcome == "none" or not isinstance(outcome, Change) or outcome.setup.profile != profile:
        return ""
    name = "" if outcome.subject.main else f" ({outcome.subject.label})"
    return f"  {found.words}{name}: {found.reason}"


def _wrapped(line: str) -> str:
    return textwrap.fill(line, WIDTH, subsequent_indent="    ", drop_whitespace=True)
