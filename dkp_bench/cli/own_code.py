"""Code of the user's own that lies in the current folder."""

import sys
from pathlib import Path


def let_import_here(method: str) -> None:
    """Let ``module:Class`` be found in the current folder, where ``python -m`` looks and an installed command does not.

    The folder comes last: a file of it never takes the place of a module that is installed. Built-in methods and
    entry points need no such thing, and for them nothing changes.

    Args:
        method: a method's name, as it was given.
    """
    here = str(Path.cwd())
    if ":" in method and here not in sys.path:
        sys.path.append(here)
