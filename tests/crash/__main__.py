"""Kill commands at every point and at random, call them again, and see whether anything is lost, repeated or left.

The same at every point for a disk that is full from there on: one clear error, and all is well once there is room.

``nox -s crash -- --seconds 600 --seed 1`` prints figures and exits with 1 if there is a finding; each is kept as a file
that says where the command was killed, what differs, and what was printed.
"""

import argparse
import gc
import importlib
import itertools
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy starts threads, beside which no process may be forked
TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS / "fixtures"))

import figures as counts  # noqa: E402
import torch  # noqa: E402
import torch._dynamo  # noqa: E402  (what PyTorch imports at the first step takes seconds: once is enough)
from children import Ended, noting_modules, run  # noqa: E402
from figures import Figures  # noqa: E402
from scenarios import BROKEN, SCENARIOS, Scenario, install, trained, work_left  # noqa: E402
from states import differences, state  # noqa: E402

MEMORY = Path("/dev/shm")
"""Where the system has it, a folder in memory: thousands of files are synced to it in no time."""


@dataclass
class Subject:
    """A scenario, and what an undisturbed call of it does."""

    scenario: Scenario
    folder: Path
    operations: list[str] = field(default_factory=list)
    expected: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    trained: int = 0

    def prepare(self) -> None:
        """Run it to its end: what the first call imports this process imports too, and the others leave the same."""
        before, modules = self.folder / "before", self.folder / "modules"
        before.mkdir(parents=True)
        self._finished(run(self.scenario.prepare, before, self.folder / "log"))
        self._finished(run(noting_modules(self.scenario.command, modules), self.fresh(), self.folder / "log"))
        for name in modules.read_text(encoding="utf-8").split():
            with suppress(ImportError):
                importlib.import_module(name)
        for _ in range(2):
            trained()
            ended = self._finished(self.call(self.fresh(), operations=self.folder / "operations"))
            found = state(self.folder / "work")
            if self.expected and found != self.expected:
                raise SystemExit(f"{self.scenario.name} differs: {differences(self.expected, found)}\n{ended.said}")
            self.expected, self.seconds, self.trained = found, ended.seconds, trained()
        self.operations = (self.folder / "operations").read_text(encoding="utf-8").splitlines()

    def _finished(self, ended: Ended) -> Ended:
        if ended.code:
            raise SystemExit(f"{self.scenario.name} fails although it is not killed:\n{ended.said}")
        return ended

    def fresh(self) -> Path:
        """A folder in which nothing was called yet."""
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        return Path(shutil.copytree(self.folder / "before", work))

    def call(self, work: Path, **how: object) -> Ended:
        """Call the command, to be killed or not."""
        return run(self.scenario.command, work, self.folder / "log", **how)  # type: ignore[arg-type]


def try_kills(subject: Subject, kills: list[dict[str, float]]) -> dict[str, object]:
    """Kill a call, and those that should have gone on from it, then let one finish: what went wrong, by kind."""
    work, scenario = subject.fresh(), subject.scenario
    trained()
    total, repeated, unclear, said = 0, 0, 0, []
    for kill in (*kills, {}):
        left = work_left(work, scenario)
        ended = subject.call(work, **kill)
        done = trained()
        total += done
        repeated += max(0, done - left) if scenario.trains else 0
        said.append(ended.said)
        unclear += "full_at" in kill and not _tells_of_a_full_disk(ended)
        if ended.code == 0:
            break
    repeated = max(repeated, total - subject.trained - len(kills))  # each kill may cost the step that was under way
    found: dict[str, object] = dict(differences(subject.expected, state(work)))
    found |= {"repeated": repeated} if repeated > 0 else {}
    found |= {"failed": ended.code} if ended.code else {}
    found |= {"unclear": unclear} if unclear else {}
    return found | {"said": said} if found else {}


def _tells_of_a_full_disk(ended: Ended) -> bool:
    """Whether it ended with one clear error, or found room for what it could not do without."""
    return ended.code == 0 or (
        ended.code in (1, 2) and "the disk is full" in ended.said and "Traceback" not in ended.said
    )


def plan(
    subjects: list[Subject], chance: random.Random, share: float
) -> Iterator[tuple[Subject, str, list[dict[str, float]]]]:
    """Which kills to try: every point once, and a full disk from there on, in an order of chance; then pairs of points,
    without end; of what takes less time more of them, and earlier.

    Args:
        subjects: the scenarios.
        chance: decides the order, and all that is drawn.
        share: of kills at a time of chance among all.
    """
    points: dict[str, list[tuple[str, int]]] = {}
    for subject in subjects:
        ways = itertools.product(("kill_at", "full_at"), range(len(subject.operations)))
        points[subject.scenario.name] = left = list(ways)
        chance.shuffle(left)
    while True:
        unfinished = [subject for subject in subjects if points[subject.scenario.name]]
        draw_time = chance.random() < share
        among = subjects if draw_time else unfinished or subjects
        [subject] = chance.choices(among, [1 / subject.seconds for subject in among])
        if draw_time:
            yield subject, "random", [{"kill_after": chance.uniform(0, 1.1 * subject.seconds)}]
        elif unfinished:
            how, number = points[subject.scenario.name].pop()
            yield subject, "enumerated" if how == "kill_at" else "full", [{how: number}]
        else:
            yield subject, "pairs", [{"kill_at": chance.randrange(len(subject.operations))} for _ in range(2)]


def search(folder: Path, options: argparse.Namespace) -> int:
    """Try kills until the time is over, and as many as there must be; returns how many findings there are."""
    began = time.monotonic()
    chosen = [one for one in (*SCENARIOS, BROKEN) if one.name in options.only] if options.only else SCENARIOS
    subjects = [Subject(one, folder / str(number)) for number, one in enumerate(chosen)]
    for subject in subjects:
        subject.prepare()
    gc.collect()
    gc.freeze()  # else each child would copy what its collector looks through
    print(f"{len(subjects)} scenarios, ready in {time.monotonic() - began:.0f} s", flush=True)
    found = {subject.scenario.name: Figures(len(subject.operations)) for subject in subjects}
    chance, began = random.Random(options.seed), time.monotonic()
    for subject, kind, kills in plan(subjects, chance, options.random):
        kills_before = sum(one.kills for one in found.values())
        if time.monotonic() - began > options.seconds and kills_before >= options.at_least:
            break
        one = found[subject.scenario.name]
        setattr(one, kind, getattr(one, kind) + 1)
        finding = try_kills(subject, kills)
        if finding:
            for name in counts.KINDS:
                one.found[name] += name in finding
            numbers = [int(kill[how]) for kill in kills for how in ("kill_at", "full_at") if how in kill]
            places = [subject.operations[number] for number in numbers]
            about = {"scenario": subject.scenario.name, "kills": kills, "before": places, "seed": options.seed}
            counts.keep(options.findings, about | finding)
    print(counts.table(found, time.monotonic() - began), flush=True)
    return sum(sum(one.found.values()) for one in found.values())


def main() -> None:
    """Read the options, and search in a folder that is gone afterwards."""
    parser = argparse.ArgumentParser(prog="nox -s crash --", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="how long to search, once all is ready")
    parser.add_argument("--at-least", type=int, default=0, metavar="KILLS", help="go on until so many were tried")
    parser.add_argument("--seed", type=int, default=0, help="decides which kills are tried first")
    parser.add_argument("--random", type=float, default=0.1, help="share of kills at a time of chance")
    parser.add_argument("--only", action="append", metavar="SCENARIO", help="one of the scenarios; can be repeated")
    parser.add_argument("--findings", type=Path, default=Path("crash-findings"), help="folder for what is found")
    options = parser.parse_args()
    options.findings = options.findings.absolute()
    torch.set_num_threads(1)
    install()
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        findings = search(Path(folder), options)
    if findings:
        sys.exit(f"{findings} findings, kept in {options.findings}")


if __name__ == "__main__":
    main()
