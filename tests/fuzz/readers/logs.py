"""What a run leaves while it goes on: the training curves and the journal of a plan."""

from functools import partial
from pathlib import Path

from dkp_bench.plans.event_log import EventLog
from dkp_bench.runs.listing import list_runs
from dkp_bench.training.curves import MetricsLog, last_step
from fuzz.reader import Reader, written

METRICS = "".join(f'{{"step": {step}, "loss": {1 / step}, "cosine": 0.{step}}}\n' for step in range(1, 9)).encode()
JOURNAL = b"".join(
    b'{"time": "2026-01-02T03:04:05+00:00", "event": "finished", "cell": "squares tiny autolink 0",'
    b' "seconds": 12.5, "peak_memory": 1234567}\n'
    for _ in range(4)
)


def _curves(folder: Path) -> dict[str, list[float]]:
    last_step(folder)
    return MetricsLog(folder, 5).curves()


def _are_curves(value: object) -> None:
    assert isinstance(value, dict)
    assert len({len(column) for column in value.values()}) <= 1
    assert value.get("step", []) == sorted(set(value.get("step", [])))


def _are_numbers(value: object) -> None:
    assert isinstance(value, dict)
    assert all(isinstance(name, str) and isinstance(number, int | float) for name, number in value.items())


READERS = (
    Reader(
        "training curves",
        ("training.curves",),
        partial(written, contents={"metrics.jsonl": METRICS}),
        _curves,
        check=_are_curves,
        restores=True,
    ),
    Reader(
        "runs under way",
        ("runs.listing",),
        partial(written, contents={"seed0-0123abcd/metrics.jsonl": METRICS}),
        list_runs,
    ),
    Reader(
        "journal",
        ("plans.event_log",),
        partial(written, contents={"journal.jsonl": JOURNAL}),
        lambda folder: EventLog(folder).facts("finished", "peak_memory"),
        check=_are_numbers,
    ),
)
