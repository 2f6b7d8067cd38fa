"""Reading never writes: a look at a run, a stored result or a bundle changes not a byte of it."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import Result

from dkp_bench.bundle.bag import write_bag
from dkp_bench.files import write_json
from dkp_bench.runs.run import load_runs

Call = Callable[..., Result]
TRAIN = ("train", "untrained", "squares", "--seeds", "0,1")


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, call: Call) -> Iterator[Path]:
    """Runs, the same as stored baselines, and those in a bag; all scores are off by what another processor rounds."""
    folder, results = tmp_path_factory.mktemp("reading"), Path("results")
    with pytest.MonkeyPatch.context() as patch:
        import dkp_bench.datasets

        small = Path(__file__).parents[1] / "fixtures" / "small_datasets"
        patch.setattr(dkp_bench.datasets, "__path__", [*dkp_bench.datasets.__path__, str(small)])
        patch.chdir(folder)
        assert call(*TRAIN).exit_code == 0
        for run in load_runs(results):
            _round_otherwise(run.path / "record.json")
        assert call("store").exit_code == 0
        shutil.copytree(results / "baselines", folder / "bundle" / "data" / "baselines")
        write_bag(folder / "bundle", {})
        (folder / "photographs").mkdir()
        cv2.imwrite(str(folder / "photographs" / "a.png"), np.zeros((64, 64, 3), np.uint8))
        yield folder


def _round_otherwise(record: Path) -> None:
    content = json.loads(record.read_bytes())
    content["provenance"]["git_clean"] = True
    for score in content["scores"]:
        score["value"] *= 1 + 1e-14
    write_json(record, content)


def state(*roots: str) -> dict[Path, tuple[int, bytes]]:
    """Content and time of change of everything there; a folder's time tells of files that came and went."""
    paths = [path for root in roots for path in (Path(root), *Path(root).rglob("*"))]
    return {path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in paths}


RUN, STORED, BUNDLED = "results/runs", "results/baselines", "bundle/data/baselines"


@pytest.mark.parametrize(
    ("code", "command"),
    [
        *((0, ("score", f"{root}/SEED")) for root in (RUN, STORED, BUNDLED)),
        *(
            (0, ("compare", f"{root}/SEED/record.json", "--against", "untrained", "--out", "out"))
            for root in (RUN, STORED, BUNDLED)
        ),
        *((0, ("predict", f"{root}/SEED", "photographs", "--out", "out")) for root in (RUN, STORED, BUNDLED)),
        *((2, ("redraw", f"{root}/SEED")) for root in (STORED, BUNDLED)),
        *((2, ("score", f"{root}/SEED", "--update")) for root in (STORED, BUNDLED)),
        *((None, ("verify", path)) for path in ("bundle", STORED, RUN)),
        (0, TRAIN),
        (0, ("check-baselines", "squares", "--methods", "untrained", "--runs", "out")),
        (0, ("score", f"{RUN}/SEED/predictions.npz", "--dataset", "squares", "--runs", "out")),
        *((None, ("cite", path)) for path in ("bundle",)),
        (0, ("list",)),
    ],
    ids=lambda value: "-".join(value[:2]).replace("/", ".") if isinstance(value, tuple) else None,
)
def test_nothing_is_written(code: int | None, command: tuple[str, ...], call: Call, workplace: Path) -> None:
    shutil.rmtree("out", ignore_errors=True)
    seed = load_runs(Path(RUN))[0].path.relative_to(RUN).as_posix()
    before = state("results", "bundle", "photographs")
    answer = call(*(word.replace("SEED", seed) for word in command))
    assert code is None or answer.exit_code == code, answer.output
    assert state("results", "bundle", "photographs") == before
