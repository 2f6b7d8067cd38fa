"""Smoke runs: a few steps that show that everything works, and no result.

A smoke run has the mark in the version that its record and its signature name, so it is another run than the one it
tries out, wherever its folder is moved to; readers of results leave it out or refuse it. No other format changes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

from dkp_bench import __version__
from dkp_bench.errors import DkpError, shell_command
from dkp_bench.presets import method_and_settings, required_methods
from dkp_bench.runs.schema import SMOKE

Value = TypeVar("Value")

STEPS: Final = 5
"""Steps of the training of a smoke run, for every method that has such a setting."""
SETTING: Final = "steps"


def version(*, smoke: bool) -> str:
    """Return the version that a run's identity names.

    >>> version(smoke=True).removeprefix(version(smoke=False))
    '+smoke'
    """
    return f"{__version__}{SMOKE if smoke else ''}"


def smoke_settings(overrides: dict[str, Value], methods: Sequence[str]) -> dict[str, Value | int]:
    """Return settings for a smoke run of some methods: few steps, unless the user says how many.

    Args:
        overrides: the settings that the user gave.
        methods: names; those they require count too.
    """
    names = [*methods, *required_methods(methods)]
    has_steps = any(SETTING in method_and_settings(name)[1] for name in names)
    return {**({SETTING: STEPS} if has_steps else {}), **overrides}


def no_result(path: Path) -> DkpError:
    """Return the error for a smoke run that was named where a result is due."""
    return DkpError(
        f"{path} is a smoke run: it shows that everything works, and is no result",
        f"run it in full, without --smoke; this removes it: {shell_command('rm', '-r', path)}",
    )
