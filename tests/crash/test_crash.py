"""Some seconds of ``nox -s crash``: kills lose nothing, and a command that does lose something is found."""

import json
import re
import subprocess
import sys
from pathlib import Path

SCENARIOS = (
    "train",
    "train, no checkpoints",
    "train, other code",
    "run PLAN",
    "score FILE",
    "data prepare",
    "data depth",
)
BROKEN = "broken on purpose"
KILLS = 30


def test_kills_lose_nothing(repository: Path, tmp_path: Path) -> None:
    chosen = [word for name in (*SCENARIOS, BROKEN) for word in ("--only", name)]
    budget = ("--seconds", "6", "--at-least", str(KILLS))  # a busy machine takes longer for as many
    command = [sys.executable, repository / "tests" / "crash", *budget, "--findings", tmp_path, *chosen]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    findings = [json.loads(path.read_bytes()) for path in tmp_path.iterdir()]
    assert [finding for finding in findings if finding["scenario"] != BROKEN] == []
    assert (["make folder second"], ["second/"]) in [(each["before"], each.get("lost")) for each in findings]
    kills = re.search(r"([\d,]+) kills in", done.stdout)
    assert kills
    assert int(kills[1].replace(",", "")) >= KILLS
