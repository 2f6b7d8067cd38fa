"""The provenance of each number: code, machine, versions and time of every run."""

from dkp_bench.analysis.costs import hardware
from dkp_bench.report.blocks import Cell, Column, Details, Section, Table, Text
from dkp_bench.report.data import ReportData
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import NO_DEPTH
from dkp_bench.text import duration

COLUMNS = (
    Column("run", numeric=False),
    Column("commit", numeric=False),
    Column("hardware", numeric=False),
    Column("duration"),
    Column("finished (UTC)"),
)


def section(data: ReportData) -> Section | None:
    """Build the list of runs with their versions and signatures, folded away; None if nothing was run."""
    if not data.runs:
        return None
    runs = sorted(data.runs, key=lambda run: tuple(run.record.identity.model_dump().values()))
    table = Table(f"Runs ({len(runs)})", COLUMNS, tuple(_row(run, data) for run in runs), name="runs")
    blocks = (
        Text(_commits(runs)),
        Details(table.caption, blocks=(table,)),
        Details("Signatures of the headline scores", tuple(run.signature(run.headline_protocol) for run in runs)),
        Details("Versions", tuple(dict.fromkeys(_versions(run) for run in runs))),
        Details("Commands", tuple(dict.fromkeys(run.record.provenance.command for run in runs))),
    )
    return Section("provenance", "Provenance", blocks)


def _commits(runs: list[Run]) -> str:
    """Say how many runs come from code that is committed, and from how many commits."""
    clean = [run.record.provenance.git_commit for run in runs if run.record.provenance.git_clean]
    commits = len(set(clean))
    places = "1 commit" if commits == 1 else f"{commits} commits"
    return (
        f"{len(clean)} of {len(runs)} runs were made by committed code, from {places}. The signature of a number names "
        "every choice behind it; two numbers whose signatures differ in more than method, settings, seed and depth "
        "maps do not stand in one table; only what was not trained stands beside any network and number of keypoints."
    )


def _row(run: Run, data: ReportData) -> tuple[Cell, ...]:
    identity, provenance, timings = run.record.identity, run.record.provenance, run.record.timings
    name = f"{identity.dataset}/{identity.profile}/{identity.method}"
    details = [f"seed {identity.seed}", f"settings {identity.preset_hash}"]
    details += [f"depth {identity.depth}"] if identity.depth != NO_DEPTH else []
    details += [origin] if (origin := data.sources.of([run])) else []
    seconds = timings.fit_seconds + timings.predict_seconds
    return (
        Cell(name, detail=", ".join(details)),
        Cell(provenance.git_commit[:10], detail=_cleanliness(provenance.git_clean)),
        Cell(hardware(run.record)),
        Cell(duration(seconds), "measured", value=seconds),
        Cell(provenance.finished[:16].replace("T", " ")),
    )


def _cleanliness(clean: bool | None) -> str:
    if clean is None:
        return "no checkout"
    return "clean" if clean else "with uncommitted changes"


def _versions(run: Run) -> str:
    provenance = run.record.provenance
    packages = ", ".join(f"{name} {version}" for name, version in sorted(provenance.packages.items()))
    return f"dkp-bench {run.record.identity.version}, Python {provenance.python}, {provenance.platform}; {packages}"
