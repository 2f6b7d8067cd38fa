"""What sets measured runs apart from the published ones, so that nobody takes a trial for a reproduction."""

from collections.abc import Iterable

from dkp_bench.records.store import Run

PUBLISHED_PROFILE = "paper"


def not_as_published(runs: Iterable[Run]) -> str:
    """Why numbers of these runs do not test a published one; empty if they were run as published."""
    records = [run.record for run in runs]
    smaller = dict.fromkeys(r.identity.profile for r in records if r.identity.profile != PUBLISHED_PROFILE)
    if smaller:
        profiles = " or ".join(smaller)
        return f"The {profiles} profile is smaller than what was published: it tests the code, not the number."
    networks = sorted({r.identity.perceptual for r in records if "random" in r.identity.perceptual})
    changed = sorted({f"{key}={value}" for r in records for key, value in r.overrides.items()})
    reasons = [f"random weights in the perceptual network ({', '.join(networks)})"] if networks else []
    reasons += [f"settings changed by --set ({', '.join(changed)})"] if changed else []
    return f"Not as published: {'; '.join(reasons)}." if reasons else ""
