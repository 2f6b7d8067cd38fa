"""The log of the training curves."""

from pathlib import Path

import pytest

from dkp_bench.errors import DkpError
from dkp_bench.progress import heard_by
from dkp_bench.training.curves import METRICS_FILE, MetricsLog, last_step


def written(folder: Path, steps: int) -> str:
    log = MetricsLog(folder, 0)
    for step in range(1, steps + 1):
        log.write(step, {"loss": 1 / step, "cosine": step / 10})
    return (folder / METRICS_FILE).read_text()


def test_the_curves_are_the_columns(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path, 0)
    assert log.curves() == {}
    log.write(10, {"loss": 0.1})
    log.write(20, {"loss": 1 / 3})
    assert log.curves() == {"step": [10, 20], "loss": [0.1, 1 / 3]}
    assert next(iter(log.curves())) == "step"


@pytest.mark.parametrize("step", [0, 3, 5])
def test_lines_beyond_the_checkpoint_are_dropped(tmp_path: Path, step: int) -> None:
    lines = written(tmp_path, 5).splitlines(keepends=True)
    assert MetricsLog(tmp_path, step).curves().get("step", []) == list(range(1, step + 1))
    assert (tmp_path / METRICS_FILE).read_text() == "".join(lines[:step])


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_last_line_cut_off_by_a_kill_is_dropped(tmp_path: Path, cut: int) -> None:
    text = written(tmp_path, 5)
    (tmp_path / METRICS_FILE).write_text(text[:-cut])
    log = MetricsLog(tmp_path, 5)
    assert log.curves()["step"] == [1, 2, 3, 4]
    log.write(5, {"loss": 1 / 5, "cosine": 5 / 10})
    assert (tmp_path / METRICS_FILE).read_text() == text


def test_a_failure_while_it_is_opened_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = written(tmp_path, 5)

    def full_disk(path: Path, target: Path) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(DkpError, match="the disk is full"):
        MetricsLog(tmp_path, 3)
    assert (tmp_path / METRICS_FILE).read_text() == text


@pytest.mark.parametrize(
    "damage",
    [
        b"\xff\xfe",
        b"null",
        b"[3, 4]",
        b'{"loss": 1}',
        b'{"step": "3", "loss": 1.0, "cosine": 0.3}',
        b'{"step": 3.5, "loss": 1.0, "cosine": 0.3}',
        b'{"step": 3, "loss": {}, "cosine": 0.3}',
        b'{"step": 3, "loss": NaN, "cosine": 0.3}',
        b'{"step": 3, "losz": 1.0, "cosine": 0.3}',
        b'{"step": 1, "loss": 1.0, "cosine": 0.3}',
        b'{"step": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
    ],
)
def test_a_damaged_line_is_left_out_and_that_is_said(tmp_path: Path, damage: bytes) -> None:
    lines = written(tmp_path, 5).encode().splitlines()
    lines[2] = damage
    (tmp_path / METRICS_FILE).write_bytes(b"\n".join(lines) + b"\n")
    assert last_step(tmp_path) == 5
    said: list[str] = []
    with heard_by(said.append):
        log = MetricsLog(tmp_path, 5)
    assert log.curves()["step"] == [1, 2, 4, 5]
    assert len(said) == 1
    assert f"{METRICS_FILE}: 1 line cannot be read and left out" in said[0]


def test_a_log_that_is_not_there_tells_of_no_step(tmp_path: Path) -> None:
    assert last_step(tmp_path) == 0
