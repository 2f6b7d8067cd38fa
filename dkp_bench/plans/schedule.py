"""What to start next, and what there is no more time for."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dkp_bench.errors import DkpError, last_line
from dkp_bench.plans.event_log import EventLog
from dkp_bench.plans.executor import (
    Advance,
    DatasetSource,
    Elsewhere,
    Executor,
    Failed,
    Finished,
    Message,
    Said,
    Slot,
    Stopped,
)
from dkp_bench.plans.forecast import Forecast, steps_done, steps_of
from dkp_bench.plans.state import State, Task, Tasks
from dkp_bench.progress import Progress
from dkp_bench.runs.execute import finished, reused
from dkp_bench.runs.spec import RunSpec
from dkp_bench.text import duration

MARGIN = 1.1
"""A spec is started if this many times the time it is expected to take is left."""

MEASURED_AFTER = 3.0
"""Seconds of training after which its speed counts as measured."""

RETRY_SECONDS = 10.0
"""Seconds after which a spec that another command is at work on is looked at again."""

GRACE_AFTER_DEADLINE = 10.0
"""Seconds after the deadline for which a spec that was asked to stop is waited for."""

POLL_SECONDS = 0.5
"""Seconds between two looks at the clock while no worker sends a message."""


@dataclass(frozen=True)
class Budget:
    """How long the work may take.

    Attributes:
        clock: seconds that only grow.
        deadline: a time of the clock after which nothing may go on, infinity for none.
        partial: whether a spec may be started that cannot finish; the next call goes on with it.
    """

    clock: Callable[[], float]
    deadline: float = math.inf
    partial: bool = False

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.deadline - self.clock()

    def allows(self, seconds: float | None) -> bool:
        """Return whether a spec may be started that is expected to take some seconds, None where that is unknown."""
        return self.left > 0 and (self.partial or seconds is None or seconds * MARGIN <= self.left)


@dataclass
class Schedule:
    """Runs the specs of a plan, the first one that can be started first.

    A spec can be started when its dataset is ready, what it requires is finished, and what was measured does not say
    that it cannot finish in time; one of unknown speed is started, and stopped where its speed turns out to be too
    low. A failure ends its own spec and those that require it, no other, unless ``keep_going`` is false.

    Attributes:
        tasks: the specs, and where each stands.
        datasets: where their datasets come from.
        executor: what runs them.
        forecast: how long they take.
        budget: how long all of it may take.
        runs: folder of all runs.
        events: gets a line for everything that happens.
        progress: called with the progress of each spec.
        tell: called with a line for each spec that has ended.
        keep_going: whether to go on after a failure; else it is raised.
        on_finish: called with each task that is finished, in place of ``tell``, and with those that were before.
    """

    tasks: Tasks
    datasets: DatasetSource
    executor: Executor
    forecast: Forecast
    budget: Budget
    runs: Path
    events: EventLog
    progress: Progress
    tell: Callable[[str], None]
    keep_going: bool = True
    on_finish: Callable[[Task], None] | None = None
    _started: dict[RunSpec, float] = field(default_factory=dict)
    _measured_from: dict[RunSpec, tuple[float, int]] = field(default_factory=dict)
    _trained: dict[RunSpec, float] = field(default_factory=dict)
    _hints_told: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Go on until all specs have ended, or none can be started and none is running.

        Raises:
            DkpError: the first failure, unless the schedule keeps going after one.
        """
        try:
            while self._start_what_can_be() or self.tasks.those(State.RUNNING) or self._more_may_come():
                self.executor.wait(POLL_SECONDS, self._hear)
                if not self._in_time():
                    break
        finally:
            for task in self.tasks.those(State.RUNNING):
                self._stopped(task, task.reason or "stopped before its end", say=self.keep_going)

    def _in_time(self) -> bool:
        """Return whether to go on; after the deadline, only as long as it takes to stop what is running."""
        if self.budget.left <= 0:
            for task in self.tasks.those(State.RUNNING):
                task.reason = task.reason or "the time ran out"
                self.executor.stop(task.spec)
        return self.budget.left > -GRACE_AFTER_DEADLINE

    def survey(self) -> None:
        """Find out which specs are finished, as far as their datasets are ready; start none."""
        self._look_at_all()

    def _start_what_can_be(self) -> bool:
        """Start what can be started; return whether anything was."""
        self._look_at_all()
        started = False
        for slot in self.executor.idle():
            # What is started changes what the forecast allows, so each slot looks at all that wait again.
            ready = [task for task in self.tasks.those(State.WAITING) if self._can_start(task)]
            if ready:
                self._start(ready[0], slot)
                started = True
        return started

    def _look_at_all(self) -> None:
        for task in self.tasks.those(State.WAITING):
            self._look_at(task)

    def _look_at(self, task: Task) -> None:
        """Find out, as soon as its dataset is ready, whether a spec is finished, and else whether it can ever be."""
        if task.bound is None:
            self._bind(task)
        broken = [one.spec.name for one in self.tasks.required(task) if one.state == State.FAILED]
        if broken and task.bound is not None and task.state == State.WAITING:
            self._fail(task, Failed(f"needs {broken[0]}, which failed"))

    def _bind(self, task: Task) -> None:
        try:
            dataset = self.datasets.ready(task.spec)
            task.reason = "its dataset is not ready" if dataset is None else ""
            if dataset is not None:
                task.bound = task.spec.bind(dataset, self.runs, "cpu")  # the executor knows the device
                self._recognise(task)
        except DkpError as error:
            self._fail(task, Failed(error.problem, error.hint, error=error))
        except Exception as error:  # any failure of a dataset is no reason to give up the others
            self._fail(task, Failed(last_line(error), error=error))

    def _recognise(self, task: Task) -> None:
        run = finished(task.bound) if task.bound else None
        if run is None:
            return
        if self.on_finish and task.bound:
            run = reused(task.bound, run)
        task.finish(run)
        self.forecast.learn_run(run.record)
        if self.on_finish:
            self.on_finish(task)

    def _can_start(self, task: Task) -> bool:
        first = [one for one in self.tasks.required(task) if one.state != State.FINISHED]
        if task.bound is None or self.budget.clock() < task.not_before:
            return False
        if first:
            task.reason = f"needs {first[0].spec.name} first"
            return False
        seconds = self.forecast.seconds(task.bound, steps_done(task.bound))
        allowed = self.budget.allows(seconds)
        task.reason = "" if allowed else _no_time(seconds)
        return allowed

    def _more_may_come(self) -> bool:
        """Return whether a waiting spec could start without another one finishing first."""
        waiting = self.tasks.those(State.WAITING) if self.budget.left > 0 else []
        return any(task.bound is None or self.budget.clock() < task.not_before for task in waiting)

    def _start(self, task: Task, slot: Slot) -> None:
        task.state, task.reason = State.RUNNING, ""
        self._started[task.spec] = self._trained[task.spec] = self.budget.clock()
        self._measured_from.pop(task.spec, None)
        self.events.write("began", cell=task.spec.name)
        slot.start(task.spec)

    def _hear(self, spec: RunSpec, message: Message) -> None:
        task = self.tasks[spec]
        if isinstance(message, Advance):
            self.progress(self.tasks.label(task, message.what), message.done, message.total, message.note)
            self._measure(task, message)
            return
        if isinstance(message, Said):
            self.tell(message.line)
            return
        now = self.budget.clock()
        task.seconds += now - self._started[spec]
        if isinstance(message, Finished):
            self._finish(task, message, rest=now - self._trained[spec])
        elif isinstance(message, Failed):
            self._fail(task, message)
        elif isinstance(message, Elsewhere):
            task.wait("another command is at work on it")
            task.not_before = now + RETRY_SECONDS
        elif isinstance(message, Stopped):
            self._stopped(task, task.reason or "the time ran out")

    def _measure(self, task: Task, advance: Advance) -> None:
        """Learn a run's speed from its progress, and stop it where that says that it cannot finish."""
        bound, now = task.bound, self.budget.clock()
        if bound is None or advance.total != steps_of(bound):
            return
        self._trained[task.spec] = now
        since, first = self._measured_from.setdefault(task.spec, (now, advance.done))
        if now - since < MEASURED_AFTER or advance.done <= first:
            return
        self.forecast.learn_step(bound, (now - since) / (advance.done - first))
        seconds = self.forecast.seconds(bound, advance.done)
        if not self.budget.partial and seconds is not None and seconds > self.budget.left and not task.reason:
            task.reason = _no_time(seconds)
            self.executor.stop(task.spec)

    def _finish(self, task: Task, message: Finished, rest: float) -> None:
        run = finished(task.bound) if task.bound else None
        if run is None:
            self._fail(task, Failed("it left no record", "start it again"))
            return
        task.finish(run)
        task.peak_memory = message.peak_memory
        self.forecast.learn_run(run.record, rest)
        seconds = round(task.seconds, 1)
        self.events.write("finished", cell=task.spec.name, seconds=seconds, peak_memory=message.peak_memory)
        if self.on_finish:
            self.on_finish(task)
            return
        score = run.headline
        scored = f"{score.metric} {score.value:.2f} {score.unit}, " if score and not task.spec.smoke else ""
        done = len(self.tasks.those(State.FINISHED))
        self.tell(f"[{done}/{len(self.tasks)}] {task.spec.name}: {scored}{duration(task.seconds)}")

    def _stopped(self, task: Task, reason: str, *, say: bool = True) -> None:
        task.wait(reason)
        self.events.write("stopped", cell=task.spec.name, seconds=round(task.seconds, 1), reason=reason)
        if say:  # an error that ends all of it speaks for itself
            self.tell(f"stopped: {task.spec.name}: {reason}")

    def _fail(self, task: Task, failed: Failed) -> None:
        problem, hint = failed.problem, failed.hint
        task.fail(problem)
        self.events.write("failed", cell=task.spec.name, problem=problem, hint=hint, traceback=failed.traceback)
        if not self.keep_going:
            raise failed.error or DkpError(problem, hint)
        advice = "" if hint in self._hints_told else "".join(f"\n  {line}" for line in hint.splitlines())
        self._hints_told.add(hint)
        self.tell(f"failed: {task.spec.name}: {problem}{advice}")


def _no_time(seconds: float | None) -> str:
    return "the time ran out" if seconds is None else f"it needs {duration(seconds)} more"
