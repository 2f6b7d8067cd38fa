"""The findings in sentences computed from the data; the report and the terminal print the same ones."""

from collections.abc import Sequence

from dkp_bench.analysis.caveats import changed_settings, not_as_published
from dkp_bench.analysis.claims import Change, ClaimRow, headline_changes
from dkp_bench.analysis.comparable import YOURS, Variant
from dkp_bench.analysis.controls import control_caveats
from dkp_bench.analysis.published import Published
from dkp_bench.report.cells import change_span
from dkp_bench.report.data import ReportData
from dkp_bench.report.findings import answers, refuted_hypotheses
from dkp_bench.report.opening import shown_first
from dkp_bench.text import number, seeds


def headline(data: ReportData) -> tuple[str, ...]:
    """Return the findings in sentences, the most important first; never empty.

    Refuted hypotheses come first; then, if the baseline cannot be told apart from a method that learns nothing, that.
    Then the reader's own runs, then the stored ones, each of the subject at its main settings against the baseline;
    then where the baseline has learned, the controls that are no worse than the subject, and what else is known of the
    studies that the file of published numbers names.
    """
    published = data.published
    if not data.runs:
        return ("Nothing measured yet.",)
    told = headline_changes(data.claims)
    measured = [_finding(told, published, data.claims, own=own) for own in (True, False)]
    doubt, learned, rivals = control_caveats(shown_first(data), published.report, data.intervals)
    found = [part for part in measured if part] or [_nothing_compared(data)]
    refuted, rest = refuted_hypotheses(data.studies), answers(data.studies, published.report.studies)
    return tuple(part for part in (*refuted, doubt, *found, learned, rivals, *rest) if part)


def change_in_words(change: Change) -> str:
    """Return a change in words: ``25.3 % lower``."""
    return _comparison(change.percent, change.points)


def _finding(changes: Sequence[Change], published: Published, rows: Sequence[ClaimRow], *, own: bool) -> str:
    """Return one sentence on the changes of the reader's own runs, or of the others; empty if there are none."""
    apart = any(change.own for change in changes)
    chosen = [change for change in changes if change.own == own]
    if not chosen:
        return ""
    subject, baseline = published.report.subject, published.report.baseline
    names = dict.fromkeys(change.score.name for change in chosen)
    findings = "; ".join(f"{name} {_listed(chosen, name)}" for name in names)
    whose = ("Your runs: " if own else "Stored runs: ") if apart else ""
    coverage = f"; {_coverage(rows)}" if own or not apart else ""
    return f"{whose}{subject} against {baseline}: {findings}{coverage}."


def _nothing_compared(data: ReportData) -> str:
    """Say that no run compares subject and baseline."""
    count = "1 run is" if len(data.runs) == 1 else f"{len(data.runs)} runs are"
    display = data.published.report
    return f"{count} measured, and none of them compares {display.subject} with {display.baseline}."


def _listed(changes: Sequence[Change], name: str) -> str:
    """List the changes of one score; what holds for all of them is said once, at the end."""
    chosen = [change for change in changes if change.score.name == name]
    how = [_how(change) for change in chosen]
    parts = [f"{change_in_words(change)}{_span(change)} on {change.group.dataset}" for change in chosen]
    if len(chosen) > 1 and len(set(how)) == 1:
        return f"{', '.join(parts)} (each: {how[0]})"
    return ", ".join(f"{part} ({said})" for part, said in zip(parts, how, strict=True))


def _span(change: Change) -> str:
    """Return the 95 % interval of a change in brackets; empty if there is none."""
    return f" [{change_span(change.estimate)}]" if change.estimate else ""


def _how(change: Change) -> str:
    count = seeds(len(change.seeds))
    parts = [f"{change.group.profile} profile", f"{count} of yours" if change.own else count]
    if change.own and not change.baseline.own:
        parts.append(f"against the stored {change.baseline.method}")
    parts += dict.fromkeys([*_settings(change.subject), *_settings(change.baseline)])
    parts += ["not told from no change"] if change.estimate and 0 in change.estimate.interval() else []
    return ", ".join(parts)


def _settings(variant: Variant) -> list[str]:
    """Return the settings of a variant that differ from the preset or, for the reader's own, from the stored one."""
    if variant.main:
        return changed_settings(variant)
    return [part for part in variant.settings_label.split(", ") if part != YOURS]


def _comparison(percent: float | None, points: float | None) -> str:
    if percent is None:
        return "not expressible as a change from zero"
    size = number(abs(percent), 1)
    if size == "0.0":
        return "the same to a tenth of a percent"
    in_points = "" if points is None else f" ({number(abs(points), 1)} points)"
    return f"{size} %{in_points} {'lower' if percent < 0 else 'higher'}"


def _coverage(rows: Sequence[ClaimRow]) -> str:
    """Say how many of the paper's datasets are compared, and on how many the runs were made as published."""
    paper = {row.published.stated_for for row in rows if row.published}
    compared = [(row.published, row.outcome) for row in rows if row.published and isinstance(row.outcome, Change)]
    covered = {delta.stated_for for delta, _ in compared}
    tested = {delta.stated_for for delta, change in compared if not not_as_published(change.runs)}
    remark = "" if covered == tested else f", {len(tested) or 'none'} of them as published"
    return f"{len(covered) or 'none'} of the paper's {len(paper)} datasets compared{remark}"
