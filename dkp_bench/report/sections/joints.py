"""The error of each joint on a drawn skeleton, baseline and subject side by side."""

from collections.abc import Callable, Mapping

from dkp_bench.analysis.comparable import Group
from dkp_bench.analysis.scores import MetricKey, headline_score, joint_change, joint_scores
from dkp_bench.report.blocks import EMPTY, Block, Cell, Column, Details, Figure, Section, Table, Text
from dkp_bench.report.data import ReportData
from dkp_bench.report.figures.joint_errors import JointPanel, Pose, draw_joints, left_first, mean_pose
from dkp_bench.text import number, signed

LEGEND = (
    "The headline score of each joint, a mean over seeds, drawn where the joint is in the mean pose of the test "
    "images (who faces away is mirrored, so the left, L, is on the right). The area of a disc is the number beside it. "
    "In the difference a full disc is a rise and a ring a fall."
)


def section(data: ReportData) -> Section | None:
    """Build a figure and a table for each group, all but the first figure folded away; None if no joint was scored."""
    blocks: list[Block] = []
    for group in data.groups:
        figure, table = _blocks(data, group)
        seen = any(isinstance(block, Figure) for block in blocks)
        blocks += [figure] if figure and not seen else []
        folded = [block for block in (figure if seen else None, table) if block]
        where = f"{group.dataset}, {group.profile} profile"
        summary = f"{where}, {'figure and table' if seen and figure else 'as a table'}"
        blocks += [Details(summary, blocks=tuple(folded))] if folded else []
    return Section("joints", "Error of each joint", (Text(LEGEND), *blocks)) if blocks else None


def _blocks(data: ReportData, group: Group) -> tuple[Figure | None, Table | None]:
    """Build the blocks of baseline and subject at their main settings, or of one if the other was not run."""
    key, display = headline_score(group), data.published.report
    variants = [v for method in (display.baseline, display.subject) for v in group.variants_of(method)[:1]]
    values = {variant.label: found for variant in variants if (found := joint_scores(variant, key))}
    if not values:
        return None, None
    return _figure(data, group, key, values), _table(group, key, values)


def _figure(data: ReportData, group: Group, key: MetricKey, values: Mapping[str, Mapping[str, float]]) -> Figure | None:
    annotations = data.intervals.annotations(group)
    if annotations is None:
        return None
    skeleton = annotations.skeleton
    pairs = left_first(skeleton.pairs, skeleton.names)
    pose = Pose(skeleton.names, mean_pose(annotations.test, pairs), skeleton.bones)
    panels = [JointPanel(label, joints) for label, joints in values.items()]
    panels += [JointPanel("difference", change, change=True)] if (change := joint_change(values)) else []
    name = f"joints-{group.anchor}.svg"
    content, width, pieces = draw_joints(name, pose, panels)
    where = f"{group.dataset}, {group.profile} profile"
    alt = f"Skeleton with the {key.name} of each joint on {where}: {', '.join(panel.title for panel in panels)}."
    words = "; ".join(f"{panel.title}: {_in_words(panel, key.digits)}" for panel in panels)
    return Figure(name, content, alt, f"{key.in_words} of each joint, {where}", width, f"{words}.", pieces)


def _in_words(panel: JointPanel, digits: int) -> str:
    write = signed if panel.change else number
    return ", ".join(f"{name} {write(value, digits)}" for name, value in panel.values.items())


def _table(group: Group, key: MetricKey, values: Mapping[str, Mapping[str, float]]) -> Table:
    change = joint_change(values)
    unit = f"{key.name}, {key.unit}"
    columns = [Column("joint", numeric=False), *(Column(label, unit, key.better) for label in values)]
    columns += [Column("difference", key.unit)] if change else []
    names = dict.fromkeys(name for joints in values.values() for name in joints)
    rows = [
        (
            Cell(name),
            *(_cell(number, joints.get(name), key.digits) for joints in values.values()),
            *([_cell(signed, change[name], key.digits)] if change else []),
        )
        for name in names
    ]
    where = f"{group.dataset} {group.profile}"
    return Table(f"{key.name} of each joint: {where}", tuple(columns), tuple(rows), name=f"joints {where}")


def _cell(write: Callable[[float, int], str], value: float | None, digits: int) -> Cell:
    return EMPTY if value is None else Cell(write(value, digits), "measured", value=value)
