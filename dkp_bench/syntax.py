"""What Python source means, as text: the same for the same code, whichever supported Python reads it.

``ast.dump`` is no such text: Python 3.12 added the type parameters of functions and classes to it, and 3.13 leaves
empty lists out.
"""

import ast
import warnings
from collections.abc import Iterator
from typing import Any

VALUES = (ast.Constant, ast.MatchSingleton)
"""Nodes whose value may be None, and then says so; of all others None is a part that is not there."""
PARAMETRIC = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def meaning(source: bytes) -> str:
    """The syntax tree of a module, without comments, layout, docstrings and parts that are not there.

    Raises:
        ValueError: saying what is wrong, if this is no Python of the version that runs.
        RecursionError: if it is nested too deep; some Pythons raise a MemoryError then.

    >>> meaning(b"x = 1  # why") == meaning(b"x  =  1")
    True
    >>> meaning(b"f(None)")
    "Module(body=[Expr(value=Call(func=Name(id='f', ctx=Load()), args=[Constant(value=None)]))])"
    """
    return _told(_tree(source))


def former_meanings(source: bytes) -> tuple[str, ...]:
    """What ``ast.dump`` of Python 3.11, 3.12 and 3.13 says of a module without docstrings.

    Raises:
        ValueError: as :func:`meaning` does.
    """
    tree = _tree(source)
    return _dumped(tree, True, False), _dumped(tree, True, True), _dumped(tree, False, False)


def _tree(source: bytes) -> ast.Module:
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


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _told(item: Any) -> str:
    if isinstance(item, list):
        return f"[{', '.join(map(_told, item))}]"
    if not isinstance(item, ast.AST):
        return ascii(item)  # repr escapes what the Unicode tables of the Python at hand do not know
    parts = dict(_parts(item))
    parts.pop("kind", None)  # of a text: whether it is written u"…"
    if isinstance(item, ast.JoinedStr):
        parts["values"] = list(_joined(item.values))
    told = (f"{name}={_told(value)}" for name, value in parts.items() if value != [])
    return f"{type(item).__name__}({', '.join(told)})"


def _joined(values: list[ast.expr]) -> Iterator[ast.expr]:
    """The parts of an f-string: neighbouring texts as one, empty ones left out."""
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


def _dumped(item: Any, empty_lists: bool, type_params: bool) -> str:
    if isinstance(item, list):
        return f"[{', '.join(_dumped(part, empty_lists, type_params) for part in item)}]"
    if not isinstance(item, ast.AST):
        return repr(item)
    parts = dict(_parts(item))
    if isinstance(item, PARAMETRIC) and not parts.get("type_params"):
        parts |= {"type_params": []}
    shown = {
        name: value
        for name, value in parts.items()
        if value != [] or (type_params if name == "type_params" else empty_lists)
    }
    told = (f"{name}={_dumped(value, empty_lists, type_params)}" for name, value in shown.items())
    return f"{type(item).__name__}({', '.join(told)})"


def _parts(node: ast.AST) -> Iterator[tuple[str, Any]]:
    for name, value in ast.iter_fields(node):
        if value is not None or (isinstance(node, VALUES) and name == "value"):
            yield name, value
