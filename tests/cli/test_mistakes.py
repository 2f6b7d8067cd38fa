"""What a mistake is answered with: the nearest name or the way out, exit code 2, no traceback, no work begun."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

TRAIN = ("train", "autolink", "mannequin")


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "published.toml").write_bytes((repository / "results" / "published.toml").read_bytes())
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("train", "autolnk", "mannequin"), "error: unknown method 'autolnk'. Did you mean 'autolink'?"),
        (("train", "autolink", "maniquin"), "error: unknown dataset 'maniquin'. Did you mean 'mannequin'?"),
        (
            ("reproduce", "mannequin-studoi"),
            "error: unknown dataset 'mannequin-studoi'. Did you mean 'mannequin-studio'?",
        ),
        (("data", "prepare", "lspe"), "error: unknown dataset 'lspe'. Did you mean 'lsp'?"),
        ((*TRAIN, "--profile", "tyni"), "error: unknown profile 'tyni'. Did you mean 'tiny'?"),
        ((*TRAIN, "--set", "step=9"), "error: unknown setting 'step'. Did you mean 'steps'?"),
        (
            ("reproduce", "mannequin", "--set", "distill_dkp.gama=1"),
            "error: unknown setting 'gama'. Did you mean 'gamma'?",
        ),
        (
            (*TRAIN, "--set", "untrained.steps=9"),
            "error: --set untrained.steps: 'untrained' is not among the methods to run",
        ),
        ((*TRAIN, "--set", "steps"), "error: cannot read the setting 'steps'"),
        (("train", "no_such_module:Own", "mannequin"), "error: there is no module 'no_such_module'"),
        (("score", "nowhere"), "error: nowhere is not the folder of a finished run"),
        (("predict", "nowhere", "."), "error: nowhere holds no finished run"),
    ],
)
def test_mistakes_have_one_line_and_a_hint(
    arguments: tuple[str, ...], problem: str, call: Callable[..., Result], workplace: Path
) -> None:
    answer = call(*arguments)
    assert answer.exit_code == 2
    first, *hint = answer.stderr.splitlines()
    assert first == problem
    assert hint
    assert all(line.startswith("  ") for line in hint)
    assert answer.stdout == ""
    assert [path.name for path in workplace.rglob("*") if path.is_file()] == ["published.toml"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*TRAIN, "--set", "steps=many"), ("bad settings for autolink: steps:",)),
        ((*TRAIN, "--set", "keypoints=1"), ("bad settings for autolink: keypoints:", "greater than or equal to 2")),
        ((*TRAIN, "--seeds", "1,x"), ("'1,x' is not a list of numbers such as 0,1,2",)),
        ((*TRAIN, "--seeds", "0,-1"), ("seeds are 0 or more",)),
        ((*TRAIN, "--device", "tpu"), ("cannot use the device 'tpu'", "dkp-bench doctor")),
        (("lisst",), ("No such command 'lisst'. Did you mean 'list'?",)),
        (("train", "autolink"), ("Missing argument 'DATASET'",)),
        (("reproduce", "h36m"), ("Human3.6M", "--data PATH", "dkp-bench data check h36m")),
        (("reproduce", "lsp"), ("lsp", "--data")),
    ],
)
def test_mistakes_are_named(
    arguments: tuple[str, ...], words: tuple[str, ...], call: Callable[..., Result], workplace: Path
) -> None:
    answer = call(*arguments)
    assert answer.exit_code == 2
    for word in words:
        assert word in answer.stderr
    assert "Traceback" not in answer.output
    assert [path.name for path in workplace.rglob("*") if path.is_file()] == ["published.toml"]


def test_without_the_published_numbers_nothing_is_trained(call: Callable[..., Result], workplace: Path) -> None:
    (workplace / "results" / "published.toml").unlink()
    answer = call("reproduce", "mannequin")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: results/published.toml: ")
    assert [path for path in workplace.rglob("*") if path.is_file()] == []


def test_ctrl_c_is_answered_with_how_to_go_on(call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dkp_bench.datasets.datasets", stop)
    answer = call("list")
    assert answer.exit_code == 130
    assert answer.stderr.startswith("\nstopped; the same command goes on from here")
    assert "Traceback" not in answer.output
