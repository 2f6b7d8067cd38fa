"""Verdicts on published changes: the rule, in words and in code."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from dkp_bench.analysis.caveats import not_as_published
from dkp_bench.analysis.comparable import Group, Variant, blocking_fields
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.published import Published, PublishedDelta, StandIn, command_for
from dkp_bench.analysis.scores import MetricKey, headline_metric, headline_score
from dkp_bench.analysis.seed_scores import SeedScores
from dkp_bench.presets import PROFILES
from dkp_bench.runs.run import Run
from dkp_bench.statistics import Estimate, Interval, percent_change

ClaimOutcome = Literal["reproduced", "direction-only", "not-reproduced", "not-run", "none"]

WORDS: dict[ClaimOutcome, str] = {
    "reproduced": "reproduced",
    "direction-only": "direction only",
    "not-reproduced": "not reproduced",
    "not-run": "not run",
    "none": "no verdict",
}

RULE = (
    "The rule: let I be the 95 % interval of the measured relative change, over test images and seeds. A change is "
    "reproduced if the published one lies in I and 0 does not; direction only if all of I lies on the published side "
    "of 0, but the published change lies outside I; not reproduced otherwise, be it that I reaches 0 or the other "
    "side. The ends belong to I. A verdict needs runs as published (the paper profile, ImageNet weights in the "
    "perceptual network, no setting changed) and two seeds or more; whatever else was run is shown without one. A "
    "published change is taken as relative, also where nobody could read whether it is in points."
)


@dataclass(frozen=True)
class ClaimVerdict:
    """The verdict on a published change, with a short reason."""

    outcome: ClaimOutcome
    reason: str = ""

    @property
    def words(self) -> str:
        """The outcome as people say it."""
        return WORDS[self.outcome]


def judge(published: float, measured: Interval) -> ClaimOutcome:
    """Return what a measured 95 % interval says of a published change, by :data:`RULE`; both in the same unit.

    >>> judge(-10.0, Interval(-12.0, -6.0)), judge(-10.0, Interval(-8.0, -6.0)), judge(-10.0, Interval(-12.0, 1.0))
    ('reproduced', 'direction-only', 'not-reproduced')
    """
    # 0 is looked at first: an interval that holds both 0 and the published change is too wide to confirm anything.
    if 0 in measured:
        return "not-reproduced"
    if published in measured:
        return "reproduced"
    same_side = published > 0 if measured.low > 0 else published < 0
    return "direction-only" if same_side else "not-reproduced"


def verdict(row: "ClaimRow") -> ClaimVerdict:
    """Return the verdict on a row of the table of changes; ``none`` for a stand-in."""
    if row.published is None:
        return ClaimVerdict("none", "stands in, tests no published number")
    if row.outcome is None:
        return ClaimVerdict("not-run")
    if isinstance(row.outcome, Refused):
        return ClaimVerdict("none", f"not comparable: they differ in {', '.join(row.outcome.fields)}")
    reason = _why_none(row.outcome)  # trials and single seeds are listed in the table, but not judged
    if reason or row.outcome.estimate is None:
        return ClaimVerdict("none", reason)
    measured = row.outcome.estimate.interval()
    outcome = judge(float(row.published.value), measured)
    return ClaimVerdict(outcome, _reason(outcome, float(row.published.value), measured))


def _why_none(change: "Change") -> str:
    if not_as_published(change.runs):
        return "not as published"
    if change.estimate is None:
        return "no interval: its predictions or annotations are not there"
    return "" if change.estimate.covers_seeds else "one seed says nothing of chance in training"


def _reason(outcome: ClaimOutcome, published: float, measured: Interval) -> str:
    if outcome == "reproduced":
        return "the published change lies in the interval, which excludes 0"
    if outcome == "direction-only":
        stronger = abs(published) < min(abs(measured.low), abs(measured.high))
        return f"the measured change is {'larger' if stronger else 'smaller'} than the published one"
    return "the interval holds 0" if 0 in measured else "the measured change goes the other way"


@dataclass(frozen=True)
class Change:
    """A measured change between two methods that differ in nothing else.

    Attributes:
        group: the group both were run in.
        score: the score, under the dataset's headline protocol.
        subject: the variant whose change it is.
        baseline: the variant it is measured against.
        seeds: the seeds that both have.
        subject_score: of the subject over those seeds.
        baseline_score: of the baseline over those seeds.
        estimate: of the relative change in %, with its interval; None where predictions or annotations are missing.
    """

    group: Group
    score: MetricKey
    subject: Variant
    baseline: Variant
    seeds: tuple[int, ...]
    subject_score: SeedScores
    baseline_score: SeedScores
    estimate: Estimate | None = None

    @property
    def own(self) -> bool:
        """True if it is the change of a subject that the reader ran, kept apart from stored runs."""
        return self.subject.own

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs behind both scores."""
        both = (*self.subject.runs, *self.baseline.runs)
        return tuple(run for run in both if run.record.identity.seed in self.seeds)

    @property
    def percent(self) -> float | None:
        """Relative change of the mean, in %; None against a mean of zero."""
        return percent_change(self.baseline_score.mean, self.subject_score.mean)

    @property
    def points(self) -> float | None:
        """Change of the mean in percentage points; None for a score that is no share in %."""
        return self.subject_score.mean - self.baseline_score.mean if self.score.unit == "%" else None


@dataclass(frozen=True)
class Refused:
    """The fields that forbid the comparison of two methods although both were run."""

    profile: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class ClaimRow:
    """One row of the table of changes.

    Attributes:
        dataset: its name.
        published: the paper's change; None for a stand-in.
        outcome: the measured change, the reason why there is none, or None where nothing was run.
        command: the command that measures it.
    """

    dataset: str
    published: PublishedDelta | None
    outcome: Change | Refused | None
    command: str


def claim_rows(groups: Sequence[Group], published: Published, intervals: Intervals) -> tuple[ClaimRow, ...]:
    """Return the paper's rows first, then the stand-ins, then any other dataset that both methods were run on."""
    rows: list[ClaimRow] = []
    listed: tuple[PublishedDelta | StandIn, ...] = (*published.delta, *published.stand_in)
    for entry in listed:
        delta = entry if isinstance(entry, PublishedDelta) else None
        outcomes = _outcomes_on(entry.dataset, groups, published, intervals, delta)
        rows += [ClaimRow(entry.dataset, delta, outcome, entry.command) for outcome in outcomes or (None,)]
    others = sorted({group.dataset for group in groups} - {entry.dataset for entry in listed})
    for dataset in others:
        outcomes = _outcomes_on(dataset, groups, published, intervals)
        rows += [ClaimRow(dataset, None, outcome, command_for(dataset, published)) for outcome in outcomes]
    return tuple(rows)


def _outcomes_on(
    dataset: str,
    groups: Sequence[Group],
    published: Published,
    intervals: Intervals,
    delta: PublishedDelta | None = None,
) -> list[Change | Refused]:
    """Return, for each profile of a dataset, the changes measured there or the reason why there is none.

    They are changes of the published change's metric where there is one, and of the headline score otherwise.
    """
    outcomes: list[Change | Refused] = []
    here = [group for group in groups if group.dataset == dataset]
    for profile in sorted({group.profile for group in here}):
        # Runs of one profile may be in several groups (another K, another network). Each group gives changes of its
        # own; only where none of them does is the comparison refused, for a reason that holds across groups.
        same = [group for group in here if group.profile == profile]
        scores = [headline_metric(group, delta.metric) if delta else headline_score(group) for group in same]
        pairs = zip(same, scores, strict=True)
        changes = [change for group, score in pairs for change in _changes(group, score, published, intervals)]
        refused = None if changes else _refusal(same, published)
        outcomes += changes or ([refused] if refused else [])
    return outcomes


def _changes(group: Group, score: MetricKey, published: Published, intervals: Intervals) -> list[Change]:
    baselines = group.variants_of(published.report.baseline)
    subjects = group.variants_of(published.report.subject) if baselines else ()
    pairs = [(_of_one_origin(baselines, subject), subject) for subject in subjects]
    changes = [change_between(group, baseline, subject, score, intervals) for baseline, subject in pairs]
    return [change for change in changes if change]


def _of_one_origin(baselines: Sequence[Variant], subject: Variant) -> Variant:
    """Return the baseline's main variant among the reader's runs or the stored ones, as the subject is."""
    # A reader's subject is compared with the reader's baseline, so that both come from the same machine and packages.
    # Where the reader did not run the baseline, the stored one takes part: `variants_of` puts the main variant first.
    return next((each for each in baselines if each.own == subject.own), baselines[0])


def change_between(
    group: Group, baseline: Variant, subject: Variant, score: MetricKey, intervals: Intervals
) -> Change | None:
    """Return the change from one variant to another over the seeds that both have; None unless all were scored."""
    # Only common seeds: a mean over other seeds would differ by chance in training as well.
    seeds = tuple(sorted(set(subject.seeds) & set(baseline.seeds)))
    after, before = (v.measured(score.protocol, score.metric, seeds) for v in (subject, baseline))
    if not after or not before:
        return None
    estimate = intervals.change(group, baseline, subject, score, seeds)
    return Change(group, score, subject, baseline, seeds, after, before, estimate)


def _refusal(groups: Sequence[Group], published: Published) -> Refused | None:
    # The newest runs give the reason: the reader asks about what was run last.
    subjects = _newest(groups, published.report.subject)
    baselines = _newest(groups, published.report.baseline)
    if subjects is None or baselines is None:
        return None
    one, other = subjects.record.identity, baselines.record.identity
    fields = blocking_fields(one, other) or (["seed"] if one.seed != other.seed else ["scores"])
    return Refused(one.profile, tuple(fields))


def _newest(groups: Sequence[Group], method: str) -> Run | None:
    runs = [run for group in groups for variant in group.variants_of(method) for run in variant.runs]
    return max(runs, key=lambda run: run.record.provenance.finished, default=None)


def headline_changes(rows: Sequence[ClaimRow]) -> list[Change]:
    """Return the changes that the headline reports: at the largest profile of each dataset, at the main settings.

    Of the reader's own runs, which are never averaged with stored ones, the settings with the most seeds count as main.
    """
    changes = [row.outcome for row in rows if isinstance(row.outcome, Change)]
    own: dict[str, Change] = {}
    for change in changes:
        if change.own and not change.subject.main:
            own.setdefault(change.group.anchor, change)
    return _of_largest_profiles(
        [change for change in changes if change.subject.main or own.get(change.group.anchor) is change]
    )


def _of_largest_profiles(changes: Sequence[Change]) -> list[Change]:
    """Return the changes at the largest profile that was run on each dataset; the tables have the others."""
    kept = {id(group) for group in largest_groups([change.group for change in changes])}
    return [change for change in changes if id(change.group) in kept]


def largest_groups(groups: Sequence[Group], methods: Collection[str] = ()) -> list[Group]:
    """Return the groups at the largest profile that was run on each dataset; the tables have the others.

    Args:
        groups: to choose from.
        methods: those that a group should have all of: a larger profile without them counts less than one with them.
    """

    def rank(group: Group) -> tuple[bool, int]:
        return {*methods} <= {each.method for each in group.variants}, PROFILES.index(group.identity.profile)

    largest: dict[str, tuple[bool, int]] = {}
    for group in groups:
        largest[group.dataset] = max(rank(group), largest.get(group.dataset, rank(group)))
    return [group for group in groups if rank(group) == largest[group.dataset]]
