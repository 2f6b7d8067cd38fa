"""Whatever two files of a bundle are damaged together, both are named."""

import itertools
import shutil
from pathlib import Path

import pytest

from dkp_bench.bundle.bag import PAYLOAD, TAGS
from dkp_bench.bundle.bag_check import check_bag
from dkp_bench.bundle.untrusted import read_tree

FILES = ("bagit.txt", "bag-info.txt", PAYLOAD, "data/README.md", "data/published.toml")
DAMAGES = (b"\xff", b"\n\r", b"\x1b[2J", b"0")


@pytest.mark.parametrize("damage", DAMAGES)
def test_both_are_named(sound: Path, tmp_path: Path, damage: bytes) -> None:
    bundle = Path(shutil.copytree(sound, tmp_path / sound.name))
    for pair in itertools.combinations(FILES, 2):
        for name in pair:
            content = (sound / name).read_bytes()
            (bundle / name).write_bytes(content[:40] + damage + content[40 + len(damage) :])
        named = {problem.file for problem in check_bag(read_tree(bundle), lambda *_: None)}
        assert set(pair) <= named
        for name in pair:
            shutil.copyfile(sound / name, bundle / name)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_list_of_tag_files_hides_no_other_damage(bundle: Path, damage: bytes) -> None:
    for name, at in ((TAGS, -3), ("bag-info.txt", 3)):
        content = (bundle / name).read_bytes()
        (bundle / name).write_bytes(content[:at] + damage + content[at:])
    problems = check_bag(read_tree(bundle), lambda *_: None)
    assert "bag-info.txt" in {problem.file for problem in problems}
    assert any(TAGS in f"{problem.file} {problem.what}" for problem in problems)
