"""What a command left in a folder, without what no two calls have in common: times."""

import hashlib
import json
import tarfile
from pathlib import Path

THERE = {"journal.jsonl", "summary.md", "store.json"}
"""Files that tell of calls and times: only that they are there counts."""


def state(folder: Path) -> dict[str, str]:
    """Every file below a folder, and every empty folder, with a digest of what must be the same each time."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if ".git" not in path.parts):
        name = path.relative_to(folder).as_posix()
        if path.is_file():
            found[name] = _digest(path)
        elif not any(path.iterdir()):
            found[f"{name}/"] = ""
    return found


def differences(expected: dict[str, str], found: dict[str, str]) -> dict[str, list[str]]:
    """What is lost, left over or other than it should be, by kind; empty where all is as expected."""
    kinds = {
        "lost": sorted(expected.keys() - found.keys()),
        "left over": sorted(found.keys() - expected.keys()),
        "other": sorted(name for name in expected.keys() & found.keys() if expected[name] != found[name]),
    }
    return {kind: names for kind, names in kinds.items() if names}


def _digest(path: Path) -> str:
    if path.name in THERE or "report" in path.parts:
        return "there"
    if path.name == "carry.tar":
        with tarfile.open(path) as tar:
            return " ".join(sorted(tar.getnames()))
    content = path.read_bytes()
    if path.name == "record.json":
        record = json.loads(content)
        del record["timings"]
        for name in ("started", "finished", "command"):
            del record["provenance"][name]
        content = json.dumps(record, sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()
