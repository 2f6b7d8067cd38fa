"""The commands that run what has not been run."""

from collections.abc import Mapping

from dkp_bench.datasets import datasets
from dkp_bench.errors import shell_command
from dkp_bench.report.published import Published, PublishedDelta, StandIn

SEEDS = "0,1,2"
"""One alone says nothing of chance in training."""


def command_for(dataset: str, published: Published) -> str:
    """The command that runs the suite on a dataset."""
    listed: tuple[PublishedDelta | StandIn, ...] = (*published.delta, *published.stand_in)
    known = {entry.dataset: entry.command for entry in listed}
    files = _files(dataset)
    return known.get(dataset, shell_command("nox", "-s", f"reproduce-{dataset}", *(["--", *files] if files else [])))


def train_command(method: str, dataset: str, profile: str, settings: Mapping[str, object] | None = None) -> str:
    """The command that runs one method on one dataset, with settings of its own."""
    words = ["dkp-bench", "train", method, dataset, "--profile", profile, "--seeds", SEEDS, *_files(dataset)]
    chosen = [word for key, value in (settings or {}).items() for word in ("--set", f"{key}={value}")]
    return shell_command(*words, *chosen)


def _files(dataset: str) -> list[str]:
    """The option that names the files of a dataset, for one that does not make its own images."""
    known = datasets().get(dataset)
    return ["--data", "PATH"] if known is not None and known.needs_files else []
