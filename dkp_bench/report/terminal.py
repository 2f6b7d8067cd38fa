"""The short table that ends ``reproduce``: plain text of 80 columns, on a terminal and in a pipe."""

from collections.abc import Sequence

import tabulate

from dkp_bench.analysis.agreement import AGREEMENT_WORDS, AgreementRow, agreement_in_short, agreement_rows
from dkp_bench.analysis.caveats import not_as_published
from dkp_bench.analysis.claims import Change, ClaimRow, Refused, verdict
from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.controls import control_caveats
from dkp_bench.analysis.published import PublishedDelta
from dkp_bench.analysis.ranking import ranked
from dkp_bench.analysis.scores import ON_FIGURE, MetricKey, headline_score
from dkp_bench.report.cells import change_span
from dkp_bench.report.data import ReportData
from dkp_bench.text import NO_BREAK, as_published, seeds, signed, unbroken, wrapped

NAME_WIDTH, NARROW_NAME = 34, 26


def closing_table(data: ReportData, dataset: str, profile: str) -> str:
    """Return the scores on a dataset, whether they agree with the stored ones, and the subject's change.

    First the headline score and the on-figure share of each method, the best first; if there are stored runs beside the
    reader's, both and whether they agree. Then the change of the subject, as in the report's headline, the published
    changes, and the controls that learn nothing and are no worse.

    Returns:
        Lines of at most 80 columns, without a trailing newline.
    """
    groups = [s for s in data.groups if (s.dataset, s.profile) == (dataset, profile)]
    shown = [group for group in groups if _shown(group)]
    parts = [_group_table(group) for group in shown]
    if not parts:
        parts = [f"{dataset}, {profile} profile: nothing measured yet."]
    rows = tuple(row for row in agreement_rows(data.groups, data.stored) if row.group in groups)
    parts += [_agreement(rows)] if rows else []
    said = control_caveats(shown, data.published.report, data.intervals)
    doubt, learned, rivals = (_wrapped(sentence, "") for sentence in said)
    parts += [doubt, _changes(data, dataset, profile, groups), learned, rivals]
    return "\n\n".join(part for part in parts if part)


def _shown(group: Group) -> list[Variant]:
    """Return the reader's variants, or all of them if none is marked as the reader's; the best first."""
    own = [variant for variant in group.variants if variant.own]
    return ranked(own or list(group.variants), headline_score(group))


def _group_table(group: Group) -> str:
    variants, columns = _shown(group), (headline_score(group), ON_FIGURE)
    lines = [
        [_name(variant), *(_text(variant, key) for key in columns), str(len(variant.runs))] for variant in variants
    ]
    heads = [
        "method",
        *(f"{key.name}\n{key.unit} {key.better}" for key in columns),
        "seeds",
    ]
    title = f"{group.dataset}, {group.profile} profile, perceptual network {group.identity.perceptual}"
    title = f"{title}: your runs" if any(variant.own for variant in variants) else title
    note = "\n* sees depth at test" if any(variant.sees_depth for variant in variants) else ""
    return f"{_wrapped(title)}\n\n{_tabulated(lines, heads, ('left', 'right', 'right', 'right'))}{note}"


def _agreement(rows: tuple[AgreementRow, ...]) -> str:
    """Return the reader's scores beside the stored ones; beneath, why they agree or not, each reason once."""
    lines = [
        [_short(row.variant.unmarked, NARROW_NAME), row.own, row.stored, AGREEMENT_WORDS[row.found.verdict]]
        for row in rows
    ]
    table = _tabulated(lines, ["method", "yours", "stored", "agree?"], ("left", "right", "right", "left"))
    reasons: dict[str, list[str]] = {}
    for row in rows:
        reasons.setdefault(row.reason, []).append(row.variant.method)
    why = [_wrapped(f"  {', '.join(names)}: {reason}") for reason, names in reasons.items()]
    return "\n".join([_wrapped(agreement_in_short(rows), ""), "", table, "", *why])


def _tabulated(lines: list[list[str]], heads: list[str], sides: tuple[str, ...]) -> str:
    return tabulate.tabulate(lines, heads, tablefmt="simple", disable_numparse=True, colalign=sides)


def _name(variant: Variant) -> str:
    name = _short(variant.unmarked, NAME_WIDTH)
    return f"{name} *" if variant.sees_depth else name


def _short(label: str, width: int) -> str:
    name = " ".join(label.split())
    return name if len(name) <= width else f"{name[: width - 1]}…"


def _text(variant: Variant, key: MetricKey) -> str:
    value = variant.measured(key.protocol, key.metric)
    return value.text(key.digits) if value else "–"


def _changes(data: ReportData, dataset: str, profile: str, groups: Sequence[Group]) -> str:
    """Return the measured changes and the published ones under them; empty if none was measured."""
    display, rows = data.published.report, data.claims
    here = [row for row in rows if row.dataset == dataset]
    apart = any(isinstance(row.outcome, Change) and row.outcome.own for row in here)
    here.sort(key=lambda row: not (isinstance(row.outcome, Change) and row.outcome.own))
    measured = [line for row in here if (line := _measured(row, profile, apart=apart))]
    if not measured:
        return ""
    lines = [f"{display.subject} against {display.baseline}:", *measured]
    deltas = _published(rows, dataset)
    for delta in deltas:
        value = f"{as_published(delta.value, change=True)} {delta.unit}"
        lines.append(f"  published  {value:>9}  {delta.metric_name}, {delta.stated_for}")
    lines += [f"  published in {source}" for source in dict.fromkeys(delta.source for delta in deltas)]
    lines += [line for row in here if (line := _verdict(row, profile))]
    runs = [run for group in groups for run in group.runs]
    if any(delta.dataset == dataset for delta in deltas) and (caution := not_as_published(runs)):
        lines.append(f"  {caution}")
    return "\n".join(_wrapped(line) for line in lines)


def _published(rows: Sequence[ClaimRow], dataset: str) -> list[PublishedDelta]:
    """Return the published changes of a dataset; for a stand-in, which has none, all of the paper's, each once."""
    own = [row.published for row in rows if row.published and row.dataset == dataset]
    deltas = own or [row.published for row in rows if row.published]
    return list({(delta.stated_for, delta.metric): delta for delta in deltas}.values())


def _measured(row: ClaimRow, profile: str, *, apart: bool) -> str:
    """Return a line on a measured change; beside the reader's runs, stored ones count at their main settings only."""
    outcome = row.outcome
    if isinstance(outcome, Refused) and outcome.profile == profile:
        return f"  not comparable: they differ in {', '.join(outcome.fields)}"
    if not isinstance(outcome, Change) or outcome.group.profile != profile:
        return ""
    if apart and not outcome.own and not outcome.subject.main:
        return ""
    whose = "measured" if not apart else "yours" if outcome.own else "stored"
    value = "–" if outcome.percent is None else f"{signed(outcome.percent, 1)} %"
    label = "" if outcome.subject.main else outcome.subject.unmarked
    name = f", {label}" if label not in ("", outcome.subject.method) else ""
    points = "" if outcome.points is None else f", {signed(outcome.points, 1)} points"
    where = f"{outcome.score.name}, {row.dataset} ({seeds(len(outcome.seeds))}){points}{name}"
    interval = f"; 95 %: {change_span(outcome.estimate)}" if outcome.estimate else ""
    return f"  {whose:<9}  {value:>9}  {where}{interval}"


def _verdict(row: ClaimRow, profile: str) -> str:
    """Return the verdict on a published change; empty if there is none."""
    found, outcome = verdict(row), row.outcome
    if found.outcome == "none" or not isinstance(outcome, Change) or outcome.group.profile != profile:
        return ""
    name = "" if outcome.subject.main else f" ({outcome.subject.label})"
    return f"  {found.words}{name}: {found.reason}"


def _wrapped(line: str, indent: str = "    ") -> str:
    """Fold ``line`` to 80 columns, never between a number and its unit."""
    return wrapped(unbroken(line), "", indent).replace(NO_BREAK, " ")
