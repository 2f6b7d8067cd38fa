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
    return f"{table}\n{_by_keypoint(run)}\nsignature: {run.signature(scores[0].protocol)}\nrun: {run.path}"


def _by_keypoint(run: Run) -> str:
    """Each keypoint's share of images in which it lies on the figure, the best first; empty without masks."""
    score = run.score("on-figure", "on_figure")
    if score is None:
        return ""
    shares = " ".join(f"{share:.0f}" for share in sorted(score.per_joint.values(), reverse=True))
    return f"\non the figure, % of images for each keypoint: {shares}\n"
