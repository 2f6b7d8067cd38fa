"""What came of a search for kills that lose something: counts for each scenario, and every finding as a file."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KINDS = ("lost", "other", "left over", "repeated", "failed", "unclear")
"""Files that are missing; files, records or weights that differ; leftovers; training done again; a wrong exit code;
no clear error of a full disk."""


@dataclass
class Figures:
    """Counts of one scenario.

    Attributes:
        points: operations of an undisturbed call.
        enumerated: at how many of them it was killed.
        pairs: how many calls were killed, and the call that should have gone on killed as well.
        random: how many were killed at some time.
        full: how many met a full disk at one of the operations.
        found: how many findings there are of each kind.
    """

    points: int
    enumerated: int = 0
    pairs: int = 0
    random: int = 0
    full: int = 0
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))

    @property
    def kills(self) -> int:
        """Processes that were killed."""
        return self.enumerated + 2 * self.pairs + self.random


def table(figures: dict[str, Figures], seconds: float) -> str:
    """The figures of all scenarios as lines of text, with their sum."""
    heads = ["", "points", "tried", "pairs", "random", "full", *KINDS]
    rows = [
        [name, one.points, one.enumerated, one.pairs, one.random, one.full, *one.found.values()]
        for name, one in figures.items()
    ]
    rows.append(["in all", *(sum(int(row[column]) for row in rows) for column in range(1, len(heads)))])
    lines = [f"{row[0]:<26}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in [heads, *rows]]
    kills = sum(one.kills for one in figures.values())
    return "\n".join([*lines, f"{kills:,} kills in {seconds:.0f} s"])


def keep(folder: Path, finding: dict[str, Any]) -> None:
    """Write a finding into a folder of findings."""
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.glob("*.json")))
    (folder / f"{number:04}.json").write_text(json.dumps(finding, indent=2), encoding="utf-8")
