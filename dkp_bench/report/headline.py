"""What was found, in one sentence computed from the data."""

from collections.abc import Sequence

from dkp_bench.numbers import number, seeds
from dkp_bench.presets import PROFILES
from dkp_bench.report.cautions import changed_settings, not_as_published
from dkp_bench.report.deltas import Change, DeltaRow
from dkp_bench.report.published import Published


def headline(rows: Sequence[DeltaRow], published: Published, run_count: int) -> str:
    """One sentence on the subject, at its main settings, against the baseline, wherever both were measured."""
    if not run_count:
        return "Nothing measured yet."
    subject, baseline = published.report.subject, published.report.baseline
    changes = [row.outcome for row in rows if isinstance(row.outcome, Change) and row.outcome.subject.main]
    if not changes:
        count = "1 run is" if run_count == 1 else f"{run_count} runs are"
        return f"{count} measured, and none of them compares {subject} with {baseline}."
    told = _largest(changes)
    names = dict.fromkeys(change.score.name for change in told)
    findings = [f"{name} {_listed(told, name)}" for name in names]
    return f"{subject} against {baseline}: {'; '.join(findings)}; {_coverage(rows)}."


def _largest(changes: Sequence[Change]) -> list[Change]:
    """The changes at the largest profile that was run on each dataset; the tables have the others."""
    rank: dict[str, int] = {name: place for place, name in enumerate(PROFILES)}
    largest: dict[str, int] = {}
    for change in changes:
        size = rank[change.setup.profile]
        largest[change.setup.dataset] = max(size, largest.get(change.setup.dataset, size))
    return [change for change in changes if rank[change.setup.profile] == largest[change.setup.dataset]]


def _listed(changes: Sequence[Change], name: str) -> str:
    return ", ".join(_finding(change) for change in changes if change.score.name == name)


def _finding(change: Change) -> str:
    how = [f"{change.setup.profile} profile", seeds(len(change.seeds))]
    how += dict.fromkeys([*changed_settings(change.subject), *changed_settings(change.baseline)])
    how += ["not told from no change"] if change.estimate and 0 in change.estimate.interval() else []
    return f"{_comparison(change.percent, change.points)} on {change.setup.dataset} ({', '.join(how)})"


def _comparison(percent: float | None, points: float | None) -> str:
    if percent is None:
        return "not expressible as a change from zero"
    size = number(abs(percent), 1)
    if size == "0.0":
        return "the same to a tenth of a percent"
    in_points = "" if points is None else f" ({number(abs(points), 1)} points)"
    return f"{size} %{in_points} {'lower' if percent < 0 else 'higher'}"


def _coverage(rows: Sequence[DeltaRow]) -> str:
    """How many of the paper's datasets the finding covers, and on how many the runs were made as published."""
    paper = {row.published.stated_for for row in rows if row.published}
    compared = [(row.published, row.outcome) for row in rows if row.published and isinstance(row.outcome, Change)]
    covered = {delta.stated_for for delta, _ in compared}
    tested = {delta.stated_for for delta, change in compared if not not_as_published(change.runs)}
    remark = "" if covered == tested else f", {len(tested) or 'none'} of them as published"
    return f"{len(covered) or 'none'} of the paper's {len(paper)} datasets compared{remark}"
