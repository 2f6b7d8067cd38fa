"""Names of the methods of a comparison, short and all different."""

from collections import Counter
from collections.abc import Sequence

from dkp_bench.analysis.comparable import FREE_FIELDS, Variant, settings_in_words
from dkp_bench.declared import declared
from dkp_bench.runs.schema import Identity

SUBJECT = "RUN"
"""Mark of the candidate where another method has its name."""
SHORT = {"keypoints": "K"}


def names_of(variants: Sequence[Variant]) -> list[str]:
    """Return a name for each method of a comparison: those of :func:`distinct_names`, with ``RUN`` for the candidate.

    Args:
        variants: the candidate first; it is marked with ``RUN`` only where another one has its name.
    """
    labels = _labels(variants)
    first = variants[0]
    if labels[0] in labels[1:]:
        other = variants[labels.index(labels[0], 1)]
        labels[0] = f"{labels[0]} ({', '.join([SUBJECT, *_apart(first, other)])})"
    return _numbered(_told_apart(labels, variants))


def distinct_names(variants: Sequence[Variant]) -> list[str]:
    """Return a name for each variant, all different.

    An external method is called by the ``name`` of its class where its file can be found, and by its address
    ``module:Class`` where it cannot or two have that name. The settings that differ follow in brackets.
    """
    return _numbered(_told_apart(_labels(variants), variants))


def _labels(variants: Sequence[Variant]) -> list[str]:
    """Return a label for each variant by itself, with addresses where names of classes are not enough."""
    labels = [_one_line(variant) for variant in variants]
    addresses = {(label, variant.method) for label, variant in zip(labels, variants, strict=True)}
    if len(addresses) > len(set(labels)):
        labels = [" ".join(variant.label.split()) for variant in variants]
    return labels


def _one_line(variant: Variant) -> str:
    found = declared(variant.method) if ":" in variant.method else None
    label = variant.label.replace(variant.method, found.name, 1) if found else variant.label
    return " ".join(label.split())


def _apart(one: Variant, other: Variant) -> list[str]:
    """List the choices of ``one`` that are not those of ``other``, such as ``softness=0.2`` and ``K=12``."""
    mine, theirs = one.runs[0].record, other.runs[0].record
    fields = [name for name in Identity.model_fields if name not in FREE_FIELDS]
    differing = [name for name in fields if getattr(mine.identity, name) != getattr(theirs.identity, name)]
    settings = settings_in_words(one.runs[0], other.runs[0])
    if "keypoints=" in settings and "keypoints" in differing:
        differing.remove("keypoints")
    parts = [f"{SHORT.get(name, name)}={getattr(mine.identity, name)}" for name in differing]
    return [settings, *parts] if settings else parts


def _told_apart(labels: Sequence[str], variants: Sequence[Variant]) -> list[str]:
    """Add to each label that an earlier variant has too how the later variant differs from it."""
    first: dict[str, Variant] = {}
    found = []
    for label, variant in zip(labels, variants, strict=True):
        said = ", ".join(_apart(variant, first[label])) if label in first else ""
        found.append(f"{label} ({said})" if said else label)
        first.setdefault(label, variant)
    return found


def _numbered(labels: Sequence[str]) -> list[str]:
    """Number the labels that are still equal: those of equal runs in two folders."""
    seen: Counter[str] = Counter()
    found = []
    for label in labels:
        seen[label] += 1
        found.append(label if seen[label] == 1 else f"{label} [{seen[label]}]")
    return found
