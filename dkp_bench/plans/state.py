"""Where each spec of a plan stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from dkp_bench.runs.run import Run
from dkp_bench.runs.spec import BoundRun, RunSpec


class State(StrEnum):
    """Where a spec stands."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass
class Task:
    """A spec, and what is known of it.

    Attributes:
        spec: what to run.
        state: where it stands.
        bound: the spec on its dataset; None until that is ready.
        run: the finished run.
        reason: why it failed, or why it waits.
        seconds: wall-clock time that this call spent on it; 0 for one that was finished before.
        peak_memory: bytes of the GPU's memory at the most; None where no call on a GPU finished it.
        not_before: a time of the clock; until then another command is taken to be at work on it.
    """

    spec: RunSpec
    state: State = State.WAITING
    bound: BoundRun | None = None
    run: Run | None = None
    reason: str = ""
    seconds: float = 0.0
    peak_memory: int | None = None
    not_before: float = 0.0

    @property
    def finished(self) -> Run:
        """The run of a finished task."""
        assert self.run, f"{self.spec.name} is {self.state}"
        return self.run

    def finish(self, run: Run) -> None:
        """Note that it is finished."""
        self.state, self.run, self.reason = State.FINISHED, run, ""

    def fail(self, reason: str) -> None:
        """Note that it failed."""
        self.state, self.reason = State.FAILED, reason

    def wait(self, reason: str) -> None:
        """Note that it waits, for a reason or its turn."""
        self.state, self.reason = State.WAITING, reason


class Tasks:
    """The tasks of all specs, in the plan's order.

    Args:
        specs: the specs, the most important first; what they require is among them, or needed no more.
    """

    def __init__(self, specs: Iterable[RunSpec]) -> None:
        self._tasks = {spec: Task(spec) for spec in specs}
        self._required = {
            spec: [self._tasks[one] for one in spec.required() if one in self._tasks] for spec in self._tasks
        }

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def __len__(self) -> int:
        return len(self._tasks)

    def __getitem__(self, spec: RunSpec) -> Task:
        return self._tasks[spec]

    def remember(self, name: str, peak_memory: int) -> None:
        """Take over what an earlier call measured of the spec of a name; nothing if the plan has no such spec."""
        for task in self:
            if task.spec.name == name:
                task.peak_memory = peak_memory

    def number(self, task: Task) -> int:
        """Return the position of a task in the plan, from 1."""
        return list(self._tasks).index(task.spec) + 1

    def label(self, task: Task, what: str) -> str:
        """Return what to call a run's progress, ``what`` where that is another name than every other task's."""
        alike = [one for one in self if (one.spec.method, one.spec.seed) == (task.spec.method, task.spec.seed)]
        return what if len(alike) == 1 else f"{self.number(task)}: {task.spec.dataset}, {what}"

    def those(self, state: State) -> list[Task]:
        """Return the tasks in a state."""
        return [task for task in self if task.state == state]

    def required(self, task: Task) -> list[Task]:
        """Return the tasks that must be finished before another one."""
        return self._required[task.spec]
