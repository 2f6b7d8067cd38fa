"""What the tests share: the hypothesis profile, data real and made up, the command line, skipping without a GPU."""

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from made_up import make_record
from typer.testing import CliRunner, Result

from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import Record
from dkp_bench.studies.study import study_files

pytest_plugins = ["reported_runs"]

settings.register_profile("dkp-bench", deadline=None)
settings.load_profile("dkp-bench")

REPOSITORY = Path(__file__).parents[1]
FIXTURES = Path(__file__).parent / "fixtures"
SMALL_DATASETS = FIXTURES / "small_datasets"
DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
"""One of them is there where NVIDIA's driver is; the second one under WSL."""


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the working tree."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real data; a test that asks for it is skipped where there is none."""
    folder = Path(os.environ.get("DKP_BENCH_REAL_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; name its folder in DKP_BENCH_REAL_DATA")
    return folder


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with a file of ``golden/`` beside the test; ``DKP_BENCH_UPDATE_GOLDEN=1`` rewrites the file."""
    folder = request.path.parent / "golden"

    def check(name: str, text: str) -> None:
        path = folder / name
        if os.environ.get("DKP_BENCH_UPDATE_GOLDEN") == "1":
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return check


@pytest.fixture(scope="session")
def publish(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Path]:
    """Puts a miniature of a dataset's files in their published layout into a folder, and returns the folder."""

    @cache
    def written(name: str) -> Path:
        path = FIXTURES / "published" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"published_{path.stem}", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        folder = tmp_path_factory.mktemp("published") / name
        module.publish(folder)
        return folder

    return lambda name, folder: Path(shutil.copytree(written(name), folder, dirs_exist_ok=True))


@pytest.fixture(scope="session", autouse=True)
def only_what_is_here() -> Iterator[None]:
    """Lets commands see stored baselines and published numbers of the current folder, not those of this checkout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dkp_bench.shipped.own_checkout", lambda: None)
        # Of this checkout's studies, which come and go, reports have the register alone; of any other folder's, all.
        patch.setattr("dkp_bench.report.data.study_files", lambda: _some(study_files()))
        yield


def _some(studies: Mapping[str, Path]) -> dict[str, Path]:
    return {name: path for name, path in studies.items() if name == "register" or Path.cwd() != REPOSITORY}


@pytest.fixture
def small_datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the datasets ``squares`` and ``flat-squares`` be found."""
    import dkp_bench.datasets

    monkeypatch.setattr(dkp_bench.datasets, "__path__", [*dkp_bench.datasets.__path__, str(SMALL_DATASETS)])


@pytest.fixture
def own_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets ``own_method:Corner`` and its siblings be found."""
    monkeypatch.syspath_prepend(FIXTURES)


@pytest.fixture
def fixtures_in_workers(
    small_datasets: None, own_methods: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lets ``squares`` and ``own_method:Corner`` be found here and in the worker processes of a plan."""
    site = tmp_path_factory.mktemp("site")
    lines = "import dkp_bench.datasets", f"dkp_bench.datasets.__path__.append({str(SMALL_DATASETS)!r})"
    (site / "sitecustomize.py").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (site, REPOSITORY, FIXTURES))))


@pytest.fixture(scope="session")
def call() -> Callable[..., Result]:
    """Calls ``dkp-bench`` with some arguments in this process, on a terminal of 80 columns."""
    from dkp_bench.cli import app

    def invoke(*arguments: str | Path) -> Result:
        words, terminal = [str(argument) for argument in arguments], {"COLUMNS": "80", "TERM": "dumb"}
        return CliRunner().invoke(app, words, prog_name="dkp-bench", env=terminal, catch_exceptions=False)

    return invoke


@pytest.fixture(scope="session")
def record() -> Callable[..., Record]:
    """Makes a record with fixed numbers."""
    return make_record


@pytest.fixture(scope="session")
def run() -> Callable[..., Run]:
    """Makes a run in memory: the arguments are those of a record."""

    def make(*args: Any, **changes: Any) -> Run:
        return Run(Path("nowhere/dataset/profile/method/seed"), make_record(*args, **changes))

    return make


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what measures, and let files with slow tests come first: begun last, one would keep a process alone."""
    for item in items:
        if "benchmark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.bench)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Show the GPU to tests marked ``gpu`` or ``bench``: others, and what they start, give the CPU's numbers."""
    needs_it, measures = (item.get_closest_marker(name) is not None for name in ("gpu", "bench"))
    if not (needs_it or any(driver.exists() for driver in DRIVERS)):
        return
    import torch

    is_available, devices = _gpu_as_it_is()
    if needs_it and not is_available():
        pytest.skip("needs a CUDA device")
    shown = needs_it or measures
    torch.cuda.is_available = is_available if shown else lambda: False
    if shown and devices is None:
        os.environ.pop("CUDA_VISIBLE_DEVICES", None)
    else:
        os.environ["CUDA_VISIBLE_DEVICES"] = devices if shown else ""


@cache
def _gpu_as_it_is() -> tuple[Callable[[], bool], str | None]:
    """How this process finds out whether there is a GPU, and which ones it was given; asked before any is hidden."""
    import torch

    torch.cuda.is_available()  # CUDA reads the variable at the first question and never again
    return torch.cuda.is_available, os.environ.get("CUDA_VISIBLE_DEVICES")
