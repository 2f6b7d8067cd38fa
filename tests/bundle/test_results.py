"""Verifying a results root: schema, hashes and scores, whatever is in the files."""

import functools
import io
import json
import operator
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dkp_bench.array_files
from dkp_bench.bundle import untrusted
from dkp_bench.bundle import verify as checks
from dkp_bench.bundle.verify import verify
from dkp_bench.files import sha256

Problems = Callable[[Path], dict[str, str]]
RUN = "dots/tiny/autolink/seed1-00000001/record.json"
ANNOTATIONS = "annotations/dots-16px-0123abcd.json"


ABSENT = object()


def change(root: Path, where: str, value: Any, file: str = RUN) -> None:
    """Change one value of a JSON file, named as in ``scores/0/value``."""
    content = json.loads((root / file).read_text(encoding="utf-8"))
    *parents, last = (int(key) if key.isdecimal() else key for key in where.split("/"))
    parent = functools.reduce(operator.getitem, parents, content)
    if value is ABSENT:
        del parent[last]
    else:
        parent[last] = value
    (root / file).write_text(json.dumps(content), encoding="utf-8")


def put(root: Path, content: bytes) -> None:
    """Make the run's predictions some other bytes, all hashes regenerated."""
    record = json.loads((root / RUN).read_text(encoding="utf-8"))
    (root / "objects" / f"{record['files']['predictions.npz']}.npz").unlink()
    (root / "new").write_bytes(content)
    digest = sha256(root / "new")
    (root / "new").rename(root / "objects" / f"{digest}.npz")
    change(root, "files/predictions.npz", digest)


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def test_stored_results_are_sound(results: Path) -> None:
    verdict = verify(results, lambda *_: None)
    assert (verdict.bundle, verdict.runs, verdict.scores, verdict.problems) == (False, 3, 24, ())


def test_runs_where_they_were_made_are_checked_too(results: Path, problems: Problems) -> None:
    run = (results / RUN).parent
    digest = json.loads((results / RUN).read_text(encoding="utf-8"))["files"]["predictions.npz"]
    (results / "objects" / f"{digest}.npz").rename(run / "predictions.npz")
    assert problems(results) == {}
    (run / "predictions.npz").write_bytes(b"other")
    name = (run / "predictions.npz").relative_to(results).as_posix()
    assert problems(results) == {name: f"its content is not what {RUN} says"}


@pytest.mark.parametrize(
    ("where", "value", "says"),
    [
        ("scores", ABSENT, "not a valid record: scores: Field required"),
        ("schema_version", 99, "written with schema version 99"),
        ("scores/0/value", "better", "not a valid record: scores.0.value"),
        ("scores/0/value", 0.5, "no-swap+intercept mean_l2 is 0.5"),
        ("scores/0/per_joint/nose", 0.5, "no-swap+intercept mean_l2"),
        ("scores/0", ABSENT, "no-swap+intercept mean_l2 is not in the record"),
        ("scores/0/metric", "luck", "no-swap+intercept luck cannot be computed"),
        ("scores/0/unit", "px", "no-swap+intercept mean_l2"),
        ("identity/keypoints", 4, "says 4 keypoints; its predictions have 3"),
        ("identity/seed", 7, "is the record of another run, whose folder is dots/tiny/autolink/seed7-"),
        ("identity/method", "distill_dkp", "is the record of another run"),
        ("identity/dataset", "../../etc", "'../../etc' is not a plain name"),
        ("identity/dataset_hash", "/etc/passwd", "'/etc/passwd' is not a plain name"),
        ("files", {"../../x.npz": "0" * 64}, "'../../x.npz' is not a plain name"),
        ("files/predictions.npz", "../../../etc/passwd", "'../../../etc/passwd' is not a SHA-256"),
        ("path", "/etc", "path: Extra inputs are not permitted"),
        ("settings", {"rate": float("nan")}, "cannot be read as JSON"),
        ("overrides", {"rate": float("inf")}, "cannot be read as JSON"),
        ("provenance/command", "\ud800", "cannot be read as JSON"),
    ],
)
def test_a_wrong_record_is_named(results: Path, problems: Problems, where: str, value: Any, says: str) -> None:
    change(results, where, value)
    assert says in problems(results)[RUN]


def test_a_better_score_before_the_right_one_is_named(results: Path, problems: Problems) -> None:
    scores = json.loads((results / RUN).read_text(encoding="utf-8"))["scores"]
    change(results, "scores", [{**scores[0], "value": 0.001}, *scores])
    assert "no-swap+intercept mean_l2 is there 2 times" in problems(results)[RUN]


def test_a_record_that_nests_without_end_is_named(results: Path, problems: Problems) -> None:
    (results / RUN).write_text("[" * 100_000, encoding="utf-8")
    assert "cannot be read as JSON" in problems(results)[RUN]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no archive", "is not a file of predictions"),
        (npz(fit=np.zeros((20, 3, 2))), "is not a file of predictions: test"),
        (npz(fit=np.full((20, 3, 2), np.nan), test=np.zeros((12, 3, 2))), "is not finite"),
        (npz(fit=np.zeros((20, 3, 2)), test=np.zeros((11, 3, 2))), "there are 11 predictions for the test split"),
        (npz(fit=np.zeros((20, 3, 2)), test=np.zeros((12, 4, 2))), "its predictions have 3 and 4"),
        (npz(fit=np.array([{}], dtype=object), test=np.zeros(1)), "allow_pickle=False"),
        (npz(fit=np.full((20, 3, 2), 3e38), test=np.full((12, 3, 2), -3e38)), "not a position"),
    ],
)
def test_crafted_predictions_are_named(results: Path, problems: Problems, content: bytes, says: str) -> None:
    put(results, content)
    assert says in problems(results)[RUN]


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(
    results: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(results, npz(fit=np.zeros((10_000, 3, 2)), test=np.zeros((12, 3, 2))))
    monkeypatch.setattr(dkp_bench.array_files, "LARGEST", 100_000)
    assert problems(results).keys() == {RUN}
    assert re.search(r"its arrays would take 480,\d{3} bytes, more than 100,000", problems(results)[RUN])


def test_more_keypoints_than_memory_are_refused(
    results: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(untrusted, "MOST_KEYPOINTS", 2)
    assert problems(results)[RUN] == "has more than 2 keypoints"


def test_a_huge_record_is_not_read(results: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LARGEST_JSON", (results / RUN).stat().st_size)
    (results / RUN).write_text(" " * 100_000, encoding="utf-8")
    assert "no score was computed" in problems(results)[RUN]


def test_an_object_that_nothing_names_is_found(results: Path, problems: Problems) -> None:
    (results / "objects" / "note.txt").touch()
    assert "was added" in problems(results)["objects/note.txt"]


def test_an_object_under_another_name_is_found(results: Path, problems: Problems) -> None:
    path = next((results / "objects").iterdir())
    path.write_bytes(path.read_bytes() + b"x")
    assert "its content is not what its name says" in problems(results)[f"objects/{path.name}"]


def test_a_missing_object_is_named(results: Path, problems: Problems) -> None:
    digest = json.loads((results / RUN).read_text(encoding="utf-8"))["files"]["predictions.npz"]
    (results / "objects" / f"{digest}.npz").unlink()
    assert problems(results) == {f"objects/{digest}.npz": f"is missing; it is the predictions.npz of {RUN}"}


@pytest.mark.parametrize(
    ("where", "value", "says"),
    [
        ("joints", ABSENT, "not a valid file of annotations"),
        ("dataset", "other", "holds the annotations of other"),
        ("arrays", "0" * 64, "not the labels that"),
        ("arrays", "../../../etc/passwd", "arrays"),
        ("pairs", [[0, 99]], "there are 3 joints, but (0, 99) joins two"),
        ("protocols", [], "not a valid file of annotations"),
    ],
)
def test_wrong_annotations_are_named(results: Path, problems: Problems, where: str, value: Any, says: str) -> None:
    change(results, where, value, ANNOTATIONS)
    assert says in problems(results)[ANNOTATIONS]


@pytest.mark.parametrize(("where", "value"), [("joints", ["x", "x", "x"]), ("protocols", ["no such protocol"])])
def test_annotations_that_nothing_can_be_scored_with_are_named(
    results: Path, problems: Problems, where: str, value: Any
) -> None:
    change(results, where, value, ANNOTATIONS)
    assert RUN in problems(results)


def test_missing_annotations_are_named(results: Path, problems: Problems) -> None:
    (results / ANNOTATIONS).unlink()
    assert "is missing; the runs on this dataset cannot be scored" in problems(results)[ANNOTATIONS]


def test_a_seed_that_counts_twice_is_named(results: Path, problems: Problems) -> None:
    copied = (results / RUN).parent.with_name("seed1-copy")
    shutil.copytree((results / RUN).parent, copied)
    name = (copied / "record.json").relative_to(results).as_posix()
    assert problems(results) == {name: f"the same run is in {RUN} too"}
