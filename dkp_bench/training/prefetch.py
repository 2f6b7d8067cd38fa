"""Reading ahead, so that files that are opened one by one do not keep a GPU waiting."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


@contextmanager
def read_ahead(read: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> Iterator[Iterator[ResultT]]:
    """Read each item in a thread, in order and one at a time, the next one while the caller works on the last.

    Args:
        read: reads one item; an error of its own is raised where its result would have come.
        items: what to read, asked for by the caller's thread.

    Yields:
        An iterator over the results. When the block ends, whatever the reason, the thread has ended too.
    """
    reader = ThreadPoolExecutor(1, "read-ahead")
    try:
        yield _results(reader, read, items)
    finally:
        reader.shutdown(cancel_futures=True)


def _results(reader: ThreadPoolExecutor, read: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> Iterator[ResultT]:
    upcoming: Future[ResultT] | None = None
    for item in items:
        current, upcoming = upcoming, reader.submit(read, item)
        if current is not None:
            yield current.result()
    if upcoming is not None:
        yield upcoming.result()
