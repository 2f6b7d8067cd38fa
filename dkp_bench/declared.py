"""What the file of a method says of it, read without running it.

To list the methods, to look up a name that was typed or a name in a record, none of them need be imported: PyTorch
alone takes seconds, and a module that a record from elsewhere names must not run. The class statements are read from
the syntax tree and rebuilt as empty classes, so that Python itself says what is inherited from where.
"""

import ast
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from inspect import cleandoc
from pathlib import Path
from typing import Any

from dkp_bench.errors import DkpError
from dkp_bench.methods import BUILT_IN, built_in_methods
from dkp_bench.text_files import read_text

OURS = ("dkp_bench", *BUILT_IN)
"""Packages of this project: they may be imported to find a module in them."""
METHOD = "dkp_bench.methods", "Method"
UNREADABLE = (SyntaxError, ValueError, TypeError, RecursionError, MemoryError)
"""What Python raises of a source that is no Python, or nested too deep."""
FIELDS = "fields, by name"
"""Where an empty class keeps them: no attribute has such a name."""


@dataclass(frozen=True)
class Declared:
    """What the class of a method says.

    Attributes:
        name: of the method.
        summary: one line.
        learns: whether its ``fit`` learns from the images.
        requires: methods to fit first.
        settings: what each of its settings is, by name; an empty text where its file does not say.
    """

    name: str
    summary: str
    learns: bool
    requires: tuple[str, ...]
    settings: Mapping[str, str]


def declared(name: str) -> Declared | None:
    """Return what is known of a method without importing it; None where only an import can tell.

    Args:
        name: of a built-in method, or ``module:Class``.

    >>> declared("untrained").learns
    False
    """
    built_in = built_in_methods().get(name)
    if built_in:
        return _built_in(built_in)
    module, _, wanted = name.partition(":")
    return _declared(module, wanted) if module and wanted else None


def learns(name: str) -> bool:
    """Return whether a method that a record names learns; of one that is not built in, it is only known that it may."""
    found = None if ":" in name else declared(name)
    return found is None or found.learns


@cache
def _built_in(module: str) -> Declared | None:
    return _declared(module, None)


def _declared(module: str, wanted: str | None) -> Declared | None:
    """Return the class of that name, or the only method that the module defines."""
    reader = _Reader()
    method = reader.find(*METHOD)
    names = [wanted] if wanted else list(reader.statements(module))
    kinds = [kind for kind in (reader.find(module, name) for name in names) if method in kind.__mro__]
    name = getattr(kinds[0], "name", None) if len(kinds) == 1 else None
    if not isinstance(name, str):
        return None
    kind: Any = kinds[0]
    fields = [vars(base).get(FIELDS, {}) for base in reversed(kind.settings_type.__mro__)]
    settings = {key: text for each in fields for key, text in each.items()}
    requires = kind.requires if isinstance(kind.requires, tuple | list) else ()
    required = tuple(each for each in requires if isinstance(each, str))
    return Declared(name, str(getattr(kind, "summary", "")), kind.learns is not False, required, settings)


class _Reader:
    """Class statements as empty classes, each read once."""

    def __init__(self) -> None:
        self._classes: dict[tuple[str, str], type] = {}
        self._modules: dict[str, tuple[dict[str, ast.ClassDef], dict[str, tuple[str, str]]]] = {}

    def statements(self, module: str) -> dict[str, ast.ClassDef]:
        """Return the class statements of a module by name; empty where it cannot be read."""
        return self._module(module)[0]

    def find(self, module: str, name: str) -> type:
        """Return the class called ``name`` in a module, with its bases; ``object`` stands for what is not found."""
        place = module, name
        if place not in self._classes:
            self._classes[place] = object  # what derives from itself ends here
            classes, imported = self._module(module)
            if name in classes:
                self._classes[place] = self._rebuilt(module, classes[name])
            elif name in imported:
                self._classes[place] = self.find(*imported[name])
        return self._classes[place]

    def _module(self, module: str) -> tuple[dict[str, ast.ClassDef], dict[str, tuple[str, str]]]:
        """Return the classes of a module, and where the names that it imports are from."""
        if module not in self._modules:
            body = _syntax_tree(module).body
            classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
            imports = (node for node in body if isinstance(node, ast.ImportFrom))
            names = {a.asname or a.name: (str(node.module), a.name) for node in imports for a in node.names}
            self._modules[module] = classes, names
        return self._modules[module]

    def _rebuilt(self, module: str, statement: ast.ClassDef) -> type:
        """Make an empty class with the same bases, the attributes whose values can be read, and its annotated names."""
        bases = [self.find(module, base.id) for base in statement.bases if isinstance(base, ast.Name)]
        body: dict[str, Any] = {FIELDS: _fields(statement)}
        for node in statement.body:
            for name, value in _assigned(node):
                if isinstance(value, ast.Name) and value.id[:1].isupper():
                    body[name] = self.find(module, value.id)
                else:
                    with suppress(*UNREADABLE):
                        body[name] = ast.literal_eval(value)
        try:
            return type(statement.name, tuple(dict.fromkeys(base for base in bases if base is not object)), body)
        except TypeError:  # bases that Python itself would refuse
            return object


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Return the names that a statement of a class assigns to, with the value."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if value is not None:
        yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))


def _fields(statement: ast.ClassDef) -> dict[str, str]:
    """Return the annotated names of a class but for its ``ClassVar`` ones, each with the text below it."""
    found: dict[str, str] = {}
    last = ""
    for node in statement.body:
        if isinstance(node, ast.Expr) and last and isinstance(node.value, ast.Constant):
            found[last] = cleandoc(str(node.value.value))
        last = ""
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            last = node.target.id if "ClassVar" not in ast.dump(node.annotation) else ""
            found |= {last: ""} if last else {}
    return found


def _syntax_tree(module: str) -> ast.Module:
    """Return the syntax tree of a module's file; an empty one where there is none that can be read."""
    spec = _spec(module)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return ast.Module([], [])
    try:
        return ast.parse(read_text(Path(spec.origin)))
    except (DkpError, *UNREADABLE):
        return ast.Module([], [])


def _spec(module: str) -> ModuleSpec | None:
    """Find a module, in the current folder last; nothing of another package runs for it."""
    try:
        if module.split(".")[0] in {package.split(".")[0] for package in OURS}:
            return importlib.util.find_spec(module)
        path: Sequence[str] = [*sys.path, str(Path.cwd())]
        spec = None
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            spec = PathFinder.find_spec(".".join(parts[:end]), path)
            if spec is None:
                return None
            path = spec.submodule_search_locations or []
        return spec
    except (ImportError, ValueError):
        return None
