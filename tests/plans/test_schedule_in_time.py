"""What there is time for: what is started and what is stopped, by what was measured; all of it simulated."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from simulation import Script, World, simulated

from dkp_bench.plans.executor import Elsewhere, Finished
from dkp_bench.plans.schedule import GRACE_AFTER_DEADLINE, MARGIN, MEASURED_AFTER, POLL_SECONDS, Schedule
from dkp_bench.plans.state import State
from dkp_bench.runs.spec import RunSpec

SHORT, LONG = Script(rest=2.0), Script(steps=100, step=1.0, rest=10.0)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, {"short": SHORT, "long": LONG})


def seeds(method: str, numbers: Iterable[int] = (0, 1)) -> list[RunSpec]:
    return [RunSpec("squares", method, "tiny", seed) for seed in numbers]


def work(world: World, specs: list[RunSpec], **how: Any) -> Schedule:
    with simulated(world, specs, {}, **how) as schedule:
        schedule.run()
    return schedule


def states(schedule: Schedule) -> list[tuple[State, str]]:
    return [(task.state, task.reason) for task in schedule.tasks]


@pytest.mark.parametrize(("time", "enough"), [(110 * MARGIN + 0.01, True), (110 * MARGIN - 0.01, False)])
def test_a_cell_is_begun_if_its_time_and_a_margin_are_left(time: float, enough: bool, world: World) -> None:
    first, second = seeds("long")
    world.finish(first)
    schedule = work(world, [first, second], deadline=time)
    assert (schedule.tasks[second].state == State.FINISHED) == enough
    assert schedule.tasks[second].reason == ("" if enough else "it needs 1 min 50 s more")
    assert len(world.started) == enough


def test_a_cell_that_fits_takes_the_place_of_one_that_does_not(world: World) -> None:
    measured, waits = seeds("long")
    world.finish(measured)
    schedule = work(world, [measured, waits, *seeds("short")], deadline=60.0)
    assert world.order() == ["short", "short"]
    assert states(schedule)[1] == (State.WAITING, "it needs 1 min 50 s more")


def test_an_unknown_cell_is_begun_and_stopped_when_its_speed_is_known(world: World) -> None:
    schedule = work(world, [*seeds("long"), *seeds("short")], deadline=60.0)
    assert world.order() == ["long", "short", "short"]
    (when, stopped), *more = world.stops
    assert stopped == seeds("long")[0]
    assert when == pytest.approx(1 + MEASURED_AFTER)
    assert more == []
    assert states(schedule)[0] == (State.WAITING, "it needs 1 min 36 s more")
    assert states(schedule)[1] == (State.WAITING, "it needs 1 min 40 s more")
    assert "stopped: long on squares, tiny, seed 0: it needs 1 min 36 s more" in world.lines


def test_an_unknown_cell_that_can_finish_is_not_stopped(world: World) -> None:
    schedule = work(world, seeds("long", [0]), deadline=111.0)
    assert states(schedule) == [(State.FINISHED, "")]
    assert world.stops == []


def test_with_partial_a_cell_is_stopped_by_the_deadline_alone(world: World) -> None:
    schedule = work(world, seeds("long"), deadline=60.0, partial=True)
    assert world.order() == ["long"]
    assert world.stops[0] == (60.0, seeds("long")[0])
    assert "stopped: long on squares, tiny, seed 0: the time ran out" in world.lines
    assert states(schedule) == [(State.WAITING, f"it needs {left} more") for left in ("40 s", "1 min 40 s")]
    assert world.now <= 60 + 1 + POLL_SECONDS


def test_the_next_call_goes_on_where_this_one_was_stopped(world: World) -> None:
    work(world, seeds("long", [0]), deadline=60.0, partial=True)
    world.now = 0.0
    schedule = work(world, seeds("long", [0]), deadline=60.0)
    assert states(schedule) == [(State.FINISHED, "")]
    assert world.now == pytest.approx((100 - 60) + 10, abs=1.5)


def test_a_cell_that_does_not_answer_is_not_waited_for(world: World) -> None:
    world.scripts = {"deaf": Script(rest=float("inf")), "short": SHORT}
    schedule = work(world, [*seeds("deaf"), *seeds("short", [0])], deadline=30.0, slots=2)
    assert 30 + GRACE_AFTER_DEADLINE <= world.now <= 30 + GRACE_AFTER_DEADLINE + POLL_SECONDS
    assert world.order() == ["deaf", "deaf"]
    assert states(schedule) == [(State.WAITING, "the time ran out")] * 2 + [(State.WAITING, "")]


def test_a_cell_that_finishes_a_moment_after_the_deadline_is_finished(world: World) -> None:
    schedule = work(world, seeds("short"), deadline=1.5)
    assert states(schedule) == [(State.FINISHED, ""), (State.WAITING, "it needs 2 s more")]


def test_nothing_is_begun_at_the_deadline(world: World) -> None:
    world.scripts = {"nothing": Script(rest=0.0)}
    world.finish(seeds("nothing")[0])
    work(world, seeds("nothing"), deadline=0.0)
    assert world.started == []


@pytest.mark.parametrize(("made_on", "started"), [("none", 0), ("a GPU", 1)])
def test_runs_of_this_hardware_teach_how_long_a_cell_takes(made_on: str, started: int, world: World) -> None:
    first, second = seeds("long")
    world.finish(first, made_on)
    work(world, [first, second], deadline=20.0)
    assert len(world.started) == started


def test_a_run_too_short_to_be_measured_on_the_way_teaches_by_its_record(world: World) -> None:
    world.scripts = {"brief": Script(steps=2, step=1.0, rest=1.0)}
    schedule = work(world, seeds("brief"), deadline=6.0)
    assert world.order() == ["brief"]
    assert states(schedule)[1] == (State.WAITING, "it needs 3 s more")


def test_a_run_that_another_command_finished_teaches_by_its_record(world: World) -> None:
    """The worker had but to look at it, and how long that took says nothing."""
    first, second = RunSpec("squares", "long", "tiny"), RunSpec("late", "long", "tiny")
    world.scripts = {"long": replace(LONG, outcomes=[Elsewhere(), Finished(None)])}
    world.done[first], world.late = 100, {"late": 35.0}
    schedule = work(world, [first, second], deadline=35 + 110 * MARGIN - 1)
    assert [spec for _, spec in world.started] == [first, first]
    assert states(schedule) == [(State.FINISHED, ""), (State.WAITING, "it needs 1 min 50 s more")]
