import io
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from rich.progress import Progress, TaskID

from dkp_bench.progress import BARS, BarProgress, PlainProgress, heard_by, say, show_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Bars(Progress):
    def names(self) -> list[str]:
        return [task.description for task in self.tasks]


class SlowBars(Bars):
    """It counts how many threads add a bar at the same time."""

    at_once = most_at_once = 0

    def add_task(self, *args: Any, **options: Any) -> TaskID:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.05)
        self.at_once -= 1
        return super().add_task(*args, **options)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_at_most_every_ten_seconds_and_one_at_the_end() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = PlainProgress(stream, clock)
    for done in range(101):
        clock.now = done * 0.3
        progress("crops", done, 100)
    assert stream.getvalue().splitlines() == [
        "crops: 34 of 100, 20 s left",
        "crops: 68 of 100, 10 s left",
        "crops: 100 of 100, in 30 s",
    ]


def test_time_left_of_resumed_work_counts_only_what_was_done_now() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = PlainProgress(stream, clock)
    progress("training", 900, 1000, "loss 2")
    clock.now = 10.0
    progress("training", 950, 1000, "loss 1")
    assert stream.getvalue() == "training: 950 of 1000, 10 s left, loss 1\n"


def test_the_end_is_told_once() -> None:
    stream = io.StringIO()
    progress = PlainProgress(stream, Clock())
    progress("check", 3, 3)
    progress("check", 3, 3)
    assert stream.getvalue() == "check: 3 of 3, in 0 s\n"


def test_of_many_bars_those_that_moved_last_are_shown() -> None:
    shown = Bars()
    progress = BarProgress(shown)
    for number in range(BARS + 1):
        progress(f"run {number}", 0, 9)
        progress("dataset", number, 9)
    assert sorted(shown.names()) == ["dataset", *(f"run {number}" for number in range(2, BARS + 1))]


def test_bars_may_be_reported_to_from_several_threads() -> None:
    shown = SlowBars()
    progress = BarProgress(shown)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda number: progress(f"run {number}", 0, 9), range(2)))
    assert shown.most_at_once == 1


def test_a_file_gets_lines_and_a_terminal_bars() -> None:
    file, terminal = io.StringIO(), Terminal()
    for stream in (file, terminal):
        with show_progress(stream) as progress:
            progress("crops", 1, 2, "half")
            progress("crops", 2, 2, "whole")
    assert file.getvalue() == "crops: 2 of 2, in 0 s, whole\n"
    assert "crops" in terminal.getvalue()
    assert "2/2" in terminal.getvalue()
    assert "whole" in terminal.getvalue()


def test_bars_leave_room_for_what_ctrl_c_echoes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    with show_progress(terminal) as progress:
        progress("a long piece of work", 12, 300, "loss 0.3181, 55 images/s")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    lines = [line for line in re.split(r"[\r\n]", text) if "piece" in line]
    assert lines
    assert max(map(len, lines)) <= 77


def test_what_is_said_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[str] = []
    with heard_by(heard.append):
        say("runs/\x1b[2J is damaged")
    say("runs/\u202e\n is damaged")
    assert heard == [r"runs/\x1b[2J is damaged"]
    assert capsys.readouterr().err == "runs/\\u202e\\n is damaged\n"
