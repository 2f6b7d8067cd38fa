"""Reading a plan: which cells to run, the most important first.

    [[cells]]
    profile = "small"
    datasets = ["mannequin", "mannequin-studio"]
    methods = ["autolink", "distill_dkp"]
    seeds = [0, 1, 2]              # 0 alone if left out
    set = { gamma = 0.4 }          # settings that win over the presets
    depth = "dpt_levit_224"        # a depth store; the only one there if left out

Tables count in the order they stand in. Within one, a dataset comes after the other, on it a seed after the other,
with each every method: what is cut off by the time has as many methods as can be on as few seeds and datasets as must.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError

from dkp_bench.datasets import find_dataset
from dkp_bench.errors import DkpError, unknown_name
from dkp_bench.methods import check_method_name, find_method
from dkp_bench.plans.cell import Cell, Value
from dkp_bench.presets import check_overrides, find_profile, own_overrides, preset, required_methods
from dkp_bench.runs.smoke import smoke_settings
from dkp_bench.strict import StrictModel, first_mistake
from dkp_bench.text_files import read_toml

LARGEST = 2**20
"""Bytes of a plan."""
MOST_CELLS = 10_000
"""Of a plan, before those that occur twice count once; each takes a millisecond to look at, and minutes to run."""


class Table(StrictModel):
    """One ``[[cells]]`` of a plan."""

    model_config = ConfigDict(strict=True)

    profile: str
    datasets: list[str] = Field(min_length=1)
    methods: list[str] = Field(min_length=1)
    seeds: list[Annotated[int, Field(ge=0)]] = Field(default=[0], min_length=1)
    settings: dict[str, Any] = Field(default_factory=dict, alias="set")
    depth: str | None = None


def read_plan(path: Path) -> list[Table]:
    """The tables of a plan, as they stand in the file.

    Raises:
        DkpError: if the file cannot be read, is not TOML, or has a key or a value that no plan has.
    """
    come_along = "some plans come with the benchmark (results/plans/): dkp-bench run toy"
    content = read_toml(path, hint=come_along, largest=LARGEST)
    for key in content:
        if key != "cells":
            raise DkpError(f"{path}: {unknown_name('key', key, ['cells']).problem}", "a plan is made of [[cells]]")
    found = content.get("cells")
    if not isinstance(found, list) or not found:
        raise DkpError(f"{path} plans nothing", "write a [[cells]] with profile, datasets and methods")
    return [_table(path, number, one) for number, one in enumerate(found, start=1)]


def cells(tables: list[Table], *, smoke: bool = False) -> list[Cell]:
    """The cells of a plan, each once, in order; a cell that another one requires comes right before the first such one.

    Args:
        tables: as they stand in the file.
        smoke: whether to plan smoke runs of the cells, of a few steps each.

    Raises:
        DkpError: if a dataset, method, profile or setting is unknown, a setting's value is bad, or there are too many.
    """
    planned = sum(len(table.datasets) * len(table.seeds) * len(table.methods) for table in tables)
    if planned > MOST_CELLS:
        raise DkpError(
            f"the plan has {planned:,} cells, and no more than {MOST_CELLS:,} are read", "make several of it"
        )
    ordered: dict[Cell, None] = {}
    for number, table in enumerate(tables, start=1):
        try:
            ordered |= dict.fromkeys(_expanded(table, smoke))
        except DkpError as error:
            raise DkpError(f"[[cells]] number {number}: {error.problem}", error.hint) from error
    return list(ordered)


def _table(path: Path, number: int, content: Any) -> Table:
    where = f"{path}, [[cells]] number {number}"
    known = [field.alias or name for name, field in Table.model_fields.items()]
    for key in content if isinstance(content, dict) else ():
        if key not in known:
            wrong = unknown_name("key", key, known)
            raise DkpError(f"{where}: {wrong.problem}", wrong.hint)
    try:
        return Table.model_validate(content)
    except ValidationError as error:
        raise DkpError(f"{where}: {first_mistake(error)}", f"known keys: {', '.join(known)}") from error


def _expanded(table: Table, smoke: bool) -> Iterator[Cell]:
    """The cells of a table, each after those that it requires."""
    profile, overrides = find_profile(table.profile), dict(_flat(table.settings))
    for method in table.methods:
        check_method_name(method)
    for dataset in table.datasets:
        find_dataset(dataset)
    check_overrides(overrides, [*table.methods, *required_methods(table.methods)])
    overrides = smoke_settings(overrides, table.methods) if smoke else overrides
    for dataset in table.datasets:
        for seed in table.seeds:
            for method in table.methods:
                cell = Cell(dataset, profile, method, seed, tuple(overrides.items()), table.depth, smoke).concise()
                yield from (_checked(one) for one in (*_all_required(cell), cell))


def _checked(cell: Cell) -> Cell:
    kind = find_method(cell.method)
    preset(kind, cell.dataset, cell.profile, own_overrides(kind, dict(cell.overrides)))
    return cell


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Value]]:
    """Settings by ``key`` and ``method.key``; TOML reads ``method.key`` as a table in a table."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        elif isinstance(value, Value):
            yield f"{above}{key}", value
        else:
            raise DkpError(
                f"set {above}{key}: {value!r} is no value of a setting", "give a number, a text, true or false"
            )


def _all_required(cell: Cell) -> Iterator[Cell]:
    for one in cell.required():
        yield from _all_required(one)
        yield one
