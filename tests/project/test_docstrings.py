"""Every public method is documented, where it is defined or first declared; every example is right."""

import ast
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


WITH_EXAMPLES = ("dkp_bench.api", "dkp_bench.ops", "dkp_bench.scoring", "dkp_bench.statistics")
"""Packages of which every public function shows an example.

Not those in the file of one protocol: they have the shape of ``protocols.base.match_plain``, which has the example.
"""
PROTOCOLS = "dkp_bench.scoring.protocols."


@pytest.mark.parametrize(
    "module", [name for name in MODULES if name.startswith(WITH_EXAMPLES) and not name.startswith(PROTOCOLS)]
)
def test_public_functions_show_an_example(module: str) -> None:
    without = [
        name
        for name, item in inspect.getmembers(importlib.import_module(module), inspect.isfunction)
        if item.__module__ == module and not name.startswith("_") and ">>> " not in (inspect.getdoc(item) or "")
    ]
    assert without == []


NO_VERBS = frozenset(
    [
        "A",
        "All",
        "An",
        "As",
        "Each",
        "Every",
        "From",
        "How",
        "If",
        "In",
        "On",
        "One",
        "Something",
        "That",
        "The",
        "Those",
        "Up",
        "What",
        "When",
        "Where",
        "Whether",
        "Which",
        "Who",
        "Why",
    ]
)
"""Words that no docstring of a function starts with: it says what the function does, and starts with that verb."""


@pytest.mark.parametrize("module", MODULES)
def test_docstrings_of_functions_start_with_a_verb(module: str) -> None:
    tree = ast.parse(Path(importlib.import_module(module).__file__ or "").read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    named = {node.name: ast.get_docstring(node) for node in functions if "property" not in _decorators(node)}
    starts = {name: text.split()[0] for name, text in named.items() if text}
    assert {name: word for name, word in starts.items() if word.strip(".,:") in NO_VERBS or word.startswith("``")} == {}


def _decorators(node: ast.FunctionDef) -> str:
    return " ".join(map(ast.unparse, node.decorator_list))


@pytest.mark.parametrize("module", MODULES)
def test_examples_are_right(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
