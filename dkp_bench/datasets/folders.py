"""Where downloaded files lie, and where what is derived from them goes."""

import os
from pathlib import Path


def data_variable(name: str) -> str:
    """The environment variable that names the folder of the files of ``name``, such as ``DKP_BENCH_LSP``."""
    return f"DKP_BENCH_{name.upper().replace('-', '_')}"


def data_folder(name: str, given: Path | None) -> Path | None:
    """The folder with the downloaded files of ``name``: the one that is ``given``, else that of the environment."""
    if given is not None:
        return given.expanduser()
    value = os.environ.get(data_variable(name))
    return Path(value).expanduser() if value else None


def cache_folder() -> Path:
    """Where derived files go: ``DKP_BENCH_CACHE``, else ``dkp-bench`` in the user's cache folder (XDG)."""
    own = os.environ.get("DKP_BENCH_CACHE")
    if own:
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "dkp-bench"
