"""``cite``: the software, and what is no bundle."""

from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from dkp_bench import __version__

Call = Callable[..., Result]


def test_the_software(call: Call) -> None:
    answer = call("cite")
    assert answer.exit_code == 0
    assert f"howpublished = {{Computer software, version {__version__}}}," in answer.stdout
    assert "eprint        = {2410.14700}," in answer.stdout
    assert answer.stdout.count("@") == answer.stdout.count("\n@") == 3


def test_what_is_no_bundle_is_a_mistake(call: Call, tmp_path: Path) -> None:
    answer = call("cite", tmp_path)
    assert answer.exit_code == 2
    assert "is not a bundle that can be cited: bag-info.txt: is missing" in answer.stderr
