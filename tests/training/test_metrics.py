"""The log of the training curves."""

from pathlib import Path

import pytest

from dkp_bench.training.metrics import FILE, MetricsLog


def written(folder: Path, steps: int) -> str:
    log = MetricsLog(folder, 0)
    for step in range(1, steps + 1):
        log.write(step, {"loss": 1 / step, "cosine": step / 10})
    return (folder / FILE).read_text()


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
    assert (tmp_path / FILE).read_text() == "".join(lines[:step])


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_last_line_cut_off_by_a_kill_is_dropped(tmp_path: Path, cut: int) -> None:
    text = written(tmp_path, 5)
    (tmp_path / FILE).write_text(text[:-cut])
    log = MetricsLog(tmp_path, 5)
    assert log.curves()["step"] == [1, 2, 3, 4]
    log.write(5, {"loss": 1 / 5, "cosine": 5 / 10})
    assert (tmp_path / FILE).read_text() == text


def test_a_failure_while_it_is_opened_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = written(tmp_path, 5)

    def full_disk(path: Path, target: Path) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OSError, match="the disk is full"):
        MetricsLog(tmp_path, 3)
    assert (tmp_path / FILE).read_text() == text
