"""The commands that run what has not been run."""

from collections.abc import Mapping

from dkp_bench.errors import shell_command
from dkp_bench.records.remedies import files_option, train_command
from dkp_bench.report.published import Published, PublishedDelta, StandIn

SEEDS = "0,1,2"
"""One alone says nothing of chance in training."""


def command_for(dataset: str, published: Published) -> str:
    """The command that runs the suite on a dataset."""
    listed: tuple[PublishedDelta | StandIn, ...] = (*published.delta, *published.stand_in)
    known = {entry.dataset: entry.command for entry in listed}
    files = files_option(dataset)
    return known.get(dataset, shell_command("nox", "-s", f"reproduce-{dataset}", *(["--", *files] if files else [])))


def seeds_command(method: str, dataset: str, profile: str, settings: Mapping[str, object] | None = None) -> str:
    """The command that runs one method on one dataset, with settings of its own and enough seeds."""
    return train_command(method, dataset, profile, SEEDS, settings)
