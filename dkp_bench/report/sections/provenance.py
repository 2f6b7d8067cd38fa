"""Where each number comes from: code, machine, versions and time of every run."""

from dkp_bench.records.store import Run
from dkp_bench.report.blocks import Cell, Column, Details, Section, Table
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.numbers import duration
from dkp_bench.report.setups import NO_DEPTH

ORDER = 70
COLUMNS = (
    Column("run", numeric=False),
    Column("commit", numeric=False),
    Column("hardware", numeric=False),
    Column("duration"),
    Column("finished (UTC)"),
)


def section(evidence: Evidence) -> Section | None:
    """The table of runs, their versions and signatures, or nothing where nothing was run."""
    if not evidence.runs:
        return None
    rows = tuple(_row(run) for run in evidence.runs)
    versions = dict.fromkeys(_versions(run) for run in evidence.runs)
    commands = dict.fromkeys(run.record.provenance.command for run in evidence.runs)
    blocks = (
        Table(f"Runs ({len(evidence.runs)})", COLUMNS, rows),
        Details(
            "Signatures of the headline scores", tuple(run.signature(run.headline_protocol) for run in evidence.runs)
        ),
        Details("Versions", tuple(versions)),
        Details("Commands", tuple(commands)),
    )
    return Section("provenance", "Provenance", blocks)


def _row(run: Run) -> tuple[Cell, ...]:
    identity, provenance, timings = run.record.identity, run.record.provenance, run.record.timings
    name = f"{identity.dataset}/{identity.profile}/{identity.method}"
    depth = "" if identity.depth == NO_DEPTH else f", depth {identity.depth}"
    accelerator = "" if provenance.accelerator == "none" else provenance.accelerator
    threads = "1 thread" if provenance.threads == 1 else f"{provenance.threads} threads"
    return (
        Cell(name, detail=f"seed {identity.seed}, settings {identity.preset_hash}{depth}"),
        Cell(provenance.git_commit[:10], detail=_cleanliness(provenance.git_clean)),
        Cell(accelerator or provenance.processor or provenance.platform, detail=threads),
        Cell(duration(timings.fit_seconds + timings.predict_seconds), "measured"),
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
