"""The hash of the code that a method runs: it names the code of a run, and a change makes the run due again.

It follows what the method's module imports, through all that this imports in turn, as far as it is code of dkp_bench or
lies beside the method. Installed packages are named with their versions in the record's provenance. What a program
imports by a name that it computes, with ``importlib``, is not seen.
"""

import ast
import hashlib
import inspect
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from dkp_bench.errors import DkpError
from dkp_bench.methods import Method
from dkp_bench.runs.imports import ALL, Import, Modules
from dkp_bench.syntax import meaning, parse

LEFT_OUT: Final[Mapping[str, str]] = {
    "dkp_bench": "the version, and names that are followed to where they are from",
    "dkp_bench.datasets.base": "images are handed out as the dataset has them, which its content hash names",
    "dkp_bench.datasets.splits": "names of splits; which images are in one the content hash of the dataset names",
    "dkp_bench.datasets.finding": "words for what the check of a dataset found",
    "dkp_bench.datasets.folders": "where files lie; what is in them the content hash of the dataset names",
    "dkp_bench.errors": "words for what went wrong",
    "dkp_bench.files": "files are written as they are given",
    "dkp_bench.methods": "what a method is and how one is found: it computes nothing",
    "dkp_bench.progress": "words for how far it is",
    "dkp_bench.text": "words for numbers and lists",
    "dkp_bench.text_files": "logs and settings are read, and the settings are hashed by themselves",
    "dkp_bench.training.curves": "the log of the losses, which no training reads",
}
"""Modules of dkp_bench that a method may import and that cannot change a number, each with the reason.

Their code does not count, and neither does where it is imported from. Every other module counts, a new one too.
"""


def code_hash(methods: Collection[type[Method]]) -> str:
    """Return eight hexadecimal digits over the code of methods; comments, docstrings and layout do not count.

    Every supported Python gives the same.

    Raises:
        DkpError: naming the file, if a source cannot be read.
    """
    read = cache(_read)  # each file once
    bases = {base for method in methods for base in method.__mro__ if issubclass(base, Method)}
    texts = {text for base in bases for text in _code_of(Modules(base.__module__, Path(inspect.getfile(base)), read))}
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()[:8]


def _code_of(modules: Modules) -> Iterator[str]:
    """Yield the meaning of a method's own module and of every module that it reaches."""
    waiting, reached = [modules.own], set[str]()
    while waiting:
        module = waiting.pop()
        if module in reached or module in LEFT_OUT:
            continue
        reached.add(module)
        ignored = set()
        for statement, names in modules.imports(module).items():
            origins = {taken: modules.origin(taken) for taken in names}
            waiting += [origin.module for origin in origins.values() if origin]
            yield from (_renamed(taken, origin) for taken, origin in origins.items() if origin)
            if all(origin and origin.module in LEFT_OUT for origin in origins.values()):
                ignored.add(statement)
        yield _meaning(modules, module, ignored)
    yield from _code_of_packages(modules, reached)


def _renamed(taken: Import, origin: Import) -> str:
    """Return as which name a package re-exports another one, which no module that counts says; empty if it does not."""
    return "" if origin.name in (taken.name, ALL) else f"{taken.name} is {origin.name}"


def _code_of_packages(modules: Modules, reached: Collection[str]) -> Iterator[str]:
    """Yield what packages run when a module in them is imported; re-exports apart, which were followed by name."""
    packages = {module[:end] for module in reached for end, sign in enumerate(module) if sign == "."}
    for package in sorted(packages - {*reached, *LEFT_OUT}):
        lists = (node for node in modules.tree(package).body if _is_list_of_names(node))
        yield _meaning(modules, package, {*modules.imports(package, of_types=True), *lists})


def _is_list_of_names(node: ast.stmt) -> bool:
    """Return whether a statement assigns ``__all__``."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _meaning(modules: Modules, module: str, ignored: Collection[ast.stmt]) -> str:
    try:
        return _text(modules.tree(module), frozenset(ignored))
    except (RecursionError, MemoryError):
        raise _unreadable(modules.file(module), "it is nested too deep") from None


def _read(file: Path) -> ast.Module:
    try:
        return _parsed(file.read_bytes())
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or str(error)
    except (RecursionError, MemoryError):
        why = "it is nested too deep"
    raise _unreadable(file, why)


def _unreadable(file: Path | None, why: str) -> DkpError:
    return DkpError(f"{file}: cannot be read as Python: {why}", "correct it; its code belongs to the run")


@cache
def _parsed(source: bytes) -> ast.Module:
    return parse(source)


@cache
def _text(tree: ast.Module, ignored: frozenset[ast.stmt]) -> str:
    return meaning(tree, ignored)
