"""The change of the subject's score against the baseline's: measured, not comparable, or not run."""

from collections.abc import Sequence
from dataclasses import dataclass

from dkp_bench.records.store import Run
from dkp_bench.report.numbers import Measured
from dkp_bench.report.published import Published, PublishedDelta, StandIn
from dkp_bench.report.setups import Setup, Variant, blocking_fields


@dataclass(frozen=True)
class Change:
    """A measured change between two methods that differ in nothing else.

    Attributes:
        setup: where both were run.
        metric: the score's metric, under the dataset's headline protocol.
        unit: the score's unit.
        subject: the variant whose change it is.
        baseline: the variant it is measured against.
        seeds: the seeds both have.
        subject_score: over those seeds.
        baseline_score: over those seeds.
    """

    setup: Setup
    metric: str
    unit: str
    subject: Variant
    baseline: Variant
    seeds: tuple[int, ...]
    subject_score: Measured
    baseline_score: Measured

    @property
    def percent(self) -> float | None:
        """Relative change of the mean, in %; None against a mean of zero."""
        before, after = self.baseline_score.mean, self.subject_score.mean
        return None if before == 0 else 100 * (after - before) / before


@dataclass(frozen=True)
class Refused:
    """Both methods were run, but in ways that forbid the comparison."""

    profile: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class DeltaRow:
    """One row of the table of changes.

    Attributes:
        dataset: its name.
        published: the paper's change; None for a stand-in.
        outcome: what was measured, why not, or None where nothing was run.
        command: measures it.
    """

    dataset: str
    published: PublishedDelta | None
    outcome: Change | Refused | None
    command: str


def delta_rows(setups: Sequence[Setup], published: Published) -> tuple[DeltaRow, ...]:
    """The paper's rows first, then the stand-ins, then whatever else both methods were run on."""
    rows: list[DeltaRow] = []
    listed: tuple[PublishedDelta | StandIn, ...] = (*published.delta, *published.stand_in)
    for entry in listed:
        delta = entry if isinstance(entry, PublishedDelta) else None
        metric = delta.metric if delta else published.report.headline_metric
        outcomes = outcomes_on(entry.dataset, metric, setups, published)
        rows += [DeltaRow(entry.dataset, delta, outcome, entry.command) for outcome in outcomes or (None,)]
    others = sorted({setup.dataset for setup in setups} - {entry.dataset for entry in listed})
    for dataset in others:
        outcomes = outcomes_on(dataset, published.report.headline_metric, setups, published)
        rows += [DeltaRow(dataset, None, outcome, command_for(dataset, published)) for outcome in outcomes]
    return tuple(rows)


def command_for(dataset: str, published: Published) -> str:
    """The command that runs the suite on a dataset."""
    listed: tuple[PublishedDelta | StandIn, ...] = (*published.delta, *published.stand_in)
    known = {entry.dataset: entry.command for entry in listed}
    return known.get(dataset, f"nox -s reproduce-{dataset}")


def outcomes_on(dataset: str, metric: str, setups: Sequence[Setup], published: Published) -> list[Change | Refused]:
    """For each profile of a dataset: the changes measured there, or the reason why there is none."""
    outcomes: list[Change | Refused] = []
    here = [setup for setup in setups if setup.dataset == dataset]
    for profile in sorted({setup.profile for setup in here}):
        same = [setup for setup in here if setup.profile == profile]
        changes = [change for setup in same for change in _changes(setup, metric, published)]
        refused = None if changes else _refusal(same, published)
        outcomes += changes or ([refused] if refused else [])
    return outcomes


def _changes(setup: Setup, metric: str, published: Published) -> list[Change]:
    baselines = setup.variants_of(published.report.baseline)
    protocol, changes = setup.protocol, []
    for subject in setup.variants_of(published.report.subject) if baselines else ():
        seeds = tuple(sorted(set(subject.seeds) & set(baselines[0].seeds)))
        after, before = (variant.measured(protocol, metric, seeds) for variant in (subject, baselines[0]))
        if after and before:
            unit = subject.unit(protocol, metric)
            changes.append(Change(setup, metric, unit, subject, baselines[0], seeds, after, before))
    return changes


def _refusal(setups: Sequence[Setup], published: Published) -> Refused | None:
    subjects = _newest(setups, published.report.subject)
    baselines = _newest(setups, published.report.baseline)
    if subjects is None or baselines is None:
        return None
    one, other = subjects.record.identity, baselines.record.identity
    fields = blocking_fields(one, other) or (["seed"] if one.seed != other.seed else ["scores"])
    return Refused(one.profile, tuple(fields))


def _newest(setups: Sequence[Setup], method: str) -> Run | None:
    runs = [run for setup in setups for variant in setup.variants_of(method) for run in variant.runs]
    return max(runs, key=lambda run: run.record.provenance.finished, default=None)
