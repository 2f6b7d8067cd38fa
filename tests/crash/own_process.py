"""The workers of a plan in the process of the plan itself, so that each of its operations can be counted."""

from collections.abc import Sequence

from dkp_bench.plans.executor import Advance, Hear
from dkp_bench.plans.workers import SpecRunner, WorkerSlot
from dkp_bench.runs.spec import RunSpec


class Worker:
    """Runs one spec when it is asked what there is to say of it."""

    def __init__(self, slot: WorkerSlot) -> None:
        self.runner = SpecRunner(slot)
        self.spec: RunSpec | None = None

    def start(self, spec: RunSpec) -> None:
        self.spec = spec

    def finish(self, hear: Hear) -> None:
        """Say everything of the spec up to its end; nothing where there is none."""
        spec, said = self.spec, []
        if spec is None:
            return

        def progress(what: str, done: int, total: int, note: str = "") -> None:
            said.append(Advance(what, done, total, note))

        said.append(self.runner.run(spec, progress))
        self.spec = None
        for message in said:
            hear(spec, message)


class OwnProcess:
    """Stands for :class:`dkp_bench.plans.pool.WorkerPool`."""

    def __init__(self, slots: Sequence[WorkerSlot]) -> None:
        self.workers = [Worker(slot) for slot in slots]

    def idle(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.spec is None]

    def stop(self, spec: RunSpec) -> None:
        pass

    def wait(self, seconds: float, hear: Hear) -> None:
        for worker in self.workers:
            worker.finish(hear)

    def end(self, grace: float) -> None:
        pass
