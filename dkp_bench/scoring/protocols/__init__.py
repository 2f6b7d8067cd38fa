"""Protocols, named after the project that scores that way: each a short composition of the functions of this package.

A protocol decides which images and joints are scored, which coordinates are regressed, with or without an intercept,
and what happens to left and right. One file a project; docs/protocols.md compares them.
"""

from dkp_bench.scoring.protocols import (
    autolink,
    bkind,
    keypointgan,
    lmdis,
    motion_cosegmentation,
    ours,
    stablekeypoints,
)
from dkp_bench.scoring.protocols.base import Protocol as Protocol

PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for project in (autolink, ours, stablekeypoints, bkind, lmdis, motion_cosegmentation, keypointgan)
    for protocol in project.PROTOCOLS
}
"""Every protocol by name."""
