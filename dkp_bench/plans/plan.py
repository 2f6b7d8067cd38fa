"""Read a plan: which specs to run, the most important first.

    [[cells]]
    profile = "small"
    datasets = ["mannequin", "mannequin-studio"]
    methods = ["autolink", "distill_dkp"]
    seeds = [0, 1, 2]              # only 0 if left out
    sizes = [32, 64]               # sides of the images in pixels; the profile's if left out
    set = { gamma = 0.4 }          # settings that win over the presets
    depth = "dpt_levit_224"        # a depth store; the only one there if left out
    split = "val"                  # to choose settings: scored on val, and test is not read; "test" if left out

Tables count in the order they stand in. Within one, datasets come one after the other, on each its sizes, at each the
seeds, with each every method: what the time cuts off leaves all methods with few seeds rather than one with all.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError

from dkp_bench.datasets import ScoredSplit, find_dataset
from dkp_bench.errors import DkpError, unknown_name
from dkp_bench.methods import check_method_name, find_method
from dkp_bench.presets import IMAGE_SIZE, check_overrides, find_profile, own_overrides, preset, required_methods
from dkp_bench.runs.smoke import smoke_settings
from dkp_bench.runs.spec import RunSpec, Value
from dkp_bench.strict import StrictModel, first_mistake
from dkp_bench.text_files import read_toml

LARGEST = 2**20
"""Bytes of a plan."""
MOST_CELLS = 10_000
"""Of a plan, before those that occur twice count once; each takes a millisecond to look at, and minutes to run."""


class PlanTable(StrictModel):
    """One ``[[cells]]`` of a plan: datasets × sizes × seeds × methods."""

    model_config = ConfigDict(strict=True)

    profile: str
    datasets: list[str] = Field(min_length=1)
    methods: list[str] = Field(min_length=1)
    seeds: list[Annotated[int, Field(ge=0)]] = Field(default=[0], min_length=1)
    sizes: list[Annotated[int, Field(gt=0)]] = Field(default=[], min_length=1)
    settings: dict[str, Any] = Field(default_factory=dict, alias="set")
    depth: str | None = None
    split: ScoredSplit = "test"


def read_plan(path: Path) -> list[PlanTable]:
    """Return the tables of a plan, as they stand in the file.

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


def planned_specs(tables: list[PlanTable], *, smoke: bool = False) -> list[RunSpec]:
    """Return the specs of a plan, each once, in order; what one requires comes right before the first that needs it.

    Args:
        tables: as they stand in the file.
        smoke: whether to plan smoke runs, of a few steps each.

    Raises:
        DkpError: if a dataset, method, profile or setting is unknown, a setting's value is bad, or there are too many.
    """
    planned = sum(len(one.datasets) * (len(one.sizes) or 1) * len(one.seeds) * len(one.methods) for one in tables)
    if planned > MOST_CELLS:
        raise DkpError(
            f"the plan has {planned:,} cells, and no more than {MOST_CELLS:,} are read", "make several of it"
        )
    ordered: dict[RunSpec, None] = {}
    for number, table in enumerate(tables, start=1):
        try:
            ordered |= dict.fromkeys(_expanded(table, smoke))
        except DkpError as error:
            raise DkpError(f"[[cells]] number {number}: {error.problem}", error.hint) from error
    return list(ordered)


def with_required(specs: Iterable[RunSpec]) -> list[RunSpec]:
    """Return the specs, each once, and those that they require, each before the first that needs it.

    >>> with_required([RunSpec("mannequin", "distill_dkp")])[0].method
    'teacher_only'
    """
    return list(dict.fromkeys(each for spec in specs for each in (*_all_required(spec), spec)))


def _table(path: Path, number: int, content: Any) -> PlanTable:
    where = f"{path}, [[cells]] number {number}"
    known = [field.alias or name for name, field in PlanTable.model_fields.items()]
    for key in content if isinstance(content, dict) else ():
        if key not in known:
            wrong = unknown_name("key", key, known)
            raise DkpError(f"{where}: {wrong.problem}", wrong.hint)
    try:
        return PlanTable.model_validate(content)
    except ValidationError as error:
        raise DkpError(f"{where}: {first_mistake(error)}", f"known keys: {', '.join(known)}") from error


def _expanded(table: PlanTable, smoke: bool) -> Iterator[RunSpec]:
    """Yield the specs of a table, each after those that it requires."""
    profile, overrides = find_profile(table.profile), dict(_flat(table.settings))
    for method in table.methods:
        check_method_name(method)
    for dataset in table.datasets:
        find_dataset(dataset)
    check_overrides(overrides, [*table.methods, *required_methods(table.methods)])
    overrides = smoke_settings(overrides, table.methods) if smoke else overrides
    given = tuple(overrides.items())
    axes = itertools.product(table.datasets, table.sizes or [IMAGE_SIZE[profile]], table.seeds, table.methods)
    for dataset, size, seed, method in axes:
        spec = RunSpec(dataset, method, profile, seed, given, size, table.depth, smoke, table.split).concise()
        yield from (_checked(one) for one in with_required([spec]))


def _checked(spec: RunSpec) -> RunSpec:
    """Return the spec, once its settings are known to be good: better now than after hours of other runs."""
    kind = find_method(spec.method)
    preset(kind, spec.dataset, spec.profile, own_overrides(kind, dict(spec.overrides)))
    return spec


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Value]]:
    """Yield settings by ``key`` and ``method.key``; TOML reads ``method.key`` as a table in a table."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        elif isinstance(value, Value):
            yield f"{above}{key}", value
        else:
            raise DkpError(
                f"set {above}{key}: {value!r} is no value of a setting", "give a number, a text, true or false"
            )


def _all_required(spec: RunSpec) -> Iterator[RunSpec]:
    for one in spec.required():
        yield from _all_required(one)
        yield one
