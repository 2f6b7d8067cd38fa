"""Making a bundle: the same commit gives the same bytes, and nothing enters that nobody could make again."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from miniature import DATE, build_once, commit, git, make_annotations, make_checkout

from dkp_bench.bundle import freeze as freezing
from dkp_bench.bundle.bag import read_info
from dkp_bench.bundle.checkout import open_checkout
from dkp_bench.bundle.freeze import NAMED, Frozen, freeze
from dkp_bench.errors import DkpError
from dkp_bench.report import Report
from dkp_bench.runs.annotations import write_annotations

MakeBundle = Callable[[Path, Path], Path]


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def frozen(checkout: Path, out: Path, version: str = "v1.0") -> Frozen:
    return freeze(open_checkout(checkout / "dkp_bench"), version, out, lambda *_: None)


@pytest.fixture(scope="module")
def build() -> Callable[..., Report]:
    return build_once()


@pytest.fixture
def own(checkout: Path, tmp_path: Path, build: Callable[..., Report], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that a test may change; its report is made once for all tests."""
    monkeypatch.setattr(freezing, "build_report", build)
    return Path(shutil.copytree(checkout, tmp_path / "repository"))


def test_it_holds_what_was_stored_as_it_is(checkout: Path, sound: Path) -> None:
    bundle, stored = content(sound / "data"), content(checkout / "results" / "baselines")
    assert {name: bundle[f"baselines/{name}"] for name in stored} == stored
    assert len([name for name in bundle if name.startswith("baselines/")]) == len(stored)
    sources = {"published.toml": "results/published.toml", "pins.txt": ".ci/pins.txt", "CITATION.cff": "CITATION.cff"}
    assert all(bundle[name] == (checkout / source).read_bytes() for name, source in sources.items())
    assert {"report/report.html", "report/report.md", "report/report.tex", "README.md"} <= bundle.keys()
    assert any(name.startswith("report/figures/") for name in bundle)


def test_its_dates_are_those_of_the_commit(checkout: Path, sound: Path) -> None:
    info = read_info(sound)
    assert info["Bagging-Date"] == datetime.fromisoformat(DATE).astimezone(UTC).date().isoformat()
    assert info["Git-Commit"] == git(checkout, "rev-parse", "HEAD").strip()


def test_the_same_commit_gives_the_same_bytes_anywhere(sound: Path, tmp_path: Path) -> None:
    """Another folder, process, hash seed, locale, time zone, umask and clock."""
    checkout = make_checkout(tmp_path / "elsewhere" / "ä b")
    code = """if True:
        import os, sys
        from pathlib import Path
        from dkp_bench.bundle.checkout import open_checkout
        from dkp_bench.bundle.freeze import freeze
        os.umask(0o077)
        freeze(open_checkout(Path(sys.argv[1]) / "dkp_bench"), "1.0", Path(sys.argv[2]), lambda *_: None)
    """
    settings = {"PYTHONHASHSEED": "12345", "LC_ALL": "C", "TZ": "Asia/Tokyo", "PYTHONUTF8": "0"}
    paths = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-c", code, str(checkout), str(tmp_path / "out")]
    subprocess.run(command, env={**os.environ, **settings, "PYTHONPATH": paths}, check=True)
    assert content(tmp_path / "out" / sound.name) == content(sound)


def test_anybody_may_read_it(sound: Path) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (sound, *sound.rglob("*"))}
    assert modes == {0o755, 0o644}


def test_nothing_in_it_says_where_it_was_made(sound: Path, checkout: Path) -> None:
    places = [str(checkout).encode(), str(sound.parent).encode()]
    assert [name for name, text in content(sound).items() if any(place in text for place in places)] == []


def test_again_it_is_left_alone(own: Path) -> None:
    out = own / "results" / "bundles"
    first, second = frozen(own, out), frozen(own, out, "1.0")
    assert (first.new, second.new) == (True, False)
    assert (first.manifest, first.files, first.size) == (second.manifest, second.files, second.size)
    assert [path.name for path in out.iterdir()] == ["dkp-bench-results-1.0"]


def test_a_version_that_another_commit_has_is_refused_before_any_work(
    own: Path, tmp_path: Path, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / sound.name
    shutil.copytree(sound, taken)
    info = taken / "bag-info.txt"
    info.write_text(re.sub(r"Git-Commit: \w+", f"Git-Commit: {'0' * 40}", info.read_text(encoding="utf-8")))
    monkeypatch.setattr("dkp_bench.bundle.freeze.check_results", None)
    with pytest.raises(DkpError, match="is there already, made from commit 000000000000"):
        frozen(own, tmp_path)


def test_another_bundle_of_that_version_is_never_replaced(own: Path, tmp_path: Path) -> None:
    made = frozen(own, tmp_path / "out").path
    damaged = made / "data" / "README.md"
    damaged.write_bytes(damaged.read_bytes().replace(b"dkp", b"DKP"))
    before = content(made)
    with pytest.raises(DkpError, match="is there already and is not what this commit gives"):
        frozen(own, tmp_path / "out")
    (own / "new.txt").touch()
    commit(own)
    with pytest.raises(DkpError, match=r"is there already, made from commit [0-9a-f]{12}; this is [0-9a-f]{12}\n"):
        frozen(own, tmp_path / "out")
    assert content(made) == before


@pytest.mark.parametrize("file", ["CITATION.cff", "results/baselines/extra.txt", "ünew.txt", "results/bundles/old/a"])
def test_an_unclean_checkout_is_refused(own: Path, file: str) -> None:
    (own / file).parent.mkdir(parents=True, exist_ok=True)
    with (own / file).open("a", encoding="utf-8") as opened:
        opened.write("# more\n")
    with pytest.raises(DkpError, match=f"not clean: 1 of its files are not as in the commit\n{re.escape(file)}\n"):
        frozen(own, own / "results" / "bundles")


def test_a_long_list_of_changes_is_cut(own: Path, tmp_path: Path) -> None:
    for number in range(NAMED + 5):
        (own / f"{number}.txt").touch()
    with pytest.raises(DkpError, match="… and 5 more\n"):
        frozen(own, tmp_path)


def test_what_git_ignores_does_not_enter(own: Path, tmp_path: Path, sound: Path) -> None:
    (own / ".git" / "info").mkdir(exist_ok=True)
    (own / ".git" / "info" / "exclude").write_text("*.ignored\n", encoding="utf-8")
    (own / "results" / "baselines" / "a.ignored").touch()
    assert content(frozen(own, tmp_path).path) == content(sound)


def test_line_ends_of_another_system_do_not_enter(own: Path, tmp_path: Path, sound: Path) -> None:
    git(own, "config", "core.autocrlf", "true")
    assert content(frozen(own, tmp_path).path) == content(sound)


def test_outside_a_checkout_it_refuses(tmp_path: Path) -> None:
    (tmp_path / "dkp_bench").mkdir()
    with pytest.raises(DkpError, match="is not in a git checkout"):
        open_checkout(tmp_path / "dkp_bench")


def test_a_package_that_git_does_not_know_is_refused(own: Path) -> None:
    copied = Path(shutil.copytree(own / "dkp_bench", own / "vendored"))
    with pytest.raises(DkpError, match="vendored is not in a git checkout"):
        open_checkout(copied)


@pytest.mark.parametrize(
    "version", ["", "v", "1", "one", "1.0.0.0", "01.0", "1.0-rc1", "../1.0", "1.0/", "1.0\n", "١.٠"]
)
def test_a_version_is_two_or_three_numbers(own: Path, version: str, tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=r"is not a version of a bundle\nwrite it as v1\.0"):
        frozen(own, tmp_path, version)


def test_a_stored_score_that_does_not_recompute_is_refused(own: Path, tmp_path: Path) -> None:
    path = next((own / "results" / "baselines").rglob("seed1-*/record.json"))
    record = json.loads(path.read_text(encoding="utf-8"))
    record["scores"][0]["value"] -= 1e-3
    path.write_text(json.dumps(record), encoding="utf-8")
    commit(own)
    name = path.relative_to(own).as_posix()
    with pytest.raises(DkpError, match=f"not sound\n{name}: no-swap.intercept mean_l2 is "):
        frozen(own, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["results/baselines", "CITATION.cff", ".ci/pins.txt"])
def test_what_the_commit_lacks_is_named(own: Path, tmp_path: Path, name: str) -> None:
    git(own, "rm", "-r", "--quiet", name)
    commit(own)
    with pytest.raises(DkpError, match=f"the commit [0-9a-f]{{12}} has no {name}\n"):
        frozen(own, tmp_path / "out")


def test_without_a_run_there_is_nothing_to_freeze(own: Path, tmp_path: Path) -> None:
    stored = own / "results" / "baselines"
    shutil.rmtree(stored)
    write_annotations(stored, make_annotations())
    commit(own)
    with pytest.raises(DkpError, match="there is no stored run in results/baselines"):
        frozen(own, tmp_path / "out")


def test_what_no_record_names_does_not_enter(own: Path, tmp_path: Path) -> None:
    (own / "results" / "baselines" / "notes.txt").touch()
    commit(own)
    with pytest.raises(DkpError, match=r"not sound\nresults/baselines/notes\.txt: was added; no record"):
        frozen(own, tmp_path / "out")


def test_a_symbolic_link_is_refused(own: Path, tmp_path: Path) -> None:
    (own / "results" / "baselines" / "link").symlink_to("/etc/hostname")
    commit(own)
    with pytest.raises(DkpError, match="results/baselines/link is not a plain file"):
        frozen(own, tmp_path / "out")
