"""Running a plan: what to begin next, and what there is no more time for."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dkp_bench.datasets import Dataset
from dkp_bench.errors import DkpError, last_line
from dkp_bench.plans.cell import Cell, Images
from dkp_bench.plans.forecast import Forecast, steps_done, steps_of
from dkp_bench.plans.journal import Journal
from dkp_bench.plans.ledger import Entry, Ledger, State
from dkp_bench.plans.messages import Advance, Elsewhere, Failed, Finished, Message, Said, Stopped
from dkp_bench.progress import Progress
from dkp_bench.runs.execute import finished
from dkp_bench.text import duration

MARGIN = 1.1
"""A cell is begun if this many times the time it is expected to take is left."""

MEASURED_AFTER = 3.0
"""Seconds of training after which its speed is taken for measured."""

ASK_AGAIN = 10.0
"""Seconds after which a cell that another command is at work on is looked at again."""

PAST_THE_END = 10.0
"""Seconds after the deadline for which a cell that was asked to stop is waited for."""

PATIENCE = 0.5
"""Seconds between two looks at the clock while no worker has anything to say."""


class Hand(Protocol):
    """Who runs one cell at a time."""

    def begin(self, cell: Cell) -> None:
        """Set to work on a cell."""


class Hands(Protocol):
    """Who runs cells; :class:`dkp_bench.plans.crew.Crew` with processes."""

    def idle(self) -> Sequence[Hand]:
        """Those that are at work on nothing."""

    def stop(self, cell: Cell) -> None:
        """Ask whoever is at work on a cell to stop."""

    def wait(self, seconds: float) -> list[tuple[Cell, Message]]:
        """What is said of which cell; nothing if nobody has spoken after some seconds."""


class Datasets(Protocol):
    """Who makes datasets ready; :class:`dkp_bench.plans.preparation.Preparation` in a thread."""

    def ready(self, images: Images) -> Dataset | None:
        """The dataset, None if it is not ready yet."""


@dataclass(frozen=True)
class Budget:
    """How long the work may take.

    Attributes:
        deadline: a time of the clock after which nothing may go on, infinity for none.
        partial: whether a cell may be begun that cannot finish; the next call goes on with it.
        clock: seconds that only grow.
    """

    clock: Callable[[], float]
    deadline: float = math.inf
    partial: bool = False

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.deadline - self.clock()

    def allows(self, seconds: float | None) -> bool:
        """Whether a cell may be begun that is expected to take some seconds, None where nobody knows."""
        return self.left > 0 and (self.partial or seconds is None or seconds * MARGIN <= self.left)


@dataclass
class Schedule:
    """Runs the cells of a ledger, the first one that can be begun first.

    A cell can be begun when its dataset is ready, what it requires is finished, and what was measured does not say
    that it cannot finish in time; one that nothing is known of is begun, and stopped where its speed turns out to be
    too low. A failure ends its own cell and those that require it, no other.

    Attributes:
        ledger: the cells.
        datasets: where they come from.
        crew: who runs them.
        forecast: how long they take.
        budget: how long all of it may take.
        runs: folder of all runs.
        journal: told of what happens.
        progress: told of the progress.
        tell: told, in a line, of what has ended.
    """

    ledger: Ledger
    datasets: Datasets
    crew: Hands
    forecast: Forecast
    budget: Budget
    runs: Path
    journal: Journal
    progress: Progress
    tell: Callable[[str], None]
    _began: dict[Cell, float] = field(default_factory=dict)
    _measured_from: dict[Cell, tuple[float, int]] = field(default_factory=dict)
    _trained: dict[Cell, float] = field(default_factory=dict)
    _advised: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Go on until all cells have ended, or none can be begun and none is under way."""
        try:
            while self._hand_out() or self.ledger.those(State.RUNNING) or self._more_may_come():
                for cell, message in self.crew.wait(PATIENCE):
                    self._hear(self.ledger[cell], message)
                if not self._in_time():
                    break
        finally:
            for entry in self.ledger.those(State.RUNNING):
                self._stopped(entry, entry.reason or "stopped before its end")

    def _in_time(self) -> bool:
        """Whether to go on; after the deadline, only as long as it takes to stop what is under way."""
        if self.budget.left <= 0:
            for entry in self.ledger.those(State.RUNNING):
                entry.reason = entry.reason or "the time ran out"
                self.crew.stop(entry.cell)
        return self.budget.left > -PAST_THE_END

    def survey(self) -> None:
        """Find out which cells are finished, once all datasets are ready; begin nothing."""
        self._look_at_all()
        while any(entry.job is None for entry in self.ledger.those(State.WAITING)):
            time.sleep(PATIENCE)
            self._look_at_all()

    def _hand_out(self) -> bool:
        """Begin what can be begun; whether anything was."""
        self._look_at_all()
        began = False
        for worker in self.crew.idle():
            ready = [entry for entry in self.ledger.those(State.WAITING) if self._can_begin(entry)]
            if ready:
                self._begin(ready[0], worker)
                began = True
        return began

    def _look_at_all(self) -> None:
        for entry in self.ledger.those(State.WAITING):
            self._look_at(entry)

    def _look_at(self, entry: Entry) -> None:
        """Find out, as soon as its dataset is ready, whether a cell is finished, and else whether it can ever be."""
        if entry.job is None:
            self._make_job(entry)
        broken = [one.cell.name for one in self.ledger.required(entry) if one.state == State.FAILED]
        if broken and entry.job is not None and entry.state == State.WAITING:
            self._fail(entry, f"needs {broken[0]}, which failed")

    def _make_job(self, entry: Entry) -> None:
        try:
            dataset = self.datasets.ready(entry.cell.images)
            entry.reason = "its dataset is not ready" if dataset is None else ""
            if dataset is not None:
                entry.job = entry.cell.job(dataset, self.runs)
                self._recognise(entry)
        except DkpError as error:
            self._fail(entry, error.problem, error.hint)
        except Exception as error:  # whatever a dataset may raise is no reason to give up the others
            self._fail(entry, last_line(error))

    def _recognise(self, entry: Entry) -> None:
        run = finished(entry.job) if entry.job else None
        if run:
            entry.finish(run)
            self.forecast.learn_run(run.record)

    def _can_begin(self, entry: Entry) -> bool:
        job, first = entry.job, [one for one in self.ledger.required(entry) if one.state != State.FINISHED]
        if job is None or self.budget.clock() < entry.not_before:
            return False
        if first:
            entry.reason = f"needs {first[0].cell.name} first"
            return False
        seconds = self.forecast.seconds(job, steps_done(job))
        allowed = self.budget.allows(seconds)
        entry.reason = "" if allowed else _no_time(seconds)
        return allowed

    def _more_may_come(self) -> bool:
        """Whether a cell that waits may be begun without another one's end."""
        waiting = self.ledger.those(State.WAITING) if self.budget.left > 0 else []
        return any(entry.job is None or self.budget.clock() < entry.not_before for entry in waiting)

    def _begin(self, entry: Entry, worker: Hand) -> None:
        entry.state, entry.reason = State.RUNNING, ""
        self._began[entry.cell] = self._trained[entry.cell] = self.budget.clock()
        self._measured_from.pop(entry.cell, None)
        self.journal.write("began", cell=entry.cell.name)
        worker.begin(entry.cell)

    def _hear(self, entry: Entry, message: Message) -> None:
        if isinstance(message, Advance):
            what = f"{self.ledger.number(entry)}: {entry.cell.dataset}, {message.what}"
            self.progress(what, message.done, message.total, message.note)
            self._measure(entry, message)
            return
        if isinstance(message, Said):
            self.tell(message.line)
            return
        now = self.budget.clock()
        entry.seconds += now - self._began[entry.cell]
        if isinstance(message, Finished):
            self._finish(entry, message, rest=now - self._trained[entry.cell])
        elif isinstance(message, Failed):
            self._fail(entry, message.problem, message.hint, message.traceback)
        elif isinstance(message, Elsewhere):
            entry.wait("another command is at work on it")
            entry.not_before = now + ASK_AGAIN
        elif isinstance(message, Stopped):
            self._stopped(entry, entry.reason)

    def _measure(self, entry: Entry, advance: Advance) -> None:
        """Learn a run's speed from its progress, and stop it where that says that it cannot finish."""
        job, now = entry.job, self.budget.clock()
        if job is None or advance.total != steps_of(job):
            return
        self._trained[entry.cell] = now
        since, first = self._measured_from.setdefault(entry.cell, (now, advance.done))
        if now - since < MEASURED_AFTER or advance.done <= first:
            return
        self.forecast.learn_step(job, (now - since) / (advance.done - first))
        seconds = self.forecast.seconds(job, advance.done)
        if not self.budget.partial and seconds is not None and seconds > self.budget.left and not entry.reason:
            entry.reason = _no_time(seconds)
            self.crew.stop(entry.cell)

    def _finish(self, entry: Entry, message: Finished, rest: float) -> None:
        run = finished(entry.job) if entry.job else None
        if run is None:
            self._fail(entry, "it left no record", "begin it again")
            return
        entry.finish(run)
        entry.peak_memory = message.peak_memory
        self.forecast.learn_run(run.record, rest)
        seconds = round(entry.seconds, 1)
        self.journal.write("finished", cell=entry.cell.name, seconds=seconds, peak_memory=message.peak_memory)
        score = run.headline
        shown = f"{score.metric} {score.value:.2f} {score.unit}, " if score and not entry.cell.smoke else ""
        done = len(self.ledger.those(State.FINISHED))
        self.tell(f"[{done}/{len(self.ledger)}] {entry.cell.name}: {shown}{duration(entry.seconds)}")

    def _stopped(self, entry: Entry, reason: str) -> None:
        entry.wait(reason)
        self.journal.write("stopped", cell=entry.cell.name, seconds=round(entry.seconds, 1), reason=reason)
        self.tell(f"stopped: {entry.cell.name}: {reason}")

    def _fail(self, entry: Entry, problem: str, hint: str = "", traceback: str = "") -> None:
        entry.fail(problem)
        self.journal.write("failed", cell=entry.cell.name, problem=problem, hint=hint, traceback=traceback)
        advice = "" if hint in self._advised else "".join(f"\n  {line}" for line in hint.splitlines())
        self._advised.add(hint)
        self.tell(f"failed: {entry.cell.name}: {problem}{advice}")


def _no_time(seconds: float | None) -> str:
    return "the time ran out" if seconds is None else f"it needs {duration(seconds)} more"
