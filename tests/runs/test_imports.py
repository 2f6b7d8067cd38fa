"""The code that a method reaches: what it imports makes its runs due again, and nothing else does."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import dkp_bench
from dkp_bench.methods import find_method
from dkp_bench.runs import code_hash as hashing
from dkp_bench.runs.code_hash import LEFT_OUT, code_hash

ROOT = Path(dkp_bench.__file__).parent


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, in which all is looked up that a method imports."""
    copy = tmp_path / "dkp_bench"
    shutil.copytree(ROOT, copy, ignore=lambda _, names: [name for name in names if "." in name and name[-3:] != ".py"])
    monkeypatch.setattr(dkp_bench, "__file__", str(copy / "__init__.py"))
    return copy


def hash_of(method: str) -> str:
    return code_hash([find_method(method)])


def append(file: Path, text: str = "\nCHANGED = 1\n") -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.parametrize(
    ("method", "file"),
    [
        ("autolink", "ops/soft_argmax.py"),
        ("autolink", "ops/edges.py"),
        ("autolink", "training/loop.py"),
        ("autolink", "training/distributed.py"),
        ("distill_dkp", "baselines/autolink.py"),
        ("distill_dkp", "depth/encoding.py"),
        ("teacher_only", "ops/soft_argmax.py"),
    ],
)
def test_code_that_a_method_reaches_counts(method: str, file: str, package: Path) -> None:
    before = hash_of(method)
    append(package / file, "\n# a comment\n")
    assert hash_of(method) == before
    append(package / file)
    assert hash_of(method) != before


@pytest.mark.parametrize(
    ("method", "file"),
    [
        ("autolink", "report/build.py"),
        ("autolink", "cli/__init__.py"),
        ("autolink", "runs/execute.py"),
        ("autolink", "scoring/regression.py"),
        ("autolink", "baselines/untrained.py"),
        ("autolink", "reference/distill_dkp.py"),
        ("autolink", "depth/encoding.py"),
        ("mean_pose", "training/loop.py"),
        ("mean_pose", "ops/soft_argmax.py"),
        *(("distill_dkp", f"{name.partition('.')[2].replace('.', '/')}.py") for name in LEFT_OUT if "." in name),
    ],
)
def test_code_that_it_does_not_reach_does_not_count(method: str, file: str, package: Path) -> None:
    before = hash_of(method)
    append(package / file)
    assert hash_of(method) == before


def test_a_new_kernel_that_nothing_calls_does_not_count(package: Path) -> None:
    before = hash_of("autolink")
    (package / "ops" / "edges_triton.py").write_text("def draw_edges_fast(): ...\n", encoding="utf-8")
    append(
        package / "ops" / "__init__.py", "from dkp_bench.ops.edges_triton import draw_edges_fast as draw_edges_fast\n"
    )
    assert hash_of("autolink") == before
    append(package / "ops" / "edges.py", "from dkp_bench.ops.edges_triton import draw_edges_fast\n")
    assert hash_of("autolink") != before


def test_infrastructure_may_be_renamed_and_moved(package: Path) -> None:
    before = hash_of("autolink")
    loop = package / "training" / "loop.py"
    text = loop.read_text(encoding="utf-8")
    moved = text.replace("from dkp_bench.errors import DkpError", "from dkp_bench.progress import DkpError")
    assert moved != text
    loop.write_text(moved, encoding="utf-8")
    assert hash_of("autolink") == before


def test_what_is_left_out_computes_nothing() -> None:
    """It imports no library that computes and no module that counts, so it has nothing to change a number with."""
    code = (
        "import importlib, sys\n"
        f"for name in {sorted(LEFT_OUT)}: importlib.import_module(name)\n"
        "ours = (m for m in list(sys.modules) if m.startswith('dkp_bench'))\n"
        "print(*(m for m in ours if not hasattr(sys.modules[m], '__path__')))\n"
        "print(*({'torch', 'torchvision', 'cv2', 'scipy', 'timm', 'numpy.random'} & set(sys.modules)))\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours, libraries = answer.stdout.splitlines()
    assert set(ours.split()) == set(LEFT_OUT) - {"dkp_bench"}
    assert libraries == ""


METHOD = """
from dkp_bench.baselines.mean_pose import MeanPose

{imports}

class Own(MeanPose):
    name = "own"
    summary = "own"

    def use(self):
        {inside}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path; the modules that are imported from it are forgotten."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None)):
            del sys.modules[name]


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/').replace('/init', '/__init__')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def own(imports: str = "", inside: str = "...") -> str:
    return METHOD.format(imports=imports, inside=inside)


HELPERS = {
    "helper": "def f(): return 1",
    "further": "from helper import f as g",
    "lab__init": "from lab.inner import h as h, other as renamed\nfrom . import sub as sub\nTHREADS = 1",
    "lab__inner": "h = 1\nother = 2",
    "lab__sub": "s = 1",
    "lab__aside": "a = 1",
    "space__module": "m = 1",
}
IMPORTS = [
    ("from helper import f", "helper"),
    ("import helper", "helper"),
    ("import further", "helper"),
    ("from further import *", "helper"),
    ("from lab import h", "lab__inner"),
    ("from lab import renamed", "lab__inner"),
    ("from lab import sub", "lab__sub"),
    ("from lab import THREADS", "lab__init"),
    ("from lab.inner import h", "lab__init"),
    ("import lab.inner as inner", "lab__inner"),
    ("from space import module", "space__module"),
    ("from space.module import m", "space__module"),
    ("import space.module", "space__module"),
]


@pytest.mark.parametrize("at", ["imports", "inside"])
@pytest.mark.parametrize(("statement", "file"), IMPORTS)
def test_a_helper_of_ones_own_counts(statement: str, file: str, at: str, folder: Path) -> None:
    if at == "inside" and "*" in statement:
        pytest.skip("Python allows it at the top level only")
    write(folder, own_idea=own(**{at: statement}), **HELPERS)
    before = hash_of("own_idea:Own")
    write(folder, **{file: f"{HELPERS[file]}\nCHANGED = 1"})
    assert hash_of("own_idea:Own") != before


@pytest.mark.parametrize(
    ("statement", "file"),
    [
        ("from lab import h", "lab__sub"),
        ("from lab import h", "lab__aside"),
        ("import numpy", "helper"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import helper", "helper"),
        ("import missing_module", "helper"),
    ],
)
def test_a_file_that_is_not_imported_does_not_count(statement: str, file: str, folder: Path) -> None:
    write(folder, own_idea=own(), **HELPERS)
    kind = find_method("own_idea:Own")
    write(folder, own_idea=own(statement))
    before = code_hash([kind])
    write(folder, **{file: f"{HELPERS[file]}\nCHANGED = 1"})
    assert code_hash([kind]) == before


def test_a_re_export_more_does_not_count_and_another_name_does(folder: Path) -> None:
    write(folder, own_idea=own("from lab import renamed"), **HELPERS)
    before = hash_of("own_idea:Own")
    more = "from lab.inner import h as h, other as renamed\nfrom lab.aside import a\n__all__ = ['a']\nTHREADS = 1"
    write(folder, lab__init=f'"""More."""\n{more}')
    assert hash_of("own_idea:Own") == before
    write(folder, lab__init=more.replace("other as renamed", "h as renamed"))
    assert hash_of("own_idea:Own") != before


def test_relative_imports_are_followed(folder: Path) -> None:
    method = own("from .inner import h\nfrom ..top import t\nfrom . import sub")
    files = {"lab__deep__init": "", "lab__deep__inner": "h = 1", "lab__top": "t = 1", "lab__deep__sub": "s = 1"}
    write(folder, lab__init="", lab__deep__idea=method, **files)
    for file in ("lab__deep__inner", "lab__top", "lab__deep__sub"):
        before = hash_of("lab.deep.idea:Own")
        write(folder, **{file: f"{files[file]}\nCHANGED = 1"})
        assert hash_of("lab.deep.idea:Own") != before


def test_names_that_dkp_bench_itself_offers_are_followed(folder: Path, package: Path) -> None:
    lazy = "\nif TYPE_CHECKING:\n    from dkp_bench.ops import soft_argmax as found_lazily\n"
    append(package / "__init__.py", lazy)
    write(folder, own_idea=own())
    kind = find_method("own_idea:Own")
    for imports in ("from dkp_bench import found_lazily", "import dkp_bench\ndkp_bench.found_lazily()"):
        write(folder, own_idea=own(imports))
        before = code_hash([kind])
        append(package / "ops" / "soft_argmax.py")
        assert code_hash([kind]) != before
        before = code_hash([kind])
        append(package / "ops" / "masking.py")
        assert code_hash([kind]) == before


def test_beside_an_installed_method_only_its_own_package_counts(folder: Path) -> None:
    (folder / "other-1.0.dist-info").mkdir()
    write(
        folder, lab__init="", lab__idea=own("import helper\nfrom lab import inner"), lab__inner="h = 1", helper="f = 1"
    )
    before = hash_of("lab.idea:Own")
    write(folder, helper="f = 2")
    assert hash_of("lab.idea:Own") == before
    write(folder, lab__inner="h = 2")
    assert hash_of("lab.idea:Own") != before


def test_modules_that_import_each_other_end(folder: Path) -> None:
    write(folder, one="from two import b\na = 1", two="from one import a\nb = 1", own_idea=own())
    kind = find_method("own_idea:Own")
    write(folder, own_idea=own("from one import a"), lab__init="from lab import x as x\nfrom lab import y as x")
    assert code_hash([kind])
    write(folder, own_idea=own("from lab import x"))
    assert code_hash([kind])


def test_each_file_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    plain = hashing._read
    monkeypatch.setattr(hashing, "_read", lambda file: (read.append(file), plain(file))[1])
    code_hash([find_method("distill_dkp"), find_method("autolink")])
    assert len(read) == len(set(read))
