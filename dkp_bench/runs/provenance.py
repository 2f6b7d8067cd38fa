"""The provenance of a result: code, machine, packages."""

import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import dkp_bench
from dkp_bench.errors import printable, shell_command
from dkp_bench.runs.schema import NO_GPU, UNKNOWN, Provenance

if TYPE_CHECKING:
    import torch

PACKAGES = ("numpy", "opencv-python-headless", "scipy", "timm", "torch", "torchvision")


def provenance(started: str, finished: str, device: "torch.device", precision: str, code_hash: str) -> Provenance:
    """Return the provenance of a run on this machine; times are UTC, ISO 8601."""
    import torch  # takes seconds, and the commit can be asked for without it

    from dkp_bench.training import distributed

    commit, clean = git_state()
    return Provenance(
        git_commit=commit,
        git_clean=clean,
        code_hash=code_hash,
        python=platform.python_version(),
        platform=platform.platform(),
        processor=processor_name(),
        threads=torch.get_num_threads(),
        processes=distributed.size(),
        accelerator=torch.cuda.get_device_name(device) if device.type == "cuda" else NO_GPU,
        precision=precision,
        packages={name: version(name) for name in PACKAGES},
        command=printable(shell_command("dkp-bench", *sys.argv[1:]), 10_000),
        started=started,
        finished=finished,
    )


def git_state() -> tuple[str, bool | None]:
    """Return the commit of this code, and whether all of it is in that commit; ``unknown`` and None outside a checkout.

    What counts is code: that of dkp_bench and its methods, and all else that is imported from the checkout, such as a
    method of one's own, in a folder that git ignores too. Notes, results and code that is not imported may differ.
    Code that lies elsewhere is known only by the run's code hash.
    """
    ours = _git("ls-files", "--error-unmatch", "__init__.py") is not None  # not another repository around us
    commit = _git("rev-parse", "HEAD") if ours else None
    if not commit:
        return UNKNOWN, None
    folders, others = _code_folders(), _imported_from(Path(_git("rev-parse", "--show-toplevel") or "."))
    changed = _git("status", "--porcelain", "--", *map(str, folders))
    others = [file for file in others if not any(file.is_relative_to(folder) for folder in folders)]
    unknown = _git("status", "--porcelain", "--ignored", "--", *map(str, others)) if others else ""
    return commit, None if changed is None or unknown is None else not (changed or unknown)


def _code_folders() -> list[Path]:
    """Return the folders of dkp_bench; git follows no link, so those that links lead to are among them."""
    package = Path(dkp_bench.__file__).resolve().parent
    return [package, *(entry.resolve() for entry in package.iterdir() if entry.is_symlink())]


def _imported_from(root: Path) -> list[Path]:
    """Return the files below a folder that this process has imported, without those of an environment there."""
    names = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    files = {Path(name).resolve() for name in names if isinstance(name, str)}
    environments = [Path(place).resolve() for place in (sys.prefix, sys.base_prefix)]
    own = (file for file in files if file.is_relative_to(root.resolve()) and file.is_file())
    return sorted(file for file in own if not any(file.is_relative_to(place) for place in environments))


def _git(*arguments: str) -> str | None:
    """Return what git says in the checkout that this package lies in; None outside one."""
    try:
        done = subprocess.run(
            ["git", "--literal-pathspecs", *arguments],
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
    """Return the processor's model name where the system has it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def hardware_name(accelerator: str, processor: str) -> str:
    """Return what a machine trains on: its accelerator, or its processor where that is ``none``.

    >>> hardware_name("none", "AMD EPYC"), hardware_name("NVIDIA H100", "AMD EPYC")
    ('AMD EPYC', 'NVIDIA H100')
    """
    return processor if accelerator == NO_GPU else accelerator
