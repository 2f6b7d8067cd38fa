"""Reading ahead: in order, one at a time, and gone when it is over."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.errors import DkpError
from dkp_bench.training.batches import read_ahead


def readers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("read-ahead")]


@given(st.lists(st.integers()))
def test_everything_is_read_in_order_by_one_other_thread(items: list[int]) -> None:
    by: list[int] = []
    with read_ahead(lambda item: (by.append(threading.get_ident()), item)[1], items) as results:
        assert list(results) == items
    assert len(by) == len(items)
    assert len(set(by)) == bool(items)
    assert threading.get_ident() not in by


def test_the_next_item_is_read_while_the_caller_works() -> None:
    started = [threading.Event() for _ in range(3)]

    def read(item: int) -> int:
        started[item].set()
        return item

    with read_ahead(read, range(3)) as results:
        for item in results:
            assert all(event.wait(10) for event in started[: item + 2])
            assert not any(event.is_set() for event in started[item + 2 :])


def test_an_error_comes_where_its_result_would_have_come() -> None:
    def read(item: int) -> int:
        if item == 2:
            raise DkpError("the third file is damaged", "get it again")
        return item

    with read_ahead(read, range(5)) as results:
        assert [next(results), next(results)] == [0, 1]
        with pytest.raises(DkpError, match="the third file") as caught:
            next(results)
    assert caught.value.hint == "get it again"
    assert readers() == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_the_thread_is_gone_when_the_block_is_left(stop: type[BaseException]) -> None:
    read: list[int] = []

    def leave_in_the_middle() -> None:
        with read_ahead(read.append, range(100)) as results:
            next(results)
            assert readers() != []
            raise stop

    with pytest.raises(stop):
        leave_in_the_middle()
    assert readers() == []
    assert len(read) <= 3


def test_items_are_asked_for_in_the_callers_thread() -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for item in range(4):
            asked.append(threading.get_ident())
            yield item

    with read_ahead(lambda item: item, items()) as results:
        assert list(results) == [0, 1, 2, 3]
    assert set(asked) == {threading.get_ident()}
