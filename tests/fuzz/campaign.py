"""Many damaged files for every reader, in processes of their own: one that ends its process is a finding, no end."""

import hashlib
import multiprocessing
import os
import random
import resource
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from fuzz.mutations import damaged
from fuzz.reader import Reader
from fuzz.sealed import damaged_inside
from fuzz.trial import read_sound, trial

BURST, BURST_SECONDS = 1_000, 3.0
"""Inputs that a process gives to one reader before the next one's turn, and seconds that it has for them."""
PATIENCE = 60.0
"""Seconds without a new input after which a process hangs."""
EXTRA_MEMORY = 2 * 2**30
"""Bytes that a process may have beyond what it begins with; asking for more fails there."""
KEPT_OF_A_KIND = 3
"""Files kept of the same fault."""


@dataclass
class Outcome:
    """What came of fuzzing.

    Attributes:
        inputs: given, by reader.
        findings: how often each fault was found, by reader and its first line.
        seconds: that it took.
    """

    inputs: Counter[str] = field(default_factory=Counter)
    findings: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0.0

    def in_words(self) -> str:
        """A line a reader, then the findings, then the sum."""
        rows = [f"{name:<28} {count:>9,} inputs" for name, count in sorted(self.inputs.items())]
        found = [f"{count:>6} × {name}: {fault}" for (name, fault), count in self.findings.most_common()]
        total = sum(self.inputs.values())
        rate = total / self.seconds if self.seconds else 0.0
        end = f"{total:,} inputs in {self.seconds:,.0f} s ({rate:,.0f} a second), {len(found)} kinds of findings"
        return "\n".join([*rows, *found, end])


def fuzz(
    readers: Sequence[Reader], *, seed: int, seconds: float, inputs: float = float("inf"), keep: Path | None = None
) -> Outcome:
    """Give damaged files to readers, to each for the same time.

    Args:
        readers: what is fuzzed.
        seed: decides every damage; which of them are reached in the time is left to the machine.
        seconds: how long.
        inputs: how many at most.
        keep: a folder for findings: the damaged file, and beside it what happened.

    Returns:
        What was found; :attr:`Outcome.findings` is empty if nothing is wrong.
    """
    outcome, started, turn = Outcome(), time.monotonic(), 0
    used: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as work:
        while time.monotonic() - started < seconds and sum(outcome.inputs.values()) < inputs:
            reader = min(readers, key=lambda one: used[one.name])
            begun = time.monotonic()
            left = max(0.1, min(seconds - (begun - started), seconds / len(readers), BURST_SECONDS))
            most = int(min(BURST, inputs - sum(outcome.inputs.values())))
            folder, own_seed = Path(work) / reader.name.replace(" ", "-"), f"{seed}/{reader.name}/{turn}"
            burst = _Burst(reader, folder, own_seed, left, most)
            burst.run(outcome, keep)
            used[reader.name] += int(1000 * (time.monotonic() - begun)) + 1
            turn += 1
    outcome.seconds = time.monotonic() - started
    return outcome


@dataclass
class _Burst:
    """Some inputs to one reader, in a process of its own."""

    reader: Reader
    folder: Path
    seed: str
    seconds: float
    most: int

    def run(self, outcome: Outcome, keep: Path | None) -> None:
        context = multiprocessing.get_context("fork")
        count, (receiver, sender) = context.Value("Q", 0), context.Pipe(duplex=False)
        target = self.folder / ".target"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        process = context.Process(target=self._child, args=(count, sender, target))
        process.start()
        sender.close()
        last, since = 0, time.monotonic()
        while process.is_alive():
            try:
                if receiver.poll(0.2):
                    fault, content, suffix = receiver.recv()
                    self._found(outcome, keep, fault, content, suffix)
            except EOFError:
                process.join(1.0)
            if count.value != last:
                last, since = count.value, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                process.kill()
        process.join()
        while receiver.poll():
            try:
                self._found(outcome, keep, *receiver.recv())
            except EOFError:
                break
        outcome.inputs[self.reader.name] += count.value
        if process.exitcode:
            path = Path(target.read_text(encoding="utf-8")) if target.exists() else None
            content = path.read_bytes() if path and path.is_file() else b""
            fault = f"the process ended with {process.exitcode}\n"
            self._found(outcome, keep, fault, content, path.suffix if path else "")

    def _found(self, outcome: Outcome, keep: Path | None, fault: str, content: bytes, suffix: str) -> None:
        key = self.reader.name, fault.splitlines()[0]
        outcome.findings[key] += 1
        if keep is not None and outcome.findings[key] <= KEPT_OF_A_KIND:
            keep.mkdir(parents=True, exist_ok=True)
            name = f"{self.reader.name.replace(' ', '-')}-{hashlib.sha256(content).hexdigest()[:12]}"
            (keep / f"{name}{suffix}").write_bytes(content)
            (keep / f"{name}-why.txt").write_text(f"{key[0]}: {fault}", encoding="utf-8", errors="backslashreplace")

    def _child(self, count: "Synchronized[int]", sender: object, target: Path) -> None:
        """Damage one of the reader's files again and again; what the reader prints is dropped."""
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        files = list(self.reader.make(self.folder / "files"))
        sound = {path: path.read_bytes() for path in (self.folder / "files").rglob("*") if path.is_file()}
        if not self.reader.refuses:
            read_sound(self.reader, self.folder / "files")
        _limit_memory()
        chance, until = random.Random(self.seed), time.monotonic() + self.seconds
        file = chance.choice(files)
        target.write_text(str(file), encoding="utf-8")
        others = [sound[path] for path in files if path.suffix == file.suffix]
        for _ in range(self.most):
            if time.monotonic() > until:
                break
            damage = damaged_inside if chance.random() < 0.5 else damaged
            content = damage(chance, sound[file], others)
            self.reader.place(self.folder / "files", file, content)
            count.value += 1
            if fault := trial(self.reader, self.folder / "files"):
                sender.send((fault, content, file.suffix))  # type: ignore[attr-defined]
            if self.reader.restores:
                _restore(self.folder / "files", sound)


def _limit_memory() -> None:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - not a file of ours
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + EXTRA_MEMORY, resource.RLIM_INFINITY))


def _restore(folder: Path, sound: dict[Path, bytes]) -> None:
    for path in folder.rglob("*"):
        if path not in sound and not path.is_dir():
            path.unlink()
    for path, content in sound.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)
