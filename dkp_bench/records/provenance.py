"""Where a result came from: code, machine, packages."""

import ast
import hashlib
import inspect
import platform
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import dkp_bench
from dkp_bench.errors import shell_command
from dkp_bench.methods import Method
from dkp_bench.records.schema import Provenance

if TYPE_CHECKING:
    import torch

PACKAGES = ("numpy", "opencv-python-headless", "scipy", "timm", "torch", "torchvision")
SHARED_CODE = ("depth/encoding.py", "ops/*.py", "training/*.py")
"""Files of dkp_bench that every trained method runs; how depth was estimated is known from its store."""


def provenance(started: str, finished: str, device: "torch.device", precision: str, code_hash: str) -> Provenance:
    """The provenance of a run on this machine; times are UTC, ISO 8601."""
    import torch  # takes seconds, which who only asks for the commit need not wait for

    from dkp_bench.training import parallel

    commit, clean = git_state()
    return Provenance(
        git_commit=commit,
        git_clean=clean,
        code_hash=code_hash,
        python=platform.python_version(),
        platform=platform.platform(),
        processor=processor_name(),
        threads=torch.get_num_threads(),
        processes=parallel.size(),
        accelerator=torch.cuda.get_device_name(device) if device.type == "cuda" else "none",
        precision=precision,
        packages={name: version(name) for name in PACKAGES},
        command=shell_command("dkp-bench", *sys.argv[1:]),
        started=started,
        finished=finished,
    )


def git_state() -> tuple[str, bool | None]:
    """The commit this code is at, and whether nothing else is in its checkout; ``unknown`` and None outside one."""
    ours = _git("ls-files", "--error-unmatch", "__init__.py") is not None  # not somebody else's repository around us
    commit = _git("rev-parse", "HEAD") if ours else None
    status = _git("status", "--porcelain")
    return commit or "unknown", None if status is None or not commit else status == ""


def code_hash(methods: Iterable[type[Method]]) -> str:
    """Eight hexadecimal digits over the code that trains ``methods``; comments, docstrings and layout do not count."""
    package = Path(dkp_bench.__file__).parent
    files = {file for pattern in SHARED_CODE for file in package.glob(pattern)}
    for method in methods:
        files |= {Path(inspect.getfile(base)) for base in method.__mro__ if issubclass(base, Method)}
    meanings = sorted(_meaning(file.read_text(encoding="utf-8")) for file in files)
    return hashlib.sha256("\n".join(meanings).encode()).hexdigest()[:8]


@cache
def _meaning(source: str) -> str:
    """The syntax tree of a module without its docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [item for item in body if not _is_text(item)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _git(*arguments: str) -> str | None:
    """What git says in the checkout this package lies in; None outside one."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=Path(dkp_bench.__file__).parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def processor_name() -> str:
    """The processor's model name where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
