"""Differences between measured and published runs, stated so that a small trial does not pass for a reproduction."""

from collections.abc import Iterable, Mapping

from dkp_bench.analysis.comparable import Variant
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import NO_NETWORK, UNKNOWN

PUBLISHED_PROFILE = "paper"


def changed_settings(variant: Variant) -> list[str]:
    """List what ``--set`` changed of a method's main variant; empty for other variants, whose labels say it."""
    overrides = variant.runs[0].record.overrides if variant.main else {}
    return [f"--set {key}={value}" for key, value in sorted(overrides.items())]


def not_as_published(runs: Iterable[Run], meant: Mapping[str, object] | None = None) -> str:
    """Say why numbers of these runs do not test a published one; empty if they were run as published.

    Args:
        runs: what was measured.
        meant: settings that the published number itself was made with: runs that have them are as published.
    """
    records = [run.record for run in runs]
    smaller = dict.fromkeys(r.identity.profile for r in records if r.identity.profile != PUBLISHED_PROFILE)
    if smaller:
        profiles = " or ".join(smaller)
        return f"The {profiles} profile is smaller than what was published: it tests the code, not the number."
    networks = sorted({r.identity.perceptual for r in records} - {NO_NETWORK})
    departing = [network for network in networks if not has_imagenet_weights(network)]
    given = {item for r in records for item in r.overrides.items()} - set((meant or {}).items())
    changed = sorted(f"{key}={value}" for key, value in given)
    reasons = [f"no ImageNet weights in the perceptual network ({', '.join(departing)})"] if departing else []
    reasons += [f"settings changed by --set ({', '.join(changed)})"] if changed else []
    return f"Not as published: {'; '.join(reasons)}." if reasons else ""


def has_imagenet_weights(perceptual: str) -> bool:
    """Return whether a perceptual network, by its name in the signature, is that of the published methods."""
    return "imagenet" in perceptual


def network_in_words(perceptual: str) -> str:
    """Say what a perceptual network means for the numbers; empty where none was used."""
    if perceptual == NO_NETWORK:
        return ""
    if perceptual == UNKNOWN:
        return "Predictions made elsewhere: what they were trained with, and on, is not known here."
    if "random" in perceptual:
        return (
            f"The perceptual loss used a random network ({perceptual}): fixed, seeded, never trained. The published "
            "methods use VGG16 with ImageNet weights, so these figures compare the methods with each other, not with "
            "the literature."
        )
    if has_imagenet_weights(perceptual):
        return f"The perceptual loss used VGG16 with ImageNet weights ({perceptual}), as the published methods do."
    return f"The perceptual loss used the network “{perceptual}”."
