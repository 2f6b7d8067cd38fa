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
from dkp_bench.plans.cell import Cell
from dkp_bench.plans.ledger import Ledger, State
from dkp_bench.plans.messages import Elsewhere, Failed, Finished, Outcome, Stopped
from dkp_bench.plans.schedule import ASK_AGAIN, PAST_THE_END, PATIENCE

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
        self.cells = [
            Cell(dataset, "tiny", method, seed) for dataset in DATASETS for seed in seeds for method in METHODS
        ]
        self.hands = chance.randint(1, 4)

    def world(self) -> World:
        """The world at the beginning."""
        chance = self.chance
        world = World(Path("nowhere"), {method: self.script() for method in METHODS})
        world.late = {"two": chance.uniform(0, 50)}
        world.broken = {"two": DkpError("files are missing")} if self.troubled and chance.random() < 0.2 else {}
        for cell in self.cells:
            if chance.random() < 0.1:
                world.finish(cell, chance.choice(["none", "a GPU"]))
        return world

    def script(self) -> Script:
        chance = self.chance
        steps = chance.choice([0, 0, 3, 30])
        outcomes: list[Outcome] = [Finished(None)]
        if self.troubled:
            outcomes = [Elsewhere()] * chance.choice([0, 0, 1, 3])
            outcomes += [Failed("it broke")] if chance.random() < 0.3 else [Finished(None)]
        deaf = self.troubled and chance.random() < 0.05
        rest = 1e6 if deaf else chance.uniform(0, 20)
        forgets = self.troubled and chance.random() < 0.1
        return Script(steps, chance.uniform(0.05, 4), rest, outcomes, forgets)


def work(case: Case, world: World, patch: pytest.MonkeyPatch, **budget: Any) -> Ledger:
    """Run a case; the world does not let an endless one go on."""
    patch.setattr("dkp_bench.plans.journal.Journal.write", lambda *args, **facts: None)
    with simulated(world, case.cells, case.needs, case.hands, **budget) as schedule:
        schedule.run()
        return schedule.ledger


@given(seeds)
def test_without_a_budget_and_without_failures_all_is_finished(seed: int) -> None:
    case = Case(random.Random(seed), troubled=False)
    world = case.world()
    before = set(world.disk)
    with pytest.MonkeyPatch.context() as patch:
        ledger = work(case, world, patch)
    assert {entry.state for entry in ledger} == {State.FINISHED}
    assert sorted(cell.name for _, cell in world.begun) == sorted(cell.name for cell in set(case.cells) - before)
    assert world.stops == []


@given(seeds, st.booleans())
def test_whatever_happens_it_ends_in_time_and_begins_nothing_in_vain(seed: int, partial: bool) -> None:
    case = Case(random.Random(seed), troubled=True)
    world, deadline = case.world(), case.chance.uniform(1, 300)
    before = set(world.disk)
    with pytest.MonkeyPatch.context() as patch:
        ledger = work(case, world, patch, deadline=deadline, partial=partial)
        finished_at = dict.fromkeys(before, 0.0) | {
            cell: time for time, cell, outcome in world.ended if isinstance(outcome, Finished) and cell in world.disk
        }
        for time, cell in world.begun:
            assert time < deadline
            assert cell not in before
            assert all(finished_at[one.cell] <= time for one in ledger.required(ledger[cell]))
    for cell in case.cells:
        check_that_it_is_begun_again_only_where_it_was_not_ended(world, cell)
    assert world.now <= deadline + PAST_THE_END + PATIENCE
    assert not ledger.those(State.RUNNING)
    assert all(entry.reason for entry in ledger.those(State.FAILED))


def check_that_it_is_begun_again_only_where_it_was_not_ended(world: World, cell: Cell) -> None:
    begun = [time for time, other in world.begun if other == cell]
    ended = [(time, outcome) for time, other, outcome in world.ended if other == cell]
    assert len(begun) - len(ended) in (0, 1)
    for (end, outcome), again in zip(ended, begun[1:], strict=False):
        assert again >= end + (ASK_AGAIN if isinstance(outcome, Elsewhere) else 0)
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
        ledger = work(case, world, patch)
        failed = {entry.cell for entry in ledger.those(State.FAILED)}
        for entry in ledger:
            own = entry.cell.dataset in world.broken or any(cell == entry.cell for _, cell in world.begun)
            inherited = any(one.cell in failed for one in ledger.required(entry))
            assert entry.state == State.FINISHED or (entry.state == State.FAILED and (own or inherited))
