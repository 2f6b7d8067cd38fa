"""Whether a method still trains to what was stored: a run made today beside the stored ones of all seeds."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from dkp_bench.comparison.setups import blocking_fields
from dkp_bench.errors import DkpError
from dkp_bench.records.schema import Identity, Score
from dkp_bench.records.store import Run

LEVEL = 0.95


@dataclass(frozen=True)
class Check:
    """A score of a run made today, and where another run of the same method is expected.

    Attributes:
        run: made today.
        score: its headline score.
        stored: that score of the stored run of the same seed.
        low: lower end of the prediction interval.
        high: its upper end.
        seeds: how many stored seeds it comes from.
    """

    run: Run
    score: Score
    stored: float
    low: float
    high: float
    seeds: int

    @property
    def same(self) -> bool:
        """Whether the score is the stored one to the last digit: so it is on the same processor and packages."""
        return self.score.value == self.stored

    @property
    def holds(self) -> bool:
        """Whether the score is the stored one, or one that another seed might have given."""
        return self.same or self.low <= self.score.value <= self.high


def check(run: Run, baselines: Sequence[Run]) -> Check:
    """Put a run beside the stored ones of its method.

    Raises:
        DkpError: if the run was not scored, its seed is not stored, only one seed is, or what is stored was trained on
            other data or with other settings, which is named.
    """
    identity, score = run.record.identity, run.headline
    if score is None:
        raise DkpError(f"{run.path} was not scored")
    same_method = [stored for stored in baselines if _place(stored.record.identity) == _place(identity)]
    stored = [other for other in same_method if not differing(other.record.identity, identity)]
    twin = next((other for other in stored if other.record.identity.seed == identity.seed), None)
    if twin is None or len(stored) < 2:
        raise _nothing_stored(identity, same_method, len(stored))
    values = [value.value for other in stored if (value := other.score(score.protocol, score.metric))]
    low, high = prediction_interval(values)
    return Check(run, score, _value(twin, score), low, high, len(values))


def prediction_interval(values: Sequence[float], level: float = LEVEL) -> tuple[float, float]:
    """Where one more value of the same normal distribution lies with probability ``level``: mean ± t·s·√(1 + 1/n)."""
    count, centre = len(values), statistics.fmean(values)
    reach = float(stats.t.ppf((1 + level) / 2, count - 1)) * statistics.stdev(values) * math.sqrt(1 + 1 / count)
    return centre - reach, centre + reach


def differing(one: Identity, other: Identity) -> list[str]:
    """Choices in which two runs of one method differ that ought to be the same; a newer version is what is tested."""
    fields = [*blocking_fields(one, other), *(name for name in ("preset_hash", "depth") if _differs(one, other, name))]
    return [field for field in fields if field != "version"]


def _differs(one: Identity, other: Identity, name: str) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _place(identity: Identity) -> tuple[str, str, str]:
    return identity.dataset, identity.profile, identity.method


def _value(run: Run, wanted: Score) -> float:
    score = run.score(wanted.protocol, wanted.metric)
    if score is None:
        raise DkpError(f"{run.path} has no score {wanted.protocol} {wanted.metric}", f"dkp-bench score {run.path}")
    return score.value


def _nothing_stored(identity: Identity, same_method: Sequence[Run], matching: int) -> DkpError:
    what = f"{identity.method} on {identity.dataset}, {identity.profile} profile"
    if same_method and not matching:
        fields = ", ".join(differing(same_method[0].record.identity, identity))
        return DkpError(f"what is stored of {what} differs in {fields}", "store new baselines: docs/statistics.md")
    problem = f"{matching} runs of {what} are stored, seed {identity.seed} and another one are needed"
    return DkpError(problem, "'dkp-bench report' shows what is stored")
