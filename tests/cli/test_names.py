"""A typo in any name is answered before PyTorch is imported, and before any work."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from dkp_bench.cli.names import check_names
from dkp_bench.errors import DkpError

PLAN = """
[[cells]]
profile = "{profile}"
datasets = ["{dataset}"]
methods = ["{method}"]
set = {{ {setting} = 5 }}
"""
RIGHT = {"profile": "tiny", "dataset": "mannequin", "method": "autolink", "setting": "steps"}
TYPOS = {"profile": "tyni", "dataset": "maniquin", "method": "autolnk", "setting": "stesp"}
COMMANDS = [
    ("train autolnk mannequin", "autolink"),
    ("train autolink maniquin", "mannequin"),
    ("train autolink mannequin --profile tyni", "tiny"),
    ("train autolink mannequin --set stesp=5", "steps"),
    ("train distill_dkp mannequin --set teacher_only.stesp=5", "steps"),
    ("train own:Own mannequin --set pul=5", "pull"),
    ("train autolink mannequin --device gpu", "cpu, cuda, cuda:0"),
    ("reproduce maniquin", "mannequin"),
    ("reproduce mannequin --set gama=1", "gamma"),
    ("reproduce mannequin --device cuad", "cpu, cuda, cuda:0"),
    ("check-baselines maniquin", "mannequin"),
    ("check-baselines --methods autolink,distil_dkp", "distill_dkp"),
    ("check-method autolink --set stesp=5", "steps"),
    ("score predictions.npz --dataset maniquin", "mannequin"),
    ("score predictions.npz --dataset mannequin --profile tyni", "tiny"),
    ("list autolnk", "autolink"),
    ("data depth lps", "lsp"),
    ("data depth lsp --model dpt_levit_225", "dpt_levit_224"),
    ("data depth lsp --device gpu", "cpu, cuda, cuda:0"),
    ("data prepare lps", "lsp"),
    ("data check lps", "lsp"),
    ("data show lps", "lsp"),
    ("data export lps --out there", "lsp"),
    ("run plan.toml --device gpu", "cpu, cuda, cuda:0"),
    *((f"run {wrong}.toml", RIGHT[wrong]) for wrong in TYPOS),
]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Of each command its exit code, whether PyTorch was imported, and its error; all from one process."""
    folder = tmp_path_factory.mktemp("typos")
    (folder / "plan.toml").write_text(PLAN.format(**RIGHT), encoding="utf-8")
    for wrong, typo in TYPOS.items():
        (folder / f"{wrong}.toml").write_text(PLAN.format(**RIGHT | {wrong: typo}), encoding="utf-8")
    own = "from dkp_bench.methods import *\nclass S(Settings):\n    pull: float = 1\n"
    own += "class Own(Method):\n    name = 'own'\n    summary = ''\n    settings_type = S\n"
    (folder / "own.py").write_text(own.replace("import *", "import Method, Settings"), encoding="utf-8")
    code = f"""
import sys
from typer.testing import CliRunner
from dkp_bench.cli import app
for words in {[words for words, _ in COMMANDS]!r}:
    answer = CliRunner().invoke(app, words.split(), prog_name="dkp-bench")
    print(words, answer.exit_code, "torch" in sys.modules, " ".join(answer.stderr.split()), sep="|")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert sorted(path.suffix for path in folder.iterdir() if path.is_file()) == [".py", *[".toml"] * 5]
    return {line.split("|")[0]: line.split("|")[1:] for line in done.stdout.splitlines()}


@pytest.mark.parametrize(("words", "nearest"), COMMANDS, ids=[words for words, _ in COMMANDS])
def test_it_is_answered_with_the_nearest_name_and_without_pytorch(
    words: str, nearest: str, answers: dict[str, list[str]]
) -> None:
    code, torch, error = answers[words]
    assert (code, torch) == ("2", "False")
    assert f"Did you mean '{nearest}'?" in error or f"a device is {nearest}" in error


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:1", "cpu,cuda:0", "mps"])
def test_what_may_be_a_device_is_left_to_pytorch(device: str) -> None:
    check_names(device=device)


@pytest.mark.parametrize("device", ["", "gpu", "cuda:", "cuda:x", "cpu:0:1", "cpu,", "0"])
def test_what_is_no_device_says_what_one_is(device: str) -> None:
    with pytest.raises(DkpError, match="a device is cpu, cuda, cuda:0, cuda:1, … or auto"):
        check_names(device=device)


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("my_idea.py:MyIdea", "write my_idea:MyIdea"),
        ("my_idea.py", "write my_idea:Class"),
        ("mine/my_idea.py:MyIdea", "write mine.my_idea:MyIdea"),
        ("../my_idea.py:MyIdea", "write my_idea:MyIdea, in the folder of the file: cd .."),
        ("/home/a b/my_idea.py:MyIdea", "write my_idea:MyIdea, in the folder of the file: cd '/home/a b'"),
    ],
)
def test_the_path_of_a_file_is_answered_with_the_address_to_write(
    path: str, written: str, call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call("train", path, "mannequin")
    assert answer.exit_code == 2
    assert answer.stderr.splitlines()[1] == f"  {written}"
