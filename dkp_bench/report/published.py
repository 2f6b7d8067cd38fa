"""The numbers of the literature: the schema of ``results/published.toml`` and its reader."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dkp_bench.errors import DkpError

Link = Annotated[str, Field(pattern=r"^https://[\w./-]+$")]
NonEmpty = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Display(_Strict):
    """How the report lines methods up, and which metric is the headline; the protocol is the dataset's first."""

    baseline: NonEmpty
    subject: NonEmpty
    order: tuple[NonEmpty, ...]
    ablation: tuple[NonEmpty, ...] = Field(min_length=1)
    headline_metric: NonEmpty


class PublishedNumber(_Strict):
    """One absolute number, read in ``source``; ``protocol`` is set where the source scores in a way of its own."""

    dataset: NonEmpty
    method: NonEmpty
    metric: NonEmpty
    value: Decimal
    unit: NonEmpty
    higher_is_better: bool
    protocol: NonEmpty | None = None
    source: NonEmpty
    url: Link
    verified: NonEmpty


class PublishedDelta(_Strict):
    """One published change against a baseline, in ``unit``, and the command that measures it here."""

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


class StandIn(_Strict):
    """A dataset that anybody can run, without a published number."""

    dataset: NonEmpty
    command: NonEmpty


class Published(_Strict):
    """The whole file."""

    report: Display
    delta: tuple[PublishedDelta, ...] = ()
    stand_in: tuple[StandIn, ...] = ()
    published: tuple[PublishedNumber, ...] = ()

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets named here, in the order of the report."""
        return tuple(dict.fromkeys([*(d.dataset for d in self.delta), *(s.dataset for s in self.stand_in)]))


def read_published(path: Path) -> Published:
    """Read and validate the published numbers.

    Raises:
        DkpError: naming the file and the entry, if it cannot be read or does not meet the schema.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise DkpError(f"{path}: cannot be read as TOML ({error})", f"restore it: git checkout -- {path}") from error
    try:
        return Published.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DkpError(f"{path}: {where}: {first['msg']}", "each entry is described in results/README.md") from error
