"""What a call leaves beside the runs: ``summary.md``, and ``carry.tar``, all that a later look needs in one file.

The archive holds a results root as ``results/baselines`` is one: records (with their curves), predictions and sample
images as objects, the labels they are scored against; the summary and the event log; weights where they are asked for.
Unpacked, ``dkp-bench report``, ``compare``, ``score``, ``predict`` (with weights) and ``store`` read it.
"""

import io
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import tabulate
from safetensors.torch import load_file

from dkp_bench.errors import unknown_name
from dkp_bench.files import atomic_path, sha256, write_text
from dkp_bench.plans.event_log import EVENTS_FILE
from dkp_bench.plans.forecast import steps_done
from dkp_bench.plans.schedule import Schedule
from dkp_bench.plans.state import State, Task, Tasks
from dkp_bench.runs.execute import sweep_run
from dkp_bench.runs.kept_weights import halved_weights
from dkp_bench.runs.layout import ANNOTATIONS, OBJECTS, RECORD, STORED_FILES, object_path
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.text import counted, duration
from dkp_bench.training.inference import WEIGHTS_FILE

SUMMARY_FILE = "summary.md"
HEADS = ("cell", "state", "headline", "images/s", "time", "GPU memory")
EXPORT_FILE = "carry.tar"

Weights = Literal["none", "half", "full"]
"""Which weights go into the export: none, float16, or as they were trained."""


@dataclass(frozen=True)
class PlanOutputs:
    """What to leave, and how.

    Attributes:
        title: the plan's name.
        heads: lines about the call.
        result_tables: makes the result tables, as plain text.
        weights: which weights go into the export.
    """

    title: str
    heads: tuple[str, ...]
    result_tables: Callable[[Schedule], list[str]]
    weights: Weights = "none"

    def note(self, schedule: Schedule) -> None:
        """Write the summary while the work goes on, without result tables, which take longer."""
        write_text(schedule.runs / SUMMARY_FILE, summary(schedule, self.title, self.heads))

    def close(self, schedule: Schedule) -> list[str]:
        """Write everything, and return lines that say what, for a terminal.

        Raises:
            DkpError: if a run's files are missing or damaged.
        """
        for task in schedule.tasks.those(State.FINISHED):
            if task.run:
                sweep_run(task.run)
        tables = self.result_tables(schedule)
        write_text(schedule.runs / SUMMARY_FILE, summary(schedule, self.title, self.heads, tables))
        packed = export_runs(schedule.runs, SUMMARY_FILE, self.weights)
        size = f"{packed.stat().st_size / 1e6:,.1f} MB"
        files = [f"summary: {schedule.runs / SUMMARY_FILE}", f"to carry away: {packed}, {size}"]
        return [*(f"{table}\n" for table in tables), *standing(schedule), *files]


def standing(schedule: Schedule) -> list[str]:
    """Return lines with how many specs are in each state, and how long the rest takes as far as speeds are known."""
    counts = [f"{len(found)} {state}" for state in State if (found := schedule.tasks.those(state))]
    lines = [f"{counted(len(schedule.tasks), 'cell')}: {', '.join(counts)}"]
    left = [task for task in schedule.tasks if task.state in (State.WAITING, State.RUNNING)]
    known = [seconds for task in left if (seconds := _seconds(task, schedule)) is not None]
    if known:
        unknown = f", and {len(left) - len(known)} of unknown speed" if len(known) < len(left) else ""
        lines.append(f"left: {counted(len(known), 'cell')} of about {duration(sum(known))} in all{unknown}")
    return lines


def summary(schedule: Schedule, title: str, heads: Iterable[str], tables: Iterable[str] = ()) -> str:
    """Return the summary in Markdown, with a newline at its end.

    Args:
        schedule: where each spec stands.
        title: the plan's name.
        heads: lines about the call.
        tables: results as plain text.
    """
    rows = [_row(task) for task in schedule.tasks]
    reasons = "\n".join(f"- {task.spec.name}: {task.reason}" for task in schedule.tasks if task.reason)
    parts = [
        f"# {title}",
        *heads,
        *standing(schedule),
        *(f"```\n{table}\n```" for table in tables),
        tabulate.tabulate(rows, HEADS, tablefmt="github", disable_numparse=True),
        *([f"Why not finished:\n\n{reasons}"] if reasons else []),
    ]
    return "\n\n".join(parts) + "\n"


def state_lines(tasks: Tasks) -> list[str]:
    """Return where each spec stands, and why it failed, a line each."""
    return [f"{task.state:<9} {': '.join(filter(None, [task.spec.name, task.reason]))}" for task in tasks]


def _row(task: Task) -> list[str]:
    row = [task.spec.name, str(task.state)]
    if task.run is None:
        return row + ["–"] * 4
    score, times = task.run.headline, task.run.record.timings
    return [
        *row,
        "no result" if task.spec.smoke else f"{score.metric} {score.value:.2f} {score.unit}" if score else "–",
        f"{times.images_per_second:,.0f}" if times.images_per_second else "–",
        duration(times.fit_seconds + times.predict_seconds),
        f"{task.peak_memory / 2**30:.1f} GiB" if task.peak_memory is not None else "–",
    ]


def _seconds(task: Task, schedule: Schedule) -> float | None:
    return schedule.forecast.seconds(task.bound, steps_done(task.bound)) if task.bound else None


def weights_choice(name: str) -> Weights:
    """Return the choice called ``name``.

    Raises:
        DkpError: if there is none.
    """
    for choice in get_args(Weights):
        if choice == name:
            return choice  # type: ignore[no-any-return]
    raise unknown_name("choice of weights", name, get_args(Weights))


def export_runs(root: Path, summary: str, weights: Weights = "none") -> Path:
    """Write ``carry.tar`` into a folder of runs, atomically, with every finished run in it.

    Args:
        root: folder of all runs.
        summary: name of the summary in it.
        weights: which weights go along. Half ones have another hash than the record says, and name it.

    Returns:
        The file.

    Raises:
        DkpError: if a run's predictions or sample images are missing or damaged, or the weights that are to go along.
    """
    runs = load_runs(root)
    with atomic_path(root / EXPORT_FILE) as temporary, tarfile.open(temporary, "w") as tar:
        for path, source in _members(root, (summary, EVENTS_FILE), runs).items():
            _add(tar, path.relative_to(root), source.read_bytes())
        for run in runs if weights != "none" else ():
            if (run.path / WEIGHTS_FILE).is_file():
                _add(tar, (run.path / WEIGHTS_FILE).relative_to(root), _weights(run, weights))
    return root / EXPORT_FILE


def check_exportable(root: Path) -> None:
    """Find out before the work whether what lies in a folder of runs can be exported after it.

    Raises:
        DkpError: if a record, predictions or sample images are missing or damaged.
    """
    _members(root, (), load_runs(root))


def _members(root: Path, notes: Iterable[str], runs: Iterable[Run]) -> dict[Path, Path]:
    """Return what goes along besides weights: where it would lie in this folder, and where it lies."""
    found = [root / name for name in notes]
    found += [path for folder in (ANNOTATIONS, OBJECTS) for path in sorted((root / folder).glob("[!.]*"))]
    members = {path: path for path in found if path.is_file()}
    for run in runs:
        members[run.path / RECORD] = run.path / RECORD
        for name in STORED_FILES:
            if name in run.record.files:
                members[object_path(root, run.record.files[name], Path(name).suffix)] = run.checked_file(name)
    return members


def _add(tar: tarfile.TarFile, name: Path, content: bytes) -> None:
    member = tarfile.TarInfo(name.as_posix())
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _weights(run: Run, weights: Weights) -> bytes:
    path = run.checked_file(WEIGHTS_FILE)
    if weights == "full":
        return path.read_bytes()
    return halved_weights(load_file(path), sha256(path))
