"""The folders of downloaded files and of what is derived from them."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from dkp_bench.files import FULL, reason


def data_variable(name: str) -> str:
    """Return the environment variable that names the folder of the files of ``name``, such as ``DKP_BENCH_LSP``."""
    return f"DKP_BENCH_{name.upper().replace('-', '_')}"


def data_folder(name: str, given: Path | None) -> Path | None:
    """Return the folder with the downloaded files of ``name``: the one ``given``, else that of the environment."""
    if given is not None:
        return given.expanduser()
    value = os.environ.get(data_variable(name))
    return Path(value).expanduser() if value else None


def cache_folder() -> Path:
    """Return the folder for derived files: ``DKP_BENCH_CACHE``, else ``dkp-bench`` in the user's cache (XDG)."""
    own = os.environ.get("DKP_BENCH_CACHE")
    if own:
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "dkp-bench"


def cache_problem(folder: Path) -> str:
    """Return why derived files cannot be written to a folder, and what to do; empty if they can.

    A folder is made there for a moment: some file systems do not tell in another way that nothing can be written.
    """
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists() or parent.is_symlink())
    problem = f"{folder} cannot be written: set DKP_BENCH_CACHE"
    if not os.access(there, os.W_OK) or not there.is_dir():
        return problem
    try:
        with TemporaryDirectory(prefix=".dkp-bench-", dir=there):
            return ""
    except OSError as error:
        if error.errno in FULL:
            return f"{folder} cannot be written: {reason(error)}; free some space, or set DKP_BENCH_CACHE"
        return problem
