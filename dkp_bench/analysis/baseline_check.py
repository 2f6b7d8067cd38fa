"""The check that a method still trains to what was stored: a new run is compared with the stored ones of all seeds."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from dkp_bench.analysis.comparable import blocking_fields
from dkp_bench.errors import DkpError
from dkp_bench.runs.predictions import is_recomputed
from dkp_bench.runs.provenance import hardware_name
from dkp_bench.runs.rescore import update_command
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import Identity
from dkp_bench.scoring import Score
from dkp_bench.statistics import LEVEL
from dkp_bench.text import joined


@dataclass(frozen=True)
class Check:
    """A score of a run made today, and the interval in which another run of the same method is expected.

    Attributes:
        run: made today.
        score: its headline score.
        stored: that score of the stored run of the same seed.
        low: lower end of the prediction interval.
        high: its upper end.
        seeds: how many stored seeds it comes from.
        elsewhere: says where the stored run of the same seed was made, if on other hardware; else empty.
    """

    run: Run
    score: Score
    stored: float
    low: float
    high: float
    seeds: int
    elsewhere: str = ""

    @property
    def same(self) -> bool:
        """True if the score is the stored one to the last digit, as it is on the same processor and packages."""
        return self.score.value == self.stored

    @property
    def holds(self) -> bool:
        """True if the score is the stored one but for rounding, or one that another seed might have given."""
        return is_recomputed(self.stored, self.score.value) or self.low <= self.score.value <= self.high


def check(run: Run, baselines: Sequence[Run]) -> Check:
    """Compare a run with the stored ones of its method.

    Raises:
        DkpError: if the run or a stored one was not scored, or as :func:`stored_seeds` does.
    """
    identity, score = run.record.identity, run.headline
    if score is None:
        raise DkpError(f"{run.path} was not scored")
    alike = stored_seeds(identity, baselines)
    values = {seed: _value(stored, score) for seed, stored in alike.items()}
    low, high = prediction_interval(list(values.values()))
    elsewhere = other_hardware([run], [alike[identity.seed]])
    return Check(run, score, values[identity.seed], low, high, len(values), elsewhere)


def stored_seeds(identity: Identity, baselines: Sequence[Run]) -> dict[int, Run]:
    """Return the stored runs to compare a run of this identity with, by seed; its own seed is among them.

    Raises:
        DkpError: if its seed is not stored, only one seed is, or what is stored was trained on other data or with other
            settings, which is named.
    """
    same_method = [stored for stored in baselines if _place(stored.record.identity) == _place(identity)]
    seeds = {stored.record.identity.seed: stored for stored in made_alike(identity, same_method)}
    if identity.seed not in seeds or len(seeds) < 2:
        raise _too_few(identity, same_method, sorted(seeds))
    return seeds


def made_alike(identity: Identity, runs: Sequence[Run]) -> list[Run]:
    """Return the runs that differ from this identity at most in the seed and the version of dkp-bench."""
    same = [run for run in runs if _place(run.record.identity) == _place(identity)]
    return [run for run in same if not _differing(run.record.identity, identity)]


def other_hardware(own: Sequence[Run], stored: Sequence[Run]) -> str:
    """Say on which processors or GPUs runs and the stored ones were made; empty if on the same.

    Each rounds and sums in an order of its own, and a training makes that grow: digits differ, and an interval decides.
    """
    ours, theirs = (list(dict.fromkeys(map(_hardware, runs))) for runs in (own, stored))
    if set(ours) == set(theirs):
        return ""
    return f"stored ones are from {joined(theirs)}, made on {joined(ours)}: each trains to digits of its own"


def prediction_interval(values: Sequence[float], level: float = LEVEL, more: int = 1) -> tuple[float, float]:
    """Return the ends of the interval that holds the mean of ``more`` further values with probability ``level``.

    They are mean ± t·s·√(1/m + 1/n) with n ``values`` and m of ``more``: all values are drawn from one normal
    distribution, of which neither mean nor variance is known.

    >>> low, high = prediction_interval([5.0, 6.0, 7.0])
    >>> f"{low:.2f} to {high:.2f}"
    '1.03 to 10.97'
    """
    count, centre = len(values), statistics.fmean(values)
    scale = statistics.stdev(values) * math.sqrt(1 / more + 1 / count)
    reach = float(stats.t.ppf((1 + level) / 2, count - 1)) * scale
    return centre - reach, centre + reach


def _differing(one: Identity, other: Identity) -> list[str]:
    """Return the choices in which two runs of one method differ although they should be the same.

    The version is not among them: whether a new version still gives the stored numbers is what the check tests.
    """
    of_method = [name for name in ("preset_hash", "depth") if getattr(one, name) != getattr(other, name)]
    return [*blocking_fields(one, other), *of_method]


def _place(identity: Identity) -> tuple[str, str, str]:
    return identity.dataset, identity.profile, identity.method


def _hardware(run: Run) -> str:
    return hardware_name(run.record.provenance.accelerator, run.record.provenance.processor)


def _value(run: Run, wanted: Score) -> float:
    score = run.score(wanted.protocol, wanted.metric)
    if score is None:
        raise DkpError(f"{run.path} has no score {wanted.protocol} {wanted.metric}", update_command(run))
    return score.value


def _too_few(identity: Identity, same_method: Sequence[Run], seeds: Sequence[int]) -> DkpError:
    what = f"{identity.method} on {identity.dataset}, {identity.profile} profile"
    if same_method and not seeds:
        fields = ", ".join(_differing(same_method[0].record.identity, identity))
        return DkpError(f"what is stored of {what} differs in {fields}", "new baselines are stored by: dkp-bench store")
    stored = f"seeds stored of {what}: {', '.join(map(str, seeds)) or 'none'}"
    return DkpError(f"{stored}; seed {identity.seed} and another one are needed", "choose a stored one: --seed N")
