"""The help of the command line is quick because it imports nothing heavy."""

import subprocess
import sys

import pytest

ASK = """
import sys
from dkp_bench.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
heavy = {"torch", "torchvision", "timm", "scipy", "matplotlib", "cv2"} & set(sys.modules)
sys.exit(f"imported {sorted(heavy)}" if heavy else 0)
"""


@pytest.mark.parametrize(
    "command",
    [
        "",
        "reproduce",
        "train",
        "score",
        "compare",
        "report",
        "predict",
        "new-method",
        "check-method",
        "list",
        "data",
        "doctor",
    ],
)
def test_help_imports_no_torch(command: str) -> None:
    arguments = [*command.split(), "--help"]
    result = subprocess.run([sys.executable, "-c", ASK, *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "Usage" in result.stdout
