"""What happened to a plan and when: one JSON object a line, appended by every call, never rewritten."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = "journal.jsonl"


class Journal:
    """Appends to ``journal.jsonl``.

    Args:
        folder: folder of all runs.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def write(self, event: str, **facts: str | float | int | None) -> None:
        """Append one event, on disk when this returns; facts that are None or empty are left out."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        time = datetime.now(UTC).isoformat(timespec="seconds")
        line = {"time": time, "event": event, **{key: fact for key, fact in facts.items() if fact not in (None, "")}}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def facts(self, event: str, fact: str) -> dict[str, float]:
        """The latest number that an event left about each cell, by the cell's name."""
        return {line["cell"]: line[fact] for line in self._lines() if line["event"] == event and fact in line}

    def _lines(self) -> Iterator[dict[str, Any]]:
        """The events; a line that a kill cut off is none, nor is what a later call appended to it."""
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else ():
            with suppress(ValueError):
                yield json.loads(line)


class Silence(Journal):
    """A journal that can be read and is not written."""

    def write(self, event: str, **facts: str | float | int | None) -> None:
        """Write nothing."""
