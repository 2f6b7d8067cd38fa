"""A comparison as text for a terminal, and as files."""

from pathlib import Path

from dkp_bench.analysis.compare import Comparison
from dkp_bench.analysis.compare_file import to_file
from dkp_bench.files import write_bytes, write_json, write_text
from dkp_bench.report.blocks import Figure
from dkp_bench.report.compare.text import (
    key,
    legend,
    markdown_table,
    sentences,
    text_table,
    title,
    warnings,
)
from dkp_bench.report.figures.joint_differences import joint_chart
from dkp_bench.report.formats.render import escape_markdown
from dkp_bench.text import wrapped

CHART = "per-joint.svg"


def comparison_text(comparison: Comparison) -> str:
    """Return the table and its conclusions in lines of 80 columns, without a trailing newline."""
    head = [wrapped(line, "", "  ") for line in title(comparison)]
    notes = [wrapped(f"- {line}", "", "  ") for line in (*warnings(comparison), *sentences(comparison))]
    return "\n\n".join(["\n".join(head), text_table(comparison), wrapped(legend(comparison)), "\n".join(notes)])


def write_comparison(comparison: Comparison, folder: Path) -> list[Path]:
    """Write ``compare.md``, ``compare.json`` and, where joints are scored, ``per-joint.svg``.

    Args:
        comparison: what to write; an equal comparison gives the same bytes.
        folder: the folder to write into; files of an earlier comparison are replaced.

    Returns:
        Paths of the files.
    """
    chart = _chart(comparison)
    page, numbers, picture = folder / "compare.md", folder / "compare.json", folder / CHART
    write_text(page, _to_markdown(comparison, chart))
    write_json(numbers, to_file(comparison).model_dump(mode="json"))
    if chart is None:
        picture.unlink(missing_ok=True)
        return [page, numbers]
    write_bytes(picture, chart.content)
    return [page, numbers, picture]


def _chart(comparison: Comparison) -> Figure | None:
    """Draw the difference of each joint; None if the metric is not computed joint by joint."""
    against = {baseline.name: baseline.joints for baseline in comparison.baselines}
    if not all(against.values()):
        return None
    candidate = comparison.candidate
    unit = f"{key(candidate).name}, {candidate.unit}"
    return joint_chart(CHART, comparison.name, against, unit, higher_is_better=candidate.higher_is_better)


def _to_markdown(comparison: Comparison, chart: Figure | None) -> str:
    first, *others = map(escape_markdown, title(comparison))
    notes = [f"- {escape_markdown(line)}" for line in (*warnings(comparison), *sentences(comparison))]
    parts = [f"# {first}", "\n".join(others), markdown_table(comparison), escape_markdown(legend(comparison))]
    parts += ["\n".join(notes)]
    if chart:
        parts.append(f"![{escape_markdown(chart.alt)}]({CHART})\n\n*{escape_markdown(chart.caption)}*")
    return "\n\n".join([*parts, "## Signatures", _signatures(comparison)]) + "\n"


def _signatures(comparison: Comparison) -> str:
    runs = [run for measurement in comparison.measurements.values() for run in measurement.variant.runs]
    return "\n".join(f"- `{run.signature(comparison.candidate.protocol)}`" for run in runs)
