"""The fuzzer finds what it is to find, knows every reader, and finds nothing in them in twenty seconds."""

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dkp_bench.errors import DkpError
from fuzz.campaign import Outcome, fuzz
from fuzz.reader import Reader, written
from fuzz.readers import all_readers

READING = frozenset(
    (
        *("read_text", "read_bytes", "read_toml", "read_json", "read_json_lines", "read_small", "open_npz", "map_npy"),
        *("load_file", "imdecode", "imread", "loadmat", "fromfile", "memmap"),
        *(
            "np.load",
            "torch.load",
            "json.load",
            "json.loads",
            "tomllib.load",
            "tomllib.loads",
            "yaml.load",
            "csv.reader",
        ),
        *("Image.open", "pickle.load", "pickle.loads"),
    )
)
"""Calls that read a file, or what was in one."""
SAFE = {
    "cli.check_baselines": "compares the bytes of files that were written a moment before",
    "cli.new_method": "reads the template that lies beside it",
    "cli.template.colour_clusters": "is the user's own code once it is written; loads only what it saved",
    "datasets.checks": "hashes a file and decodes nothing",
    "datasets.estimated_depth": "reads the code that is running",
    "method_contract.checks_of_predict": "compares the bytes of files that were written a moment before",
    "plans.outputs": "packs files whose hashes it has looked at",
    "runs.needed_weights": "reads weights whose hash it has looked at",
    "runs.store": "copies files whose hashes it has looked at",
    "runs.provenance": "reads the code that is running",
    "runs.work_folder": "compares the bytes of a mark with those it should have",
    "plans.forecast": "compares the bytes of a mark with those it should have",
    "report.formats.render": "reads the style and the script that lie beside it",
    "report.write": "looks for a mark at the start of a file that it may replace",
    "text_files": "is what the other readers read with",
}
"""Modules that read files and need no damaged ones, each with the reason."""


def reading_modules(repository: Path) -> dict[str, set[str]]:
    """The modules of the package in which a file is read, and the calls that do."""
    found: dict[str, set[str]] = {}
    for package, prefix in (("dkp_bench", ""), ("baselines", "baselines."), ("reference", "reference.")):
        for path in sorted((repository / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and (called := _called(node.func) & READING):
                    module = ".".join(path.relative_to(repository / package).with_suffix("").parts)
                    found.setdefault(prefix + module, set()).update(called)
    return found


def _called(function: ast.expr) -> set[str]:
    """The name of a function, with that of what it belongs to and without."""
    if isinstance(function, ast.Name):
        return {function.id}
    if not isinstance(function, ast.Attribute):
        return set()
    owner = f"{function.value.id}." if isinstance(function.value, ast.Name) else ""
    return {function.attr, owner + function.attr}


def test_every_module_that_reads_a_file_is_fuzzed_or_says_why_not(repository: Path) -> None:
    reading = reading_modules(repository)
    fuzzed = {module for reader in all_readers() for module in reader.modules}
    assert {name: calls for name, calls in reading.items() if name not in fuzzed | SAFE.keys()} == {}, (
        "these read files: add a reader to a file of tests/fuzz/readers, or a reason to SAFE"
    )
    assert SAFE.keys() - reading.keys() == set(), "nothing is read there any more"
    assert not SAFE.keys() & fuzzed


def test_readers_have_names_of_their_own() -> None:
    names = [reader.name for reader in all_readers()]
    assert len(names) == len(set(names)) > 30


def _unchecked(folder: Path) -> object:
    content = (folder / "a.txt").read_bytes()
    return content.decode("ascii")[content.index(b"b")]


def _ends(folder: Path) -> None:
    if (folder / "a.txt").read_bytes() != b"abc":
        os.kill(os.getpid(), signal.SIGKILL)


def _hangs(folder: Path) -> None:
    damaged = (folder / "a.txt").read_bytes() != b"abc"
    while damaged:
        pass


def _shouts(folder: Path) -> None:
    content = (folder / "a.txt").read_bytes()
    if content != b"abc":
        raise ValueError("\x1b[2J" + content.decode("latin-1"))


def _refuses(folder: Path) -> None:
    content = (folder / "a.txt").read_bytes()
    if content != b"abc":
        raise DkpError("a.txt is damaged", "restore it")


def _lies(folder: Path) -> bytes:
    return (folder / "a.txt").read_bytes()


def _is_abc(value: object) -> None:
    assert value == b"abc"


def _outcome(read: object, tmp_path: Path, inputs: int = 40) -> Outcome:
    def make(folder: Path) -> list[Path]:
        return written(folder, {"a.txt": b"abc"})

    check = _is_abc if read is _lies else None
    reader = Reader("made up", (), make, read, errors=(ValueError, DkpError), check=check)  # type: ignore[arg-type]
    return fuzz([reader], seed=1, seconds=20, inputs=inputs, keep=tmp_path / "kept")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(
    ("read", "fault"),
    [
        (_unchecked, ""),
        (_ends, "the process ended with -9"),
        (_hangs, "more than 2.0 s at test_fuzz.py"),
        (_shouts, "an unfit message: characters of the kind Cc"),
        (_lies, "AssertionError at test_fuzz.py"),
    ],
)
def test_what_a_reader_must_not_do_is_found_and_kept(tmp_path: Path, read: object, fault: str) -> None:
    started = time.monotonic()
    outcome = _outcome(read, tmp_path, inputs=1 if read is _hangs else 40)
    faults = [fault for _, fault in outcome.findings]
    assert any(found.startswith(fault) for found in faults) == bool(fault), "a ValueError is a documented error"
    why = {path.name for path in (tmp_path / "kept").glob("*-why.txt")}
    damaged = {path.name for path in (tmp_path / "kept").glob("*.txt")} - why
    assert {name.replace("-why", "") for name in why} == damaged
    assert len(why) >= len(set(faults))
    assert time.monotonic() - started < 20


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_the_same_seed_gives_the_same_inputs(tmp_path: Path) -> None:
    kept = []
    for name in ("one", "two"):
        _outcome(_lies, tmp_path / name)
        kept.append(sorted(path.name for path in (tmp_path / name / "kept").iterdir()))
    assert kept[0] == kept[1]
    assert not _outcome(_refuses, tmp_path).findings


@pytest.mark.slow
def test_no_damaged_file_brings_a_reader_down(repository: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fuzz", "--seconds", "20", "--seed", "0", "--keep", tmp_path / "kept"]
    path = os.pathsep.join(map(str, (repository / "tests", repository / "tests" / "fixtures")))
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    kept = [path.read_text(encoding="utf-8") for path in sorted((tmp_path / "kept").glob("*-why.txt"))]
    assert done.returncode == 0, "\n".join([done.stdout, done.stderr[-3000:], *kept[:5]])
    assert "0 kinds of findings" in done.stdout
