"""Evidence that the masks of simplified Human3.6M are of its people: their coding, their size, the joints on them."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from dkp_bench.datasets.finding import Finding, expect
from dkp_bench.datasets.h36m.files import MASKS, Frame
from dkp_bench.datasets.h36m.frames import JOINTS, Content
from dkp_bench.datasets.plausible import cover_finding, figure_finding

MOST_PLAIN = 0.01
"""Share of the masks that may be of one colour: where a figure was not found, or there is nothing else."""
USUAL = "0 and 255"


@dataclass
class MaskTally:
    """Counts that are kept while frames are read.

    Attributes:
        shares: of each image that its figure covers.
        plain: masks of one colour.
        codings: how many masks were stored with which two values.
        hits: joints on the figure, and how many would be with x and y exchanged.
        joints: of the frames whose mask and landmarks could be read.
    """

    shares: list[float] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    codings: Counter[str] = field(default_factory=Counter)
    hits: tuple[int, int] = (0, 0)
    joints: int = 0

    def add(self, frame: Frame, content: Content) -> None:
        """Count a frame."""
        if math.isnan(content.figure):
            return
        self.shares.append(content.figure)
        if content.figure in (0, 1):
            self.plain.append(f"{frame.file(MASKS)} is of one colour")
        else:
            self.codings[content.coding] += 1
        if content.hits is not None:
            self.hits = self.hits[0] + content.hits[0], self.hits[1] + content.hits[1]
            self.joints += JOINTS

    def findings(self) -> list[Finding]:
        """Return what follows for the masks; nothing without any."""
        if not self.shares:
            return []
        found = [
            expect(
                "share of an image that its figure covers",
                f"{min(self.shares):.1%} to {max(self.shares):.1%}",
                f"above 0 %, below 100 %, but for {MOST_PLAIN:.0%} of the masks at most",
                len(self.plain) <= MOST_PLAIN * len(self.shares),
                self.plain,
            ),
            cover_finding("masks", self.shares),
            Finding("values that the masks are stored with", self.coding),
        ]
        return [*found, figure_finding("masks", *self.hits, self.joints)] if self.joints else found

    @property
    def coding(self) -> str:
        """The two values that masks were stored with, and what unusual ones are taken for."""
        return coding_in_words(self.codings)


def coding_in_words(codings: Counter[str]) -> str:
    """Say how many masks were stored with which two values: ``0 and 1 (84, read as 0 and 255)``."""
    return ", ".join(
        f"{values} ({count:,}{'' if values == USUAL else f', read as {USUAL}'})"
        for values, count in codings.most_common(4)
    )


def unusual(tally: MaskTally) -> Iterable[str]:
    """Return what a reader of scores should know about the masks."""
    if set(tally.codings) - {USUAL}:
        yield f"masks are stored with {tally.coding}"
    if tally.plain:
        yield f"{len(tally.plain):,} masks are of one colour"
