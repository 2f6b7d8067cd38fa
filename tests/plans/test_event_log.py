"""The event log of a plan: appended by every call, readable even where a kill cut the last one off."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from dkp_bench.plans.event_log import EventLog
from dkp_bench.progress import heard_by


def test_every_event_is_a_line_with_its_time(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "runs")
    log.write("began", cell="a")
    EventLog(tmp_path / "runs").write("failed", cell="a", problem="line 1\nline 2")
    lines = [json.loads(line) for line in log.path.read_text(encoding="utf-8").splitlines()]
    assert [line["event"] for line in lines] == ["began", "failed"]
    assert lines[1]["problem"] == "line 1\nline 2"
    assert all(datetime.fromisoformat(line["time"]).utcoffset() is not None for line in lines)


def test_what_is_not_known_is_left_out_and_zero_is_known(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.write("finished", cell="a", seconds=0, peak_memory=None, reason="")
    assert set(json.loads(log.path.read_text(encoding="utf-8"))) == {"time", "event", "cell", "seconds"}


def test_the_latest_fact_about_a_cell_counts(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    assert log.facts("finished", "seconds") == {}
    log.write("finished", cell="a", seconds=1)
    log.write("finished", cell="b", seconds=2)
    log.write("stopped", cell="b", seconds=9)
    log.write("finished", cell="a", seconds=3)
    log.write("finished", cell="a", reason="no seconds here")
    assert log.facts("finished", "seconds") == {"a": 3, "b": 2}


def test_a_line_that_was_cut_off_loses_no_other(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.write("finished", cell="a", seconds=1)
    with log.path.open("a", encoding="utf-8") as file:
        file.write('{"time": "2026-01-02T03:04:05+00:00", "eve')
    assert log.facts("finished", "seconds") == {"a": 1}
    for _ in range(2):
        log.write("finished", cell="b", seconds=2)
    assert log.facts("finished", "seconds") == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        (b"\xff", 1),
        (b"3", 1),
        (b'{"event": "finished", "cell": "a", "seconds": ' + b"9" * 5000 + b"}", 1),
        (b"[" * 100_000, 1),
        (b'{"event": "finished", "cell": ["a"], "seconds": 9}', 0),
        (b'{"event": "finished", "seconds": 9}', 0),
        (b'{"event": "finished", "cell": "a", "seconds": "9"}', 0),
        (b'{"cell": "a", "seconds": 9}', 0),
    ],
)
def test_a_damaged_line_is_left_out_and_that_is_said(tmp_path: Path, line: bytes, lost: int) -> None:
    log = EventLog(tmp_path)
    log.write("finished", cell="a", seconds=1)
    with log.path.open("ab") as file:
        file.write(line + b"\n")
    log.write("finished", cell="b", seconds=2)
    said: list[str] = []
    with heard_by(said.append):
        assert log.facts("finished", "seconds") == {"a": 1, "b": 2}
    assert len(said) == lost
