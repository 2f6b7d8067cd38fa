"""What a call leaves beside the runs: the summary, and the file to carry away."""

from dataclasses import dataclass

from dkp_bench.analysis.published import Published
from dkp_bench.files import write_text
from dkp_bench.plans.carry import Weights, pack
from dkp_bench.plans.ledger import State
from dkp_bench.plans.schedule import Schedule
from dkp_bench.plans.summary import SUMMARY_FILE, result_tables, standing, summary
from dkp_bench.runs.execute import sweep_run


@dataclass(frozen=True)
class Leavings:
    """What to leave, and how.

    Attributes:
        title: the plan's name.
        heads: lines about the call.
        published: the numbers of the literature.
        weights: which weights the file to carry takes along.
    """

    title: str
    heads: tuple[str, ...]
    published: Published
    weights: Weights = "none"

    def note(self, work: Schedule) -> None:
        """Write the summary down while the work goes on, without results, which take longer."""
        write_text(work.runs / SUMMARY_FILE, summary(work, self.title, self.heads))

    def close(self, work: Schedule) -> list[str]:
        """Leave everything, and say what: lines for a terminal.

        Raises:
            DkpError: if a run's files are missing or damaged.
        """
        for entry in work.ledger.those(State.FINISHED):
            if entry.run:
                sweep_run(entry.run)
        tables = result_tables(work, self.published)
        write_text(work.runs / SUMMARY_FILE, summary(work, self.title, self.heads, tables))
        packed = pack(work.runs, SUMMARY_FILE, self.weights)
        size = f"{packed.stat().st_size / 1e6:,.1f} MB"
        files = [f"summary: {work.runs / SUMMARY_FILE}", f"to carry away: {packed}, {size}"]
        return [*(f"{table}\n" for table in tables), *standing(work), *files]
