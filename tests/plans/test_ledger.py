"""Where the cells of a plan stand."""

from collections.abc import Callable

from dkp_bench.plans.cell import Cell
from dkp_bench.plans.ledger import Entry, Ledger, State
from dkp_bench.runs.run import Run

TEACHER, STUDENT, OTHER = (Cell("squares", "tiny", method) for method in ("teacher_only", "distill_dkp", "mean_pose"))


def test_the_order_is_the_plans() -> None:
    ledger = Ledger([OTHER, TEACHER, STUDENT])
    assert [entry.cell for entry in ledger] == [OTHER, TEACHER, STUDENT]
    assert len(ledger) == 3
    assert all(entry.state == State.WAITING for entry in ledger)


def test_a_cell_knows_the_entries_of_what_it_requires() -> None:
    ledger = Ledger([TEACHER, STUDENT, OTHER])
    assert [ledger.required(entry) for entry in ledger] == [[], [ledger[TEACHER]], []]


def test_entries_are_found_by_where_they_stand(run: Callable[..., Run]) -> None:
    ledger = Ledger([TEACHER, STUDENT, OTHER])
    ledger[STUDENT].fail("it broke")
    ledger[OTHER].finish(run())
    assert [[entry.cell for entry in ledger.those(state)] for state in State] == [[TEACHER], [], [OTHER], [STUDENT]]


def test_a_reason_is_that_of_the_state(run: Callable[..., Run]) -> None:
    entry, made = Entry(OTHER), run()
    entry.fail("it broke")
    assert (entry.state, entry.reason) == (State.FAILED, "it broke")
    entry.wait("another command is at work on it")
    assert (entry.state, entry.reason) == (State.WAITING, "another command is at work on it")
    entry.finish(made)
    assert (entry.state, entry.reason, entry.run) == (State.FINISHED, "", made)


def test_what_an_earlier_call_measured_is_taken_over_by_name() -> None:
    ledger = Ledger([TEACHER, OTHER])
    ledger.remember(OTHER.name, 7)
    ledger.remember("a cell of another plan", 8)
    assert [entry.peak_memory for entry in ledger] == [None, 7]
