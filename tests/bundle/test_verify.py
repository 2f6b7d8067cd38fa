"""Verifying a bundle: each damage is named, and the library of the Library of Congress finds it too."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.bundle import bag, untrusted
from dkp_bench.bundle.verify import verify
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256

Problems = Callable[[Path], dict[str, str]]
Reseal = Callable[[Path], None]
RECORD = "data/baselines/dots/tiny/autolink/seed1-00000001/record.json"
MANIFEST, TAGS = "manifest-sha256.txt", "tagmanifest-sha256.txt"


def silent(what: str, done: int, total: int, note: str = "") -> None:
    pass


def oracle_accepts(bundle: Path) -> bool:
    try:
        return bool(bagit.Bag(str(bundle)).validate())
    except (bagit.BagError, UnicodeError, ValueError, OSError):
        return False


def files(bundle: Path) -> list[str]:
    return sorted(path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file())


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")


def edit_record(bundle: Path, change: Callable[[dict[str, object]], None]) -> None:
    record = json.loads((bundle / RECORD).read_text(encoding="utf-8"))
    change(record)
    (bundle / RECORD).write_text(json.dumps(record), encoding="utf-8")


def test_a_sound_bundle_has_no_problem_and_is_left_as_it_is(sound: Path) -> None:
    before = {name: ((sound / name).read_bytes(), (sound / name).stat().st_mtime_ns) for name in files(sound)}
    verdict = verify(sound, silent)
    assert verdict.problems == ()
    assert (verdict.bundle, verdict.files, verdict.runs, verdict.scores) == (True, len(before), 3, 24)
    assert {name: ((sound / name).read_bytes(), (sound / name).stat().st_mtime_ns) for name in files(sound)} == before
    assert oracle_accepts(sound)


@pytest.fixture(scope="module")
def flipped(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy whose files are damaged one at a time and mended again."""
    return Path(shutil.copytree(sound, tmp_path_factory.mktemp("flipped") / sound.name))


@settings(max_examples=100)
@given(data=st.data())
def test_any_changed_byte_is_found_and_its_file_named(flipped: Path, problems: Problems, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(files(flipped)))
    path = flipped / name
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    try:
        path.write_bytes(content[:place] + bytes([byte]) + content[place + 1 :])
        found = problems(flipped)
        assert found
        assert name in found or (name == TAGS and any(TAGS in what for what in found.values()))
        if name not in (MANIFEST, TAGS):
            assert not oracle_accepts(flipped)
    finally:
        path.write_bytes(content)


@settings(max_examples=25)
@given(data=st.data())
def test_a_cut_file_is_named(flipped: Path, problems: Problems, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(files(flipped)))
    content = (flipped / name).read_bytes()
    try:
        (flipped / name).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
        found = problems(flipped)
        assert name in found or (name == TAGS and any(TAGS in what for what in found.values()))
    finally:
        (flipped / name).write_bytes(content)


def test_each_missing_file_is_named(flipped: Path, problems: Problems) -> None:
    for name in files(flipped):
        content = (flipped / name).read_bytes()
        (flipped / name).unlink()
        assert "is missing" in problems(flipped)[name]
        (flipped / name).write_bytes(content)
    assert problems(flipped) == {}


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db"])
def test_what_a_file_manager_leaves_is_accepted_beside_the_tag_files_alone(
    bundle: Path, problems: Problems, name: str
) -> None:
    (bundle / name).write_bytes(b"icons")
    assert problems(bundle) == {}
    assert oracle_accepts(bundle)
    (bundle / "data" / name).write_bytes(b"icons")
    assert "was added" in problems(bundle)[f"data/{name}"]
    assert not oracle_accepts(bundle)


@pytest.mark.parametrize("name", ["data/extra.txt", "data/baselines/objects/.hidden", "data/report/ä", "extra.txt"])
def test_an_added_file_is_named(bundle: Path, problems: Problems, name: str) -> None:
    (bundle / name).touch()
    assert re.match(r".*was added; (tag)?manifest-sha256\.txt does not list it", problems(bundle)[name])
    assert oracle_accepts(bundle) is (name == "extra.txt")  # BagIt leaves other tag files to the bag; we do not


@pytest.mark.parametrize("path", ["../outside.txt", "/etc/hostname", "~/x", "data/../../x", "C:/x", "data\\..\\x"])
def test_a_path_that_climbs_out_is_named_and_not_read(bundle: Path, problems: Problems, path: str) -> None:
    (bundle.parent / "outside.txt").write_text("secret", encoding="utf-8")
    with (bundle / MANIFEST).open("a", encoding="utf-8") as listed:
        listed.write(f"{'0' * 64}  {path}\n")
    found = problems(bundle)
    assert found[path].startswith(f"{MANIFEST}, line ")
    assert found[MANIFEST] == f"its content is not what {TAGS} says"
    assert not oracle_accepts(bundle)


def test_an_oversized_manifest_is_named(bundle: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bag, "LARGEST", 3000)
    assert problems(bundle) == {MANIFEST: "has more than 3,000 bytes"}


def test_too_many_files_are_not_looked_at(bundle: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted, "MOST_FILES", 10)
    assert list(problems(bundle).values()) == ["is one of more than 10 files"]


@pytest.mark.parametrize("target", ["/etc/hostname", "nowhere", "../../bagit.txt"])
@pytest.mark.parametrize("name", ["bagit.txt", "data/baselines", RECORD, "data/new", MANIFEST])
def test_a_symbolic_link_is_refused(bundle: Path, problems: Problems, name: str, target: str) -> None:
    path = bundle / name
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(target)
    assert problems(bundle) == {name: "is a symbolic link; there must be plain files alone"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
@pytest.mark.parametrize("name", ["bagit.txt", "data/pins.txt"])
def test_a_pipe_does_not_hold_it_up(bundle: Path, problems: Problems, name: str) -> None:
    (bundle / name).unlink()
    os.mkfifo(bundle / name)
    assert problems(bundle) == {name: "is neither a file nor a folder; there must be plain files alone"}


@pytest.mark.parametrize(
    "declared",
    [
        "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n",
        "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n",
        "\ufeffBagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "",
        "BagIt-Version: 1.0\n" + "x" * 10_000,
    ],
)
def test_another_kind_of_bag_is_refused(bundle: Path, problems: Problems, declared: str) -> None:
    tags = (bundle / TAGS).read_text(encoding="utf-8")
    (bundle / "bagit.txt").write_text(declared, encoding="utf-8")
    digest = sha256(bundle / "bagit.txt")
    (bundle / TAGS).write_text(re.sub(".{64}(?=  bagit.txt)", digest, tags), encoding="utf-8")
    found = problems(bundle)
    assert list(found) == ["bagit.txt"]
    assert re.match("does not declare what dkp-bench reads|has more than 1,000 bytes", found["bagit.txt"])


@pytest.mark.parametrize("name", ["manifest-md5.txt", "tagmanifest-sha512.txt", "manifest-crc32.txt"])
def test_an_unknown_kind_of_manifest_is_named(bundle: Path, problems: Problems, name: str) -> None:
    (bundle / name).write_text("", encoding="utf-8")
    assert "an unknown kind of manifest" in problems(bundle)[name]


def test_files_to_be_fetched_are_refused(bundle: Path, problems: Problems) -> None:
    (bundle / "fetch.txt").write_text("http://example.org/x - data/x\n", encoding="utf-8")
    assert "files to be fetched from elsewhere are not accepted" in problems(bundle)["fetch.txt"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Payload-Oxum: ", "Payload-Oxum: 1", r"the Payload-Oxum is 1\d+\.\d+; data/ has \d+\.\d+"),
        ("Payload-Oxum: ", "Payload-Size: ", "the Payload-Oxum is None"),
        ("Git-Commit: ", "Bundle-Version: ", "is not a new label"),
        ("Git-Commit: ", "Git-Commit", "is not a new label"),
        ("Git-Commit: ", "Git-Commit: " + "x" * 70_000, "has more than 65,536 bytes"),
    ],
)
def test_what_the_bag_says_of_itself_is_checked(
    bundle: Path, problems: Problems, old: str, new: str, says: str
) -> None:
    edit(bundle / "bag-info.txt", old, new)
    assert re.search(says, problems(bundle)["bag-info.txt"])


def test_two_files_that_differ_in_case_alone_are_named(bundle: Path, problems: Problems, reseal: Reseal) -> None:
    (bundle / "data" / "PINS.txt").touch()
    reseal(bundle)
    assert "in case alone" in problems(bundle)["data/pins.txt"]


def test_a_wrong_score_is_named_though_every_hash_is_right(bundle: Path, problems: Problems, reseal: Reseal) -> None:
    def improve(record: dict[str, object]) -> None:
        record["scores"][0]["value"] *= 1 - 1e-6  # type: ignore[index]

    edit_record(bundle, improve)
    reseal(bundle)
    found = problems(bundle)
    assert list(found) == [RECORD]
    assert found[RECORD].startswith("no-swap+intercept mean_l2 is ")
    assert oracle_accepts(bundle)


@pytest.mark.parametrize("name", ["evil.sh", "dots/tiny/autolink/seed1-00000001/weights.pt", "objects/a/b.npz"])
def test_what_no_record_names_is_named_though_every_hash_is_right(
    bundle: Path, problems: Problems, reseal: Reseal, name: str
) -> None:
    path = bundle / "data" / "baselines" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"#!/bin/sh\n")
    reseal(bundle)
    assert "was added; no record and no annotations" in problems(bundle)[f"data/baselines/{name}"]
    assert oracle_accepts(bundle)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("bag-info.txt", "Git-Commit: ", "Git-Commit: main or ", "is not a git commit"),
        ("bag-info.txt", "Bundle-Version: ", "Version: ", "has no 'Bundle-Version'"),
        ("bag-info.txt", "Bagging-Date: 2026", "Bagging-Date: 20x6", "is not a day"),
        ("data/CITATION.cff", "authors:", "people:", "is not a citation file: authors: Field required"),
    ],
)
def test_a_bundle_that_cannot_be_cited_is_named_though_every_hash_is_right(
    bundle: Path, problems: Problems, reseal: Reseal, file: str, old: str, new: str, says: str
) -> None:
    edit(bundle / file, old, new)
    reseal(bundle)
    found = problems(bundle)
    assert list(found) == [file]
    assert says in found[file]


def test_a_bundle_without_runs_is_none(bundle: Path, problems: Problems, reseal: Reseal) -> None:
    shutil.rmtree(bundle / "data" / "baselines")
    (bundle / "data" / "ro-crate-metadata.json").unlink()
    reseal(bundle)
    found = problems(bundle)
    assert found["data/baselines"] == "is missing; there is nothing to compute scores from"
    assert found["data/ro-crate-metadata.json"] == "is missing; every bundle has it"


def test_a_name_that_is_not_utf8_is_named(bundle: Path, problems: Problems) -> None:
    name = os.fsdecode(b"data/\xff")
    (bundle / name).touch()
    assert "was added" in problems(bundle)[name]


def test_a_file_that_cannot_be_read_is_named(bundle: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> str:
        if path.name == "pins.txt":
            raise PermissionError(13, "Permission denied")
        return sha256(path)

    monkeypatch.setattr(untrusted, "sha256", refuse)
    assert problems(bundle) == {"data/pins.txt": "cannot be read: Permission denied"}


def test_a_folder_of_something_else_is_not_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a link").symlink_to(tmp_path)
    monkeypatch.setattr("dkp_bench.bundle.verify.read_tree", None)
    with pytest.raises(DkpError, match="is neither a bundle nor a results root"):
        verify(tmp_path, silent)


@pytest.mark.parametrize("name", ["nowhere", "bagit.txt", "data/report"])
def test_where_there_is_neither_bundle_nor_results_it_says_so(sound: Path, name: str) -> None:
    with pytest.raises(DkpError, match=r"there is no folder|is neither a bundle nor a results root"):
        verify(sound / name, silent)
