"""Writing the report of a folder of runs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dkp_bench.errors import DkpError
from dkp_bench.report.write import write_report
from dkp_bench.runs.schema import Record

Save = Callable[[Path, Record], Path]


@pytest.fixture
def runs(tmp_path: Path, record: Callable[..., Record], save: Save, sample_arrays: dict[str, Any]) -> Path:
    for seed in (0, 1):
        for method in ("autolink", "distill_dkp"):
            folder = save(tmp_path / "runs", record(method, 8.0 - seed, dataset="mannequin", seed=seed))
            np.savez(folder / "samples.npz", **sample_arrays)
    return tmp_path / "runs"


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_inputs_give_the_same_files(runs: Path, repository: Path, tmp_path: Path) -> None:
    published = repository / "results" / "published.toml"
    path = write_report(runs, published, tmp_path / "a")
    write_report(runs, published, tmp_path / "b")
    assert path == tmp_path / "a" / "report.html"
    written = files(tmp_path / "a")
    assert written == files(tmp_path / "b")
    assert {
        "report.html",
        "report.md",
        "report.tex",
        "figures/results.svg",
        "figures/results.png",
        "figures/ablation.svg",
    } <= written.keys()
    assert any(name.endswith(".png") for name in written)


def test_the_pictures_of_the_markdown_are_there(runs: Path, repository: Path, tmp_path: Path) -> None:
    out = write_report(runs, repository / "results" / "published.toml", tmp_path / "out").parent
    names = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (out / "report.md").read_text(encoding="utf-8"))
    assert names
    assert all((out / name).is_file() for name in names)


def test_each_table_is_a_file_and_those_of_an_earlier_report_go(runs: Path, repository: Path, tmp_path: Path) -> None:
    published, out = repository / "results" / "published.toml", tmp_path / "out"
    write_report(runs, published, out)
    before = {path.name for path in (out / "tables").iterdir()}
    own = out / "tables" / "my--own.tex"
    own.write_text("% mine", encoding="utf-8")
    named = re.findall(r"\\input\{tables/(.*?)\}", (out / "report.tex").read_text(encoding="utf-8"))
    assert before == {f"{name}.tex" for name in named}
    write_report(tmp_path / "nowhere", published, out)
    after = {path.name for path in (out / "tables").iterdir()}
    assert own.name in after
    assert after - {own.name} < before


def test_no_runs_at_all(tmp_path: Path, repository: Path) -> None:
    path = write_report(tmp_path / "nowhere", repository / "results" / "published.toml", tmp_path / "out")
    assert "Nothing measured yet." in path.read_text(encoding="utf-8")


def test_a_damaged_record_stops_the_report_and_leaves_the_old_one(runs: Path, repository: Path, tmp_path: Path) -> None:
    published = repository / "results" / "published.toml"
    write_report(runs, published, tmp_path / "out")
    before = files(tmp_path / "out")
    damaged = next(iter(sorted(runs.rglob("record.json"))))
    damaged.write_text("{", encoding="utf-8")
    with pytest.raises(DkpError, match=re.escape(str(damaged))):
        write_report(runs, published, tmp_path / "out")
    assert files(tmp_path / "out") == before
