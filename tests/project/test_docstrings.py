"""Every public method is documented, where it is defined or where it is first declared; every example is right."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
MODULES = [
    ".".join(file.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
    for package in ("dkp_bench", "dkp_bench/baselines", "dkp_bench/reference")  # rglob follows no link
    for file in sorted((REPOSITORY / package).rglob("*.py"))
    if file.stem != "__main__"
]


@pytest.mark.parametrize("module", MODULES)
def test_public_methods_are_documented(module: str) -> None:
    undocumented = [
        f"{class_name}.{name}"
        for class_name, item in inspect.getmembers(importlib.import_module(module), inspect.isclass)
        if item.__module__ == module and not class_name.startswith("_")
        for name, member in vars(item).items()
        if not name.startswith("_")
        and (callable(member) or isinstance(member, property | classmethod | staticmethod))
        and not inspect.getdoc(getattr(item, name))
    ]
    assert undocumented == []


@pytest.mark.parametrize("module", MODULES)
def test_examples_are_right(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
