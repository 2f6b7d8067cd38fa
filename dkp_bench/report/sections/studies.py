"""The studies: which hypotheses the runs refute, support or leave open, and then each study by itself."""

from collections.abc import Iterator, Sequence

from dkp_bench.analysis.comparable import Variant
from dkp_bench.analysis.scores import ON_FIGURE
from dkp_bench.errors import shell_command
from dkp_bench.report.blocks import EMPTY, Block, Cell, CellKind, Column, Section, Table, Text
from dkp_bench.report.cells import comparison_numbers, span
from dkp_bench.report.data import ReportData
from dkp_bench.report.study_charts import file_name, level_value, reading_of, study_figures
from dkp_bench.studies.contrasts import change_against
from dkp_bench.studies.design import Condition, Design
from dkp_bench.studies.measured import PlaceResults, StudyResults, distance_to_teacher
from dkp_bench.studies.verdicts import RULE, ClaimResult, Decision, Verdict, verdicts
from dkp_bench.text import counted, joined, number, signed

KINDS: dict[Decision, CellKind] = {
    "refuted": "not-reproduced",
    "supported": "reproduced",
    "undecided": "direction-only",
    "not run": "not-run",
}
"""How a verdict is shown, in the order in which they are."""
VERDICTS = (
    Column("hypothesis", numeric=False, prose=True),
    Column("verdict", numeric=False),
    Column("comparisons, with 95 % intervals", numeric=False, prose=True),
    Column("refuted by", numeric=False, prose=True),
)
OVERVIEW = (Column("study", numeric=False), *VERDICTS[:2], Column("study's progress", numeric=False))
INTRODUCTION = (
    "A study asks one question: what is varied, which runs answer it and what would refute its hypotheses stood in its "
    "file before it was run. Refuted hypotheses come first."
)
MARKS = {"holds": "✓", "refuted": "✗", "undecided": "?", "not run": "○"}


def sections(data: ReportData) -> Iterator[Section]:
    """Yield an overview of all hypotheses, then a section for each study of which anything is measured.

    The register of ambiguities, which is a study too, has a section of its own.
    """
    studies = {name: each for name, each in data.studies.items() if not each.design.study.left_open}
    if not studies:
        return
    found = {name: verdicts(results) for name, results in studies.items()}
    yield _overview(studies, found)
    order = sorted(studies, key=lambda name: not any(each.decision == "refuted" for each in found[name]))
    for name in order:
        if any(place.variants for place in studies[name].places):
            yield _study(name, studies[name], found[name], data)


def _overview(studies: dict[str, StudyResults], found: dict[str, tuple[Verdict, ...]]) -> Section:
    rows = [
        (each, (Cell(results.design.study.title), *_verdict_cells(each)[:2], _progress(name, results)))
        for name, results in studies.items()
        for each in found[name]
    ]
    rows.sort(key=lambda row: list(KINDS).index(row[0].decision))
    table = Table("Every hypothesis", OVERVIEW, tuple(row for _, row in rows), name="hypotheses", sortable=False)
    return Section("studies", "Studies", (Text(INTRODUCTION), table, Text(RULE)))


def _study(name: str, results: StudyResults, found: Sequence[Verdict], data: ReportData) -> Section:
    study = results.design.study
    blocks: list[Block] = [Text(study.question), Text(study.why)]
    if found:
        rows = tuple((*_verdict_cells(each), Cell(each.hypothesis.refuted_by)) for each in found)
        blocks.append(Table("Verdicts", VERDICTS, rows, name=f"verdicts {name}", sortable=False))
    blocks += study_figures(name, results)
    blocks += [_table(name, at, results, data) for at in results.places if at.variants]
    remarks = [*_trials(results), study.profile, _to_do(name, results)]
    blocks += [Text(each) for each in remarks if each]
    return Section(f"study-{file_name(name)}", f"Study: {study.title}", tuple(blocks))


def _verdict_cells(found: Verdict) -> tuple[Cell, Cell, Cell]:
    """Return a hypothesis, the verdict on it, and the comparisons that it rests on."""
    said = [_comparison(each) for each in found.findings if each.seeds]
    numbers = Cell("; ".join(said), "measured") if said else EMPTY
    verdict = Cell(found.decision, KINDS[found.decision], found.reason)
    return Cell(found.hypothesis.statement, detail=found.hypothesis.name), verdict, numbers


def _comparison(found: ClaimResult) -> str:
    """Return a comparison with its number: ``✓ depth < autolink on mannequin: −12.0 % (−15.0 to −9.0), 5 seeds``."""
    head = f"{MARKS[found.outcome]} {found.claim} on {found.place.dataset}"
    return f"{head}: {comparison_numbers(found) or found.reason}"


def _table(name: str, at: PlaceResults, results: StudyResults, data: ReportData) -> Table:
    """Return every condition at a place with its score, its change, its tier and its teacher's error."""
    design = results.design
    against = design.study.against_title
    columns = [
        Column("condition", numeric=False),
        *(Column(axis.label or axis.name) for axis in design.study.axis if axis.times),
        Column(at.key.name, at.key.unit, at.key.better),
        *([Column(f"against {against}", "95 % interval")] if against else []),
        *([Column("tier")] if at.tiers else []),
        *([Column("error of its teacher", at.key.unit), Column("away from it", "% of edge")] if at.required else []),
        Column(ON_FIGURE.name, ON_FIGURE.unit, ON_FIGURE.better),
        Column("seeds"),
    ]
    conditions = [condition for condition in design.conditions if condition in design.planned[at.place]]
    rows = tuple(tuple(_row(condition, at, design, data)) for condition in conditions)
    notes = tuple(f"{note[0].upper()}{note[1:]}." for note in at.notes)
    return Table(f"{design.study.title}: {at.place}", tuple(columns), rows, notes, name=f"study {name} {at.place}")


def _row(condition: Condition, at: PlaceResults, design: Design, data: ReportData) -> Iterator[Cell]:
    variant = at.variants.get(condition)
    yield Cell(design.title(condition))
    for axis, level in zip(design.study.axis, condition.levels, strict=True):
        if axis.times:
            value = None if level is None else level_value(axis, level, at)
            yield EMPTY if value is None else Cell(f"{value:,.0f}", value=value)
    yield _score(variant, at)
    if design.study.against:
        yield _change(condition, at, design)
    if at.tiers:
        tier = at.tiers.get(condition)
        yield EMPTY if tier is None else Cell(str(tier), value=tier)
    if at.required:
        yield _score(at.required.get(condition), at, missing=EMPTY)
        yield _distance(condition, at)
    shown = variant.measured(ON_FIGURE.protocol, ON_FIGURE.metric) if variant else None
    yield Cell(shown.text(ON_FIGURE.digits), "measured", value=shown.mean) if shown else EMPTY
    runs = variant.runs if variant else ()
    yield Cell(str(len(runs)), detail=data.sources.of(runs), value=len(runs)) if runs else EMPTY


def _score(variant: Variant | None, at: PlaceResults, missing: Cell | None = None) -> Cell:
    reading = reading_of(at, variant)
    if reading is None:
        return missing or Cell("not run", "not-run")
    beneath = span(reading.interval, at.key.digits) if reading.interval else "no interval"
    return Cell(number(reading.value, at.key.digits), "measured", beneath, value=reading.value)


def _change(condition: Condition, at: PlaceResults, design: Design) -> Cell:
    found = change_against(design, condition, at)
    if found is None:
        return EMPTY
    alone = " over images alone" if found.seeds == 1 else ""
    beneath = f"{span(found.interval, 1, change=True)} %{alone}"
    return Cell(f"{signed(found.value, 1)} %", "measured", beneath, value=found.value)


def _distance(condition: Condition, at: PlaceResults) -> Cell:
    """Return how far the keypoints are from those of the teacher; empty where there is none."""
    away = distance_to_teacher(condition, at)
    return Cell(away.text(2), "measured", value=away.mean) if away else EMPTY


def _trials(results: StudyResults) -> Iterator[str]:
    """Say how many settings were tried on the split that chooses, and which came out best."""
    study = results.design.study
    for at in results.places if study.chooses else ():
        found = {c: reading for c, v in at.variants.items() if (reading := reading_of(at, v))}
        if at.place.split == study.chooses and found:
            best = (max if at.key.higher_is_better else min)(found, key=lambda condition: found[condition].value)
            trainings = counted(sum(reading.seeds for reading in found.values()), "training")
            score = f"{number(found[best].value, at.key.digits)} {at.key.unit}".strip()
            chosen = f"the best is {results.design.title(best)} ({score})"
            where = f"Chosen on {study.chooses}, {at.place.dataset}"
            yield f"{where}: {counted(len(found), 'setting')} tried in {trainings}; {chosen}."


def _progress(name: str, results: StudyResults) -> Cell:
    total = len(results.design.specs)
    text = f"{results.measured} of {counted(total, 'run')}"
    command = shell_command("dkp-bench", "study", name)
    return Cell(text, "measured" if results.measured else "not-run", code=command if results.missing else "")


def _to_do(name: str, results: StudyResults) -> str:
    """Say what is missing, and the command that adds it."""
    if not results.missing:
        return ""
    datasets = joined(dict.fromkeys(spec.dataset for spec in results.missing))
    command = shell_command("dkp-bench", "study", name)
    return f"{counted(len(results.missing), 'run')} missing, on {datasets}; to add them: {command}"
