"""The meaning of Python source as text: the same for the same code, whichever supported Python reads it.

``ast.dump`` gives no such text: Python 3.12 added the type parameters of functions and classes to it, and 3.13 leaves
empty lists out.
"""

import ast
import warnings
from collections.abc import Collection, Iterator
from typing import Any

VALUES = (ast.Constant, ast.MatchSingleton)
"""Nodes whose value may be None, and then says so; in all others None is a part that is not there."""


def parse(source: bytes) -> ast.Module:
    """Return the syntax tree of a module, without docstrings.

    Raises:
        ValueError: saying what is wrong, if this is no Python of the version that runs.
        RecursionError: if it is nested too deep; some Pythons raise a MemoryError then.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes such as "\d", which Python has told its author already
            tree = ast.parse(source)
    except SyntaxError as error:
        raise ValueError(f"{error.msg} (line {error.lineno})" if error.lineno else error.msg) from error
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [item for item in body if not _is_text(item)]  # type: ignore[attr-defined]
    return tree


def meaning(tree: ast.Module, without: Collection[ast.stmt] = ()) -> str:
    """Return a syntax tree as text, without comments, layout and parts that are not there.

    Args:
        tree: as :func:`parse` returns it.
        without: statements of the tree that do not count.

    Raises:
        RecursionError: if the tree is nested too deep.

    >>> meaning(parse(b"x = 1  # why")) == meaning(parse(b"x  =  1"))
    True
    >>> meaning(parse(b"f(None)"))
    "Module(body=[Expr(value=Call(func=Name(id='f', ctx=Load()), args=[Constant(value=None)]))])"
    """
    return _text(tree, frozenset(map(id, without)))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _text(item: Any, without: frozenset[int]) -> str:
    if isinstance(item, list):
        return f"[{', '.join(_text(part, without) for part in item if id(part) not in without)}]"
    if not isinstance(item, ast.AST):
        return ascii(item)  # repr escapes what the Unicode tables of the Python at hand do not know
    parts = dict(_parts(item))
    parts.pop("kind", None)  # of a text: whether it is written u"…"
    if isinstance(item, ast.JoinedStr):
        parts["values"] = list(_joined(item.values))
    texts = (f"{name}={_text(value, without)}" for name, value in parts.items() if value != [])
    return f"{type(item).__name__}({', '.join(texts)})"


def _joined(values: list[ast.expr]) -> Iterator[ast.expr]:
    """Yield the parts of an f-string: neighbouring texts as one, empty ones left out."""
    text = ""
    for value in values:
        if isinstance(value, ast.Constant):
            text += str(value.value)
            continue
        if text:
            yield ast.Constant(text)
        text = ""
        yield value
    if text:
        yield ast.Constant(text)


def _parts(node: ast.AST) -> Iterator[tuple[str, Any]]:
    for name, value in ast.iter_fields(node):
        if value is not None or (isinstance(node, VALUES) and name == "value"):
            yield name, value
