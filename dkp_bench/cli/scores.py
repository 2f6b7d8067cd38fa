"""A run's scores as text."""

import tabulate

from dkp_bench.records.store import Run


def score_lines(run: Run) -> str:
    """A table of every score of a run, its signature and its folder."""
    scores = run.record.scores
    direction = {True: "higher", False: "lower", None: "–"}
    rows = [[s.protocol, s.metric, f"{s.value:.2f}", s.unit, direction[s.higher_is_better]] for s in scores]
    heads = ["protocol", "metric", "value", "unit", "better"]
    table = tabulate.tabulate(rows, heads, tablefmt="simple", disable_numparse=True, colalign=("left", "left", "right"))
    return f"{table}\n\nsignature: {run.signature(scores[0].protocol)}\nrun: {run.path}"
