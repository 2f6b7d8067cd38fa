"""The event log: what happened to the specs of a plan and when, one JSON object a line, appended by every call."""

import json
from pathlib import Path

from dkp_bench.errors import printable
from dkp_bench.files import make_folder, writing
from dkp_bench.progress import say
from dkp_bench.text import counted, utc_now
from dkp_bench.text_files import read_json_lines

EVENTS_FILE = "journal.jsonl"


class EventLog:
    """Appends to ``journal.jsonl``; no line is ever rewritten.

    Args:
        folder: folder of all runs.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / EVENTS_FILE

    def write(self, event: str, **facts: str | float | int | None) -> None:
        """Append one event, on disk when this returns; facts that are None or empty are left out."""
        time = utc_now()
        line = {"time": time, "event": event, **{key: fact for key, fact in facts.items() if fact not in (None, "")}}
        make_folder(self.path.parent)
        with writing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def facts(self, event: str, fact: str) -> dict[str, float]:
        """Return the latest number that an event left about each spec, by the spec's name.

        A line that a kill cut off is left out, and so is what a later call appended to it; that is said.

        Raises:
            UnreadableError: if the file itself cannot be read.
        """
        read = read_json_lines(self.path)
        if read.damaged:
            what = counted(len(read.damaged), "line")
            say(f"{printable(self.path)}: {what} cannot be read and left out; the others count")
        found = ((line.get("cell"), line.get(fact)) for line in read.values if line.get("event") == event)
        return {name: number for name, number in found if isinstance(name, str) and isinstance(number, int | float)}


class ReadOnlyEventLog(EventLog):
    """An event log that can be read and is not written, for looks that must change nothing."""

    def write(self, event: str, **facts: str | float | int | None) -> None:
        """Write nothing."""
