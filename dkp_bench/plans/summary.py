"""``summary.md``: where a plan stands, for whoever comes back to it."""

from collections.abc import Iterable

import tabulate

from dkp_bench.analysis.published import Published
from dkp_bench.plans.forecast import steps_done
from dkp_bench.plans.ledger import Entry, Ledger, State
from dkp_bench.plans.schedule import Schedule
from dkp_bench.report import closing_table, gather
from dkp_bench.runs.run import load_runs
from dkp_bench.text import counted, duration

SUMMARY_FILE = "summary.md"
HEADS = ("cell", "state", "headline", "images/s", "time", "GPU memory")


def result_tables(work: Schedule, published: Published) -> list[str]:
    """What was measured so far, as plain text for each dataset and profile of the plan that has finished runs."""
    finished = [entry.cell for entry in work.ledger.those(State.FINISHED) if not entry.cell.smoke]
    evidence = gather(load_runs(work.runs), published)
    groups = dict.fromkeys((cell.dataset, cell.profile) for cell in finished)
    return [closing_table(evidence, dataset, profile) for dataset, profile in groups]


def standing(work: Schedule) -> list[str]:
    """How many cells stand where, and what those that are left will take as far as speeds were measured: lines."""
    entries = [f"{len(found)} {state}" for state in State if (found := work.ledger.those(state))]
    lines = [f"{counted(len(work.ledger), 'cell')}: {', '.join(entries)}"]
    left = [entry for entry in work.ledger if entry.state in (State.WAITING, State.RUNNING)]
    known = [seconds for entry in left if (seconds := _seconds(entry, work)) is not None]
    if known:
        unknown = f", and {len(left) - len(known)} of unknown speed" if len(known) < len(left) else ""
        lines.append(f"left: {counted(len(known), 'cell')} of about {duration(sum(known))} in all{unknown}")
    return lines


def summary(work: Schedule, title: str, heads: Iterable[str], tables: Iterable[str] = ()) -> str:
    """The summary in Markdown.

    Args:
        work: where each cell stands.
        title: the plan's name.
        heads: lines about the call.
        tables: results as plain text.

    Returns:
        The text, with a newline at its end.
    """
    rows = [_row(entry) for entry in work.ledger]
    reasons = "\n".join(f"- {entry.cell.name}: {entry.reason}" for entry in work.ledger if entry.reason)
    parts = [
        f"# {title}",
        *heads,
        *standing(work),
        *(f"```\n{table}\n```" for table in tables),
        tabulate.tabulate(rows, HEADS, tablefmt="github", disable_numparse=True),
        *([f"Why not finished:\n\n{reasons}"] if reasons else []),
    ]
    return "\n\n".join(parts) + "\n"


def cell_lines(ledger: Ledger) -> list[str]:
    """Where each cell stands, and why it failed."""
    return [f"{entry.state:<9} {': '.join(filter(None, [entry.cell.name, entry.reason]))}" for entry in ledger]


def _row(entry: Entry) -> list[str]:
    row = [entry.cell.name, str(entry.state)]
    if entry.run is None:
        return row + ["–"] * 4
    score, times = entry.run.headline, entry.run.record.timings
    return [
        *row,
        "no result" if entry.cell.smoke else f"{score.metric} {score.value:.2f} {score.unit}" if score else "–",
        f"{times.images_per_second:,.0f}" if times.images_per_second else "–",
        duration(times.fit_seconds + times.predict_seconds),
        f"{entry.peak_memory / 2**30:.1f} GiB" if entry.peak_memory is not None else "–",
    ]


def _seconds(entry: Entry, work: Schedule) -> float | None:
    return work.forecast.seconds(entry.job, steps_done(entry.job)) if entry.job else None
