"""What holds for every plan, however long its cells take and however they end; all of it simulated."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulation import Script, World, simulated

from dkp_bench.errors import DkpError
from dkp_bench.plans.executor import Elsewhere, Ending, Failed, Finished, Stopped
from dkp_bench.plans.schedule import GRACE_AFTER_DEADLINE, POLL_SECONDS, RETRY_SECONDS
from dkp_bench.plans.state import State, Tasks
from dkp_bench.runs.spec import RunSpec

METHODS = ["a", "b", "c", "d", "e"]
DATASETS = ["one", "two"]
seeds = st.integers(0, 2**32 - 1)


@dataclass
class Case:
    """A plan and how it goes, drawn from a seed."""

    chance: random.Random
    troubled: bool
    """Whether cells fail, are at work elsewhere or cannot be stopped, and datasets cannot be prepared."""

    def __post_init__(self) -> None:
        chance = self.chance
        earlier = {method: METHODS[:number] for number, method in enumerate(METHODS)}
        self.needs = {method: [one for one in found if chance.random() < 0.25] for method, found in earlier.items()}
        seeds = range(chance.randint(1, 3))
        self.specs = [
            RunSpec(dataset, method, "tiny", seed) for dataset in DATASETS for seed in seeds for method in METHODS
        ]
        self.slots = chance.randint(1, 4)

    def world(self) -> World:
        """The world at the beginning."""
        chance = self.chance
        world = World(Path("nowhere"), {method: self.script() for method in METHODS})
        world.late = {"two": chance.uniform(0, 50)}
        world.broken = {"two": DkpError("files are missing")} if self.troubled and chance.random() < 0.2 else {}
        for spec in self.specs:
            if chance.random() < 0.1:
                world.finish(spec, chance.choice(["none", "a GPU"]))
        return world

    def script(self) -> Script:
        chance = self.chance
        steps = chance.choice([0, 0, 3, 30])
        outcomes: list[Ending] = [Finished(None)]
        if self.troubled:
            outcomes = [Elsewhere()] * chance.choice([0, 0, 1, 3])
            outcomes += [Failed("it broke")] if chance.random() < 0.3 else [Finished(None)]
        deaf = self.troubled and chance.random() < 0.05
        rest = 1e6 if deaf else chance.uniform(0, 20)
        forgets = self.troubled and chance.random() < 0.1
        return Script(steps, chance.uniform(0.05, 4), rest, outcomes, forgets)


def work(case: Case, world: World, patch: pytest.MonkeyPatch, **budget: Any) -> Tasks:
    """Run a case; the world does not let an endless one go on."""
    patch.setattr("dkp_bench.plans.event_log.EventLog.write", lambda *args, **facts: None)
    with simulated(world, case.specs, case.needs, case.slots, **budget) as schedule:
        schedule.run()
        return schedule.tasks


@given(seeds)
def test_without_a_budget_and_without_failures_all_is_finished(seed: int) -> None:
    case = Case(random.Random(seed), troubled=False)
    world = case.world()
    before = set(world.disk)
    with pytest.MonkeyPatch.context() as patch:
        tasks = work(case, world, patch)
    assert {task.state for task in tasks} == {State.FINISHED}
    assert sorted(spec.name for _, spec in world.started) == sorted(spec.name for spec in set(case.specs) - before)
    assert world.stops == []


@given(seeds, st.booleans())
def test_whatever_happens_it_ends_in_time_and_begins_nothing_in_vain(seed: int, partial: bool) -> None:
    case = Case(random.Random(seed), troubled=True)
    world, deadline = case.world(), case.chance.uniform(1, 300)
    before = set(world.disk)
    with pytest.MonkeyPatch.context() as patch:
        tasks = work(case, world, patch, deadline=deadline, partial=partial)
        finished_at = dict.fromkeys(before, 0.0) | {
            spec: time for time, spec, outcome in world.ended if isinstance(outcome, Finished) and spec in world.disk
        }
        for time, spec in world.started:
            assert time < deadline
            assert spec not in before
            assert all(finished_at[one.spec] <= time for one in tasks.required(tasks[spec]))
    for spec in case.specs:
        check_that_it_is_begun_again_only_where_it_was_not_ended(world, spec)
    assert world.now <= deadline + GRACE_AFTER_DEADLINE + POLL_SECONDS
    assert not tasks.those(State.RUNNING)
    assert all(task.reason for task in tasks.those(State.FAILED))


def check_that_it_is_begun_again_only_where_it_was_not_ended(world: World, spec: RunSpec) -> None:
    started = [time for time, other in world.started if other == spec]
    ended = [(time, outcome) for time, other, outcome in world.ended if other == spec]
    assert len(started) - len(ended) in (0, 1)
    for (end, outcome), again in zip(ended, started[1:], strict=False):
        assert again >= end + (RETRY_SECONDS if isinstance(outcome, Elsewhere) else 0)
        assert isinstance(outcome, Elsewhere | Stopped)


@given(seeds)
def test_without_a_budget_all_that_does_not_need_what_failed_is_finished(seed: int) -> None:
    case = Case(random.Random(seed), troubled=True)
    world = case.world()
    world.scripts = {
        method: Script(script.steps, script.step, min(script.rest, 20), script.outcomes, script.forgets)
        for method, script in world.scripts.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        tasks = work(case, world, patch)
        failed = {task.spec for task in tasks.those(State.FAILED)}
        for task in tasks:
            own = task.spec.dataset in world.broken or any(spec == task.spec for _, spec in world.started)
            inherited = any(one.spec in failed for one in tasks.required(task))
            assert task.state == State.FINISHED or (task.state == State.FAILED and (own or inherited))
