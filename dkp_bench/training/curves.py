"""The training curves: one JSON object a line, appended while the run goes on."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dkp_bench.errors import printable
from dkp_bench.files import write_text, writing
from dkp_bench.progress import say
from dkp_bench.text import counted
from dkp_bench.text_files import read_json_lines

METRICS_FILE = "metrics.jsonl"


class MetricsLog:
    """Log of the losses: lines appended to ``metrics.jsonl``.

    Args:
        folder: the run's folder.
        step: steps already done; lines beyond it, left by a run that was killed after its checkpoint, are dropped.

    Raises:
        DkpError: if the file cannot be written.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self.path = folder / METRICS_FILE
        kept = [line for line in _lines(self.path) if line["step"] <= step]
        write_text(self.path, "".join(json.dumps(line) + "\n" for line in kept))

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Append one line, on disk when this returns."""
        with writing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")

    def curves(self) -> dict[str, list[float]]:
        """Return the columns of the file, ``step`` first."""
        lines = _lines(self.path)
        return {name: [line[name] for line in lines] for name in (lines[0] if lines else {})}


def last_step(folder: Path) -> int:
    """Return the last step in the log of a run's folder, as far as it can be read; 0 where there is none.

    Raises:
        UnreadableError: if the file itself cannot be read.
    """
    steps = [line["step"] for line in read_json_lines(folder / METRICS_FILE).values if _is_point(line)]
    return steps[-1] if steps else 0


def _lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of the file that can be read, and whose columns are those of most; that others are lost is said.

    A last line cut off by a kill does not count.
    """
    read = read_json_lines(path)
    points = [line for line in read.values if _is_point(line)]
    columns = Counter(frozenset(line) for line in points).most_common(1)
    kept: list[dict[str, Any]] = []
    for line in points:
        if line.keys() == columns[0][0] and line["step"] > (kept[-1]["step"] if kept else -1):
            kept.append(line)
    lost = len(read.values) + len(read.damaged) - len(kept)
    if lost:
        what = counted(lost, "line")
        say(f"{printable(path)}: {what} cannot be read and left out; the training curves lack them, nothing else does")
    return kept


def _is_point(line: dict[str, Any]) -> bool:
    """Return whether a line is a step and numbers."""
    return type(line.get("step")) is int and all(type(value) in (int, float) for value in line.values())
