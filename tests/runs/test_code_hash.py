"""The code hash follows the meaning of the code alone, and names the same code by the same digits on every Python."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dkp_bench.errors import DkpError
from dkp_bench.methods import Method, find_method
from dkp_bench.runs.code_hash import code_hash

SOURCE = '''
"""A method."""
from dkp_bench.baselines.mean_pose import MeanPose

class Own(MeanPose):
    """Own."""

    name = "own"
    summary = "own"

    def helper(self, x):
        # why
        return x + 1
'''


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[type[Method], Path]:
    """A method in a file of its own, and that file."""
    file = tmp_path / "hashed_method.py"
    file.write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "hashed_method", raising=False)
    return find_method("hashed_method:Own"), file


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# why", "# because"),
        ("        # why\n", ""),
        ('"""A method."""', '"""Another text."""'),
        ('    """Own."""\n\n', ""),
        ("x + 1", "(x  +\n            1)"),
        ("\nclass", "\n\n\n\nclass"),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(old: str, new: str, own: tuple[type[Method], Path]) -> None:
    method, file = own
    before = code_hash([method])
    assert SOURCE.replace(old, new) != SOURCE
    file.write_text(SOURCE.replace(old, new), encoding="utf-8")
    assert code_hash([method]) == before


@pytest.mark.parametrize(("old", "new"), [("x + 1", "x + 2"), ("x + 1", "x - 1"), ('"own"\n    s', '"mine"\n    s')])
def test_code_counts(old: str, new: str, own: tuple[type[Method], Path]) -> None:
    method, file = own
    before = code_hash([method])
    assert SOURCE.replace(old, new) != SOURCE
    file.write_text(SOURCE.replace(old, new), encoding="utf-8")
    assert code_hash([method]) != before


def test_the_code_of_what_a_method_derives_from_counts(own: tuple[type[Method], Path]) -> None:
    _, file = own
    file.with_name("base_of_hashed.py").write_text(SOURCE, encoding="utf-8")
    derived = "from base_of_hashed import Own as Base\nclass Own(Base):\n    pass\n"
    file.with_name("derived_of_hashed.py").write_text(derived, encoding="utf-8")
    child = find_method("derived_of_hashed:Own")
    before = code_hash([child])
    file.with_name("base_of_hashed.py").write_text(SOURCE.replace("x + 1", "x + 2"), encoding="utf-8")
    assert code_hash([child]) != before


def test_it_is_the_same_in_every_process() -> None:
    code = (
        "from dkp_bench.methods import find_method; from dkp_bench.runs.code_hash import code_hash;"
        "print(code_hash([find_method('mean_pose')]))"
    )
    start = [
        subprocess.Popen(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, text=True, stdout=subprocess.PIPE
        )
        for seed in ("0", "1")
    ]
    answers = {process.communicate()[0].strip() for process in start}
    assert answers == {code_hash([find_method("mean_pose")])}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (b"def f(:\n", "invalid syntax (line 1)"),
        (b"x = '\xff'\n", "(unicode error) 'utf-8' codec can't decode byte 0xff"),
        (b"x = 1\n\0\n", "source code string cannot contain null bytes"),
        (b"x = '\n", "unterminated string literal (detected at line 1) (line 1)"),
        (b"x = " + b"-" * 5000 + b"1", "it is nested too deep"),
        (b"x = 1" + b" + 1" * 5000, "it is nested too deep"),
    ],
)
def test_a_source_that_cannot_be_read_is_an_error_that_names_it(
    source: bytes, why: str, own: tuple[type[Method], Path]
) -> None:
    method, file = own
    file.write_bytes(source)
    with pytest.raises(DkpError) as caught:
        code_hash([method])
    assert caught.value.problem.startswith(f"{file}: cannot be read as Python: {why}")


def test_a_source_that_is_gone_is_an_error_that_names_it(own: tuple[type[Method], Path]) -> None:
    method, file = own
    file.unlink()
    with pytest.raises(DkpError, match=r"hashed_method\.py: cannot be read as Python: No such file"):
        code_hash([method])
