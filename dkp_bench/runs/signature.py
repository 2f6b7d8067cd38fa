"""The signature: one line that names each choice behind a score, and a short one for a footnote."""

import hashlib
import re

from dkp_bench.runs.schema import Identity

DIGEST = 10
"""Hexadecimal digits of a short signature's hash: one of 10¹² values."""
MARK = "#"
SHORTEST = 4
"""Digits that are enough to ask for a signature by."""


def signature(identity: Identity, protocol: str) -> str:
    """Return ``key:value|key:value|…`` in the order of :class:`Identity`, then protocol and version.

    Fields that the signatures of 0.1.0 do not name come last, and only where they say something else than held then.
    """
    fields = identity.model_dump(exclude={"version", "scores_version", "split"}) | {"protocol": protocol}
    fields |= {"version": identity.version} | identity.later_fields
    return "|".join(f"{key}:{value}" for key, value in fields.items())


def short_signature(identity: Identity, protocol: str) -> str:
    """Return ``dataset|method|profile|K|seed|protocol|version#hash``; the hash is of the whole :func:`signature`.

    It fits a footnote, and ``dkp-bench runs --signature`` finds the run that it is of.
    """
    digest = hashlib.sha256(signature(identity, protocol).encode()).hexdigest()[:DIGEST]
    words = [identity.dataset, identity.method, identity.profile, f"K{identity.keypoints}", f"seed{identity.seed}"]
    return f"{'|'.join([*words, protocol, f'v{identity.version}'])}{MARK}{digest}"


def is_signed(identity: Identity, protocol: str, asked: str) -> bool:
    """Return whether a text is the signature of a score: the whole one, the short one, or the start of its hash.

    Args:
        identity: of a run.
        protocol: of one of its scores.
        asked: what the user typed or pasted.
    """
    short = short_signature(identity, protocol)
    digits = asked.removeprefix(MARK).lower()
    is_hash = re.fullmatch(rf"[0-9a-f]{{{SHORTEST},{DIGEST}}}", digits) is not None
    begins = is_hash and short.rpartition(MARK)[2].startswith(digits)
    return begins or asked in (short, signature(identity, protocol))
