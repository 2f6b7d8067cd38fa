"""docs/notebook.md: its code runs as it stands, one block after the other, on a few images."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dkp_bench
from dkp_bench.datasets.mannequin.dataset import COUNTS

DOCUMENT = Path(__file__).parents[2] / "docs" / "notebook.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
FEW = {"train": 24, "regression": 40, "test": 16}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the blocks have defined after all of them ran, in a folder where Mannequin is small."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("notebook")
        patch.chdir(folder)
        patch.setenv("DKP_BENCH_CACHE", str(folder / "cache"))
        for split, count in FEW.items():
            patch.setitem(COUNTS, split, count)
        dkp_bench.run(dkp_bench.RunSpec("mannequin", "mean_pose"), runs="results/baselines")
        for block in (*BLOCKS, "again = dkp_bench.run(spec)"):
            exec(compile(block, DOCUMENT.name, "exec"), names)
    return names


def test_shapes_and_ranges_are_those_it_states(names: dict[str, Any]) -> None:
    assert (names["picture"].shape, names["picture"].dtype) == ((64, 64, 3), np.uint8)
    assert (names["depth"].shape, names["depth"].dtype) == ((64, 64), np.float32)
    assert names["joints"].shape == (17, 2)
    assert names["points"].shape == (1, 4, 2)
    assert names["pairs"].shape == (2, 6)
    assert names["edges"].shape == (1, 64, 64)
    assert 0 <= names["edges"].min() <= names["edges"].max() <= 1


def test_it_trains_compares_and_scores(names: dict[str, Any]) -> None:
    assert names["run"].record.timings.steps == 5
    assert [run.record for run in names["mine"]] == [names["run"].record]
    assert [run.record.identity.method for run in names["stored"]] == ["mean_pose"]
    assert names["found"].name == "autolink"
    assert names["interval"].low < names["interval"].high
    assert (names["headline"].metric, names["headline"].unit) == ("mean_l2", "% of edge")


def test_what_was_run_is_reused(names: dict[str, Any]) -> None:
    assert names["again"].record == names["run"].record  # the time at which it finished is in it
