"""Read a plan: tables of cells, in the file of a study too; which specs they stand for, the most important first.

    [[cells]]
    profile = "small"
    datasets = ["mannequin", "mannequin-studio"]
    methods = ["autolink", "distill_dkp"]
    seeds = [0, 1, 2]              # only 0 if left out
    sizes = [32, 64]               # sides of the images in pixels; the profile's if left out
    set = { missing = 0.8 }        # settings that win over the presets
    sweep = { gamma = [0.1, 1] }   # settings with several values each: every value with every value of the others
    depth = "dpt_levit_224"        # a depth store, or a list of them; the only one there if left out
    split = "val"                  # to choose settings: scored on val, and test is not read; "test" if left out

Tables count in the order they stand in. Within one, datasets come one after the other, on each its sizes, at each the
seeds, with each the depth stores and the swept settings, with each every method: what the time cuts off leaves all
methods and all settings with few seeds rather than one of them with all.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, ValidationError

from dkp_bench.datasets import ScoredSplit, check_depth, find_dataset
from dkp_bench.errors import DkpError, unknown_name
from dkp_bench.methods import check_method_name, find_method
from dkp_bench.presets import IMAGE_SIZE, check_overrides, find_profile, own_overrides, preset, required_methods
from dkp_bench.runs.smoke import smoke_settings
from dkp_bench.runs.spec import RunSpec, Value
from dkp_bench.strict import StrictModel, first_mistake
from dkp_bench.text_files import read_toml

LARGEST = 2**20
"""Bytes of a plan, and of a study."""
MOST_CELLS = 10_000
"""Of a plan, before those that occur twice count once; each takes a millisecond to look at, and minutes to run."""

Setting = TypeVar("Setting")


class CellTable(StrictModel):
    """One ``[[cells]]``: datasets × sizes × seeds × depth stores × swept settings × methods."""

    model_config = ConfigDict(strict=True)

    profile: str
    datasets: list[str] = Field(min_length=1)
    methods: list[str] = Field(min_length=1)
    seeds: list[Annotated[int, Field(ge=0)]] = Field(default=[0], min_length=1)
    sizes: list[Annotated[int, Field(gt=0)]] = Field(default=[], min_length=1)
    settings: dict[str, Any] = Field(default_factory=dict, alias="set")
    sweep: dict[str, Any] = Field(default_factory=dict)
    depth: str | Annotated[list[str], Field(min_length=1)] | None = None
    split: ScoredSplit = "test"

    @property
    def depths(self) -> list[str] | list[None]:
        """The depth stores, one after the other; None for the only one there."""
        return self.depth if isinstance(self.depth, list) else [self.depth]  # type: ignore[return-value]

    def variations(self) -> list[dict[str, Value]]:
        """Return the settings by ``key`` or ``method.key``, once with each combination of the swept values.

        Raises:
            DkpError: if a value is none of a setting, or a setting is both fixed and swept.

        >>> table = {"profile": "tiny", "datasets": ["d"], "methods": ["m"], "set": {"a": 1}, "sweep": {"b": [2, 3]}}
        >>> CellTable.model_validate(table).variations()
        [{'a': 1, 'b': 2}, {'a': 1, 'b': 3}]
        """
        fixed = {key: _setting(f"set {key}", value) for key, value in flat(self.settings)}
        swept = {key: _swept(key, values) for key, values in flat(self.sweep)}
        for key in swept.keys() & fixed:
            raise DkpError(f"{key} is both fixed and swept", "name it in set or in sweep")
        _check_count(math.prod([self._shape, *map(len, swept.values())]))  # before they take the memory
        return [fixed | dict(zip(swept, values, strict=True)) for values in itertools.product(*swept.values())]

    def count(self) -> int:
        """Return how many specs it stands for, before those that occur twice count once."""
        return self._shape * len(self.variations())

    @property
    def _shape(self) -> int:
        return len(self.datasets) * (len(self.sizes) or 1) * len(self.seeds) * len(self.depths) * len(self.methods)


def read_plan(path: Path) -> list[CellTable]:
    """Return the tables of a plan, which is made of nothing else, as they stand in the file.

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
    return cell_tables(str(path), found)


def cell_tables(where: str, content: list[Any]) -> list[CellTable]:
    """Return the tables of a file, as they stand in it.

    Args:
        where: the file, for the error.
        content: what TOML makes of its ``[[cells]]``.

    Raises:
        DkpError: if one has a key or a value that no table has.
    """
    return [_table(f"{where}, [[cells]] number {number}", one) for number, one in enumerate(content, start=1)]


def planned_specs(tables: list[CellTable], *, smoke: bool = False) -> list[RunSpec]:
    """Return the specs of tables, each once, in order; what one requires comes right before the first that needs it.

    Args:
        tables: as they stand in the file.
        smoke: whether to plan smoke runs, of a few steps each.

    Raises:
        DkpError: if a dataset, method, profile or setting is unknown, a setting's value is bad, or there are too many.
    """
    ordered: dict[RunSpec, None] = {}
    cells = 0
    for number, table in enumerate(tables, start=1):
        try:
            cells += table.count()
            _check_count(cells)
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


def flat(settings: Mapping[str, Setting], above: str = "") -> Iterator[tuple[str, Setting]]:
    """Yield settings by ``key`` and ``method.key``; TOML reads ``method.key`` as a table in a table.

    >>> list(flat({"gamma": 1, "teacher_only": {"missing": 0.5}}))
    [('gamma', 1), ('teacher_only.missing', 0.5)]
    """
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _table(where: str, content: Any) -> CellTable:
    known = [field.alias or name for name, field in CellTable.model_fields.items()]
    for key in content if isinstance(content, dict) else ():
        if key not in known:
            wrong = unknown_name("key", key, known)
            raise DkpError(f"{where}: {wrong.problem}", wrong.hint)
    try:
        return CellTable.model_validate(content)
    except ValidationError as error:
        raise DkpError(f"{where}: {first_mistake(error)}", f"known keys: {', '.join(known)}") from error


def _expanded(table: CellTable, smoke: bool) -> Iterator[RunSpec]:
    """Yield the specs of a table, each after those that it requires."""
    profile = find_profile(table.profile)
    for method in table.methods:
        check_method_name(method)
    for dataset, depth in itertools.product(table.datasets, table.depths):
        find_dataset(dataset)
        if depth:
            check_depth(dataset, depth)
    variations = table.variations()
    check_overrides(variations[0], [*table.methods, *required_methods(table.methods)])
    given = [tuple((smoke_settings(each, table.methods) if smoke else each).items()) for each in variations]
    sizes = table.sizes or [IMAGE_SIZE[profile]]
    axes = itertools.product(table.datasets, sizes, table.seeds, table.depths, given, table.methods)
    for dataset, size, seed, depth, overrides, method in axes:
        spec = RunSpec(dataset, method, profile, seed, overrides, size, depth, smoke, table.split).concise()
        yield from (_checked(one) for one in with_required([spec]))


def _check_count(cells: int) -> None:
    if cells > MOST_CELLS:
        raise DkpError(f"the plan has {cells:,} cells, and no more than {MOST_CELLS:,} are read", "make several of it")


def _checked(spec: RunSpec) -> RunSpec:
    """Return the spec, once its settings are known to be good: better now than after hours of other runs."""
    kind = find_method(spec.method)
    preset(kind, spec.dataset, spec.profile, own_overrides(kind, dict(spec.overrides)))
    return spec


def _setting(where: str, value: Any) -> Value:
    if not isinstance(value, Value):
        raise DkpError(f"{where}: {value!r} is no value of a setting", "give a number, a text, true or false")
    return value


def _swept(key: str, values: Any) -> list[Value]:
    if not isinstance(values, list) or not values:
        hint = f"give a list of values: sweep = {{ {key} = [1, 2] }}"
        raise DkpError(f"sweep {key}: {values!r} is no list of values", hint)
    return [_setting(f"sweep {key}", value) for value in values]


def _all_required(spec: RunSpec) -> Iterator[RunSpec]:
    for one in spec.required():
        yield from _all_required(one)
        yield one
