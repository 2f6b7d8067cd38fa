"""A run's scores as text."""

from collections.abc import Mapping, Sequence

import tabulate

from dkp_bench.analysis.seed_scores import SeedScores
from dkp_bench.runs.annotations import Annotations
from dkp_bench.runs.predictions import Predictions, labelled_splits, run_predictions, score_under
from dkp_bench.runs.run import Run
from dkp_bench.scoring import PROTOCOLS, Score, match, not_applicable
from dkp_bench.text import entry, folded, wrapped


def score_lines(run: Run, annotations: Annotations, predictions: Predictions | None = None) -> str:
    """Return a table of a run's scores, then the protocols that do not apply, its signature and its folder.

    Args:
        run: a finished and scored run.
        annotations: the annotations it was scored against.
        predictions: the predictions that were scored; if None, those stored with the run.

    Raises:
        DkpError: if the run's predictions are damaged or do not fit the annotations.
    """
    scores = run.record.scores
    parts = [_table(scores), _left_out(_reasons(predictions or run_predictions(run), annotations)), _by_keypoint(run)]
    parts.insert(0, "a smoke run, no result" if run.record.identity.smoke else "")
    protocol = scores[0].protocol
    closing = f"signature: {run.signature(protocol)}\nshort: {run.short_signature(protocol)}\nrun: {run.path}"
    return "\n\n".join(part for part in (*parts, closing) if part)


def under(run: Run, annotations: Annotations, protocols: Sequence[str], predictions: Predictions | None = None) -> Run:
    """Return a run with the scores of these protocols only, in this order, even if its dataset does not list them.

    Args:
        run: a finished run; it is not changed.
        annotations: the annotations to score against.
        protocols: names of protocols.
        predictions: the predictions to score; if None, those stored with the run.

    Raises:
        DkpError: if there is no such protocol or it does not apply, or the run's predictions are damaged.
    """
    wanted = dict.fromkeys(protocols)
    every = score_under(run, annotations, wanted, predictions).record.scores
    scores = [score for name in wanted for score in every if score.protocol == name]
    return Run(run.path, run.record.model_copy(update={"scores": scores}))


def lines_under(run: Run, annotations: Annotations, predictions: Predictions | None = None) -> str:
    """Return a table of the scores of :func:`under`, each protocol's counts, the signatures and the run's folder."""
    splits = labelled_splits(annotations, predictions or run_predictions(run))
    names = list(dict.fromkeys(score.protocol for score in run.record.scores))
    matched = {name: match(name, *splits, annotations.skeleton.pairs) for name in names if name in PROTOCOLS}
    notes = "\n".join(filter(None, (_on_the_way(name, each.notes) for name, each in matched.items())))
    smoke = "a smoke run, no result" if run.record.identity.smoke else ""
    closing = "\n".join([*(f"signature: {run.signature(name)}" for name in names), f"run: {run.path}"])
    return "\n\n".join(part for part in (smoke, _table(run.record.scores), notes, closing) if part)


def _table(scores: Sequence[Score]) -> str:
    direction = {True: "higher", False: "lower", None: "–"}
    rows = [[s.protocol, s.metric, f"{s.value:.2f}", s.unit, direction[s.higher_is_better]] for s in scores]
    heads = ["protocol", "metric", "value", "unit", "better"]
    return tabulate.tabulate(rows, heads, tablefmt="simple", disable_numparse=True, colalign=("left", "left", "right"))


def _on_the_way(protocol: str, notes: Mapping[str, int]) -> str:
    """Return the counts that a protocol keeps of its steps; empty if it keeps none."""
    counts = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in notes.items())
    return folded(f"{protocol}: {counts}") if counts else ""


def smoke_line(run: Run) -> str:
    """Return a line on a smoke run, without its scores: after a few steps they mean nothing."""
    who = run.record.identity
    return f"smoke run of {who.method}, seed {who.seed}: trained, predicted and scored; no result\nrun: {run.path}"


def summary_line(runs: Sequence[Run]) -> str:
    """Return the headline score over several seeds of one method: its mean and sample standard deviation."""
    first = runs[0].record.scores[0]
    values = [score.value for run in runs if (score := run.score(first.protocol, first.metric))]
    seeds = ", ".join(str(run.record.identity.seed) for run in runs)
    number = f"{first.metric} {SeedScores(tuple(values)).text(2)} {first.unit}"
    return folded(f"mean ± standard deviation over {len(values)} seeds ({seeds}): {number} under {first.protocol}")


def _reasons(predictions: Predictions, annotations: Annotations) -> dict[str, str]:
    """Return the reasons why protocols of the dataset were left out, by their names."""
    return not_applicable(annotations.protocols, *labelled_splits(annotations, predictions))


def _left_out(reasons: Mapping[str, str]) -> str:
    indent = " " * (2 + max(map(len, reasons), default=0) + 2)
    lines = [entry(f"  {name:<{len(indent) - 2}}", reason) for name, reason in reasons.items()]
    return "\n".join(["protocols that do not apply:", *lines]) if lines else ""


def _by_keypoint(run: Run) -> str:
    """Return each keypoint's share of images in which it lies on the figure, the best first; empty without masks."""
    score = run.score("on-figure", "on_figure")
    if score is None:
        return ""
    shares = " ".join(f"{share:.0f}" for share in sorted(score.per_joint.values(), reverse=True))
    return wrapped(f"on the figure, % of images for each keypoint: {shares}", "", "  ")
