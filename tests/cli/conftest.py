"""Golden files of what the command line prints.

They are rewritten by ``DKP_BENCH_UPDATE_GOLDEN=1 python -m pytest tests/cli``; read the difference before you commit
it.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def golden() -> Callable[[str, str], None]:
    """Compares a text with a golden file, or rewrites the file when asked to."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("DKP_BENCH_UPDATE_GOLDEN") == "1":
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return check
