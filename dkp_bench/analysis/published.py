"""Published numbers: the schema of ``results/published.toml`` and its reader."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from dkp_bench.errors import DkpError, shell_command, unknown_name
from dkp_bench.runs.hints import files_option, train_command
from dkp_bench.scoring import PROTOCOLS
from dkp_bench.shipped import RESULTS
from dkp_bench.strict import StrictModel, first_mistake
from dkp_bench.text_files import read_toml

LARGEST = 2**20
"""Bytes of the file."""


Link = Annotated[str, Field(pattern=r"^https://[\w./-]+$")]
NonEmpty = Annotated[str, Field(min_length=1)]


def _known(protocol: str) -> str:
    if protocol not in PROTOCOLS:
        raise ValueError(unknown_name("scoring protocol", protocol, PROTOCOLS).problem)
    return protocol


ProtocolName = Annotated[str, AfterValidator(_known)]


class Display(StrictModel):
    """How the report lines methods up, and which studies its first screen tells of, whatever they say."""

    baseline: NonEmpty
    subject: NonEmpty
    order: tuple[NonEmpty, ...]
    ablation: tuple[NonEmpty, ...] = Field(min_length=1)
    studies: tuple[NonEmpty, ...] = ()


class PublishedNumber(StrictModel):
    """One absolute number, read in ``source``.

    ``stated_for`` is the dataset as the source names it, ``datasets`` are those here that may be meant; ``protocol`` is
    set where it is known how the number was scored.
    """

    stated_for: NonEmpty
    datasets: tuple[NonEmpty, ...] = Field(min_length=1)
    method: NonEmpty
    metric: NonEmpty
    value: Decimal
    unit: NonEmpty
    higher_is_better: bool
    protocol: ProtocolName | None = None
    source: NonEmpty
    url: Link
    verified: NonEmpty


class PublishedDelta(StrictModel):
    """One published change against a baseline, in ``unit``, and the command that measures it on ``dataset``.

    ``stated_for`` is the dataset as the source names it, of which there may be several here.
    """

    stated_for: NonEmpty
    dataset: NonEmpty
    method: NonEmpty
    metric: NonEmpty
    metric_name: NonEmpty
    value: Decimal
    unit: NonEmpty
    higher_is_better: bool
    source: NonEmpty
    url: Link
    verified: NonEmpty
    command: NonEmpty


class StandIn(StrictModel):
    """A dataset that is freely available, without a published number."""

    dataset: NonEmpty
    command: NonEmpty


class PaperColumn(StrictModel):
    """A dataset of one of the paper's tables: what the paper reports on it, and the datasets here that may be meant."""

    stated_for: NonEmpty
    datasets: tuple[NonEmpty, ...] = Field(min_length=1)
    metric: NonEmpty


class PaperRow(StrictModel):
    """A row of one of the paper's tables.

    ``method`` is the method here, empty for one that cannot be run here; ``settings`` are those that set it apart.
    """

    name: NonEmpty
    method: str = ""
    settings: dict[str, bool | int | float | str] = Field(default_factory=dict)


class PaperTable(StrictModel):
    """The layout of one of the paper's tables, as far as it could be read; its numbers are in the other entries."""

    name: NonEmpty
    caption: NonEmpty
    source: NonEmpty
    verified: NonEmpty
    column: tuple[PaperColumn, ...] = Field(min_length=1)
    row: tuple[PaperRow, ...] = Field(min_length=1)


class Published(StrictModel):
    """The whole file; ``reading`` says what follows from how the changes were read, and stands beside them."""

    reading: str = ""
    report: Display
    delta: tuple[PublishedDelta, ...] = ()
    stand_in: tuple[StandIn, ...] = ()
    published: tuple[PublishedNumber, ...] = ()
    table: tuple[PaperTable, ...] = ()

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets named here, in the order of the report."""
        return tuple(dict.fromkeys([*(d.dataset for d in self.delta), *(s.dataset for s in self.stand_in)]))


def read_published(path: Path) -> Published:
    """Read and validate the published numbers.

    Raises:
        DkpError: naming the file and the entry, if it cannot be read or does not meet the schema.
    """
    restore = f"restore it: {shell_command('git', 'checkout', '--', path)}, or " if path.parent == RESULTS else ""
    hint = f"{restore}name another file with --published"
    content = read_toml(path, hint=hint, largest=LARGEST, parse_float=Decimal)
    try:
        return Published.model_validate(content)
    except ValidationError as error:
        problem = f"{path}: {first_mistake(error)}"
        raise DkpError(problem, "each entry is described in results/README.md") from error


def verified_notes(entries: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Write how each entry was read, from its name and its ``verified``; entries with the same note share a line."""
    names: dict[str, list[str]] = {}
    for name, verified in entries:
        names.setdefault(verified, []).append(name)
    return tuple(f"{', '.join(found)}: {verified}." for verified, found in names.items())


SEEDS = "0,1,2"
"""Seeds of the suggested commands: a single one says nothing of chance in training."""


def command_for(dataset: str, published: Published) -> str:
    """Return the command that runs the suite on a dataset."""
    listed: tuple[PublishedDelta | StandIn, ...] = (*published.delta, *published.stand_in)
    known = {entry.dataset: entry.command for entry in listed}
    files = files_option(dataset)
    return known.get(dataset, shell_command("nox", "-s", f"reproduce-{dataset}", *(["--", *files] if files else [])))


def seeds_command(method: str, dataset: str, profile: str, settings: Mapping[str, object] | None = None) -> str:
    """Return the command that runs one method on one dataset, with its settings and enough seeds."""
    return train_command(method, dataset, profile, SEEDS, settings)
