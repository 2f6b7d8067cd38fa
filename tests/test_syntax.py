"""What source means is the same text on every supported Python."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dkp_bench import syntax
from dkp_bench.syntax import parse

SAMPLE = '''
"""Docstring."""
from __future__ import annotations
import a.b as c, d

@c.wraps(d)
async def f(x, /, y: int = 1, *args, z=None, **rest) -> None:
    """Gone."""
    async with x as y, d:
        return None
    yield

class Empty(Base, metaclass=Meta):
    """Gone."""

def only_text():
    """Gone."""

g = lambda: (yield)
text = u"a" "b" f"{g!r:>{1 + 1}}{g}" rf"\\d{g:%Y}" f"{g=}" f""
odd = b"\\xff", "\\ud800", "\\U0001fae8é", 1_000, 1e999, 2j, ..., None, True, -0.0
match g:
    case None | {"k": [1, *_], **rest} if g:
        pass
    case Point(x=0, y=-1):
        del g[1:2, ..., ::3]
try:
    pass
except* (A, B) as é:
    raise g from None
else:
    nonlocal_ = {**g, 1: 2}, {*g}, [i for i in g if i if not i]
while (n := g) > 1 <= 2 not in g: continue
'''
DIGEST = "11654b9d7c8b132da2864294bb37b8f196c4ca0463c0e310d76eb072ab8c8660"


def meaning(source: bytes) -> str:
    return syntax.meaning(parse(source))


def digest(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def test_it_is_frozen() -> None:
    assert digest([meaning(SAMPLE.encode())]) == DIGEST


def test_the_source_s_own_coding_counts() -> None:
    text = "# -*- coding: latin-1 -*-\nx = 'é'\n"
    assert meaning(text.encode("latin-1")) == meaning("x = 'é'".encode()) == meaning("\ufeffx = 'é'".encode())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(None)", "f()"),
        ("return_ = None", "return_ = ()"),
        ("f'{x}'", "f'{x!s}'"),
        ("f'a{x}'", "f'{x}a'"),
        ("'a'", "b'a'"),
        ("1", "1.0"),
        ("True", "1"),
        ("{}", "set()"),
        ("def f(): pass", "async def f(): pass"),
        ("def f(a=None): pass", "def f(a): pass"),
        ("def f(*, a=None): pass", "def f(*, a): pass"),
        ("{**a}", "{None: a}"),
        ("match x:\n case None: pass", "match x:\n case True: pass"),
        ("try: pass\nfinally: f()", "try: f()\nfinally: pass"),
        ("x: int", "x: int = None"),
    ],
)
def test_what_means_something_else_is_told_apart(one: str, other: str) -> None:
    assert meaning(one.encode()) != meaning(other.encode())


@pytest.mark.parametrize(("one", "other"), [("u'a'", "'a'"), ("'a' 'b'", "'ab'"), ("f'a' f'{x}'", "f'a{x}'")])
def test_what_is_written_otherwise_alone_is_the_same(one: str, other: str) -> None:
    assert meaning(one.encode()) == meaning(other.encode())


OTHERS = [f"python3.{minor}" for minor in (11, 12, 13) if minor != sys.version_info.minor]
PROGRAM = """
import hashlib, json, runpy, sys
syntax = runpy.run_path(sys.argv[1])
said = {}
for path in sys.argv[2:]:
    text = syntax["meaning"](syntax["parse"](open(path, "rb").read()))
    said[path] = hashlib.sha256(text.encode()).hexdigest()
print(json.dumps(said))
"""


@pytest.mark.parametrize("python", OTHERS)
def test_another_python_says_the_same(python: str, repository: Path, tmp_path: Path) -> None:
    command = shutil.which(python)
    if not command or subprocess.run([command, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"{python} is not installed")
    sample = tmp_path / "sample.py"
    sample.write_text(SAMPLE, encoding="utf-8")
    hashed = [sample, *(repository / "dkp_bench" / "training").glob("*.py"), *(repository / "baselines").glob("*.py")]
    arguments = [command, "-c", PROGRAM, syntax.__file__, *map(str, hashed)]
    answer = subprocess.run(arguments, capture_output=True, text=True, check=True)
    for path, found in json.loads(answer.stdout).items():
        assert found == digest([meaning(Path(path).read_bytes())]), path
