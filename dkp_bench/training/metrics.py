"""The training curves: one JSON object a line, appended while the run goes on."""

import json
from collections.abc import Mapping
from pathlib import Path

from dkp_bench.files import write_text

FILE = "metrics.jsonl"


class MetricsLog:
    """Appends to ``metrics.jsonl``.

    Args:
        folder: the run's folder.
        step: steps already done; lines beyond it, left by a run that was killed after its checkpoint, are dropped.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self.path = folder / FILE
        kept = [line for line in _lines(self.path) if line["step"] <= step]
        write_text(self.path, "".join(json.dumps(line) + "\n" for line in kept))

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Append one line, on disk when this returns."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")

    def curves(self) -> dict[str, list[float]]:
        """The columns of the file, ``step`` first."""
        lines = _lines(self.path)
        return {name: [line[name] for line in lines] for name in (lines[0] if lines else {})}


def _lines(path: Path) -> list[dict[str, float]]:
    """The whole lines of the file; a last line cut off by a kill does not count."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
