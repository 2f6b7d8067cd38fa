"""Reading a pickle without running it.

A pickle is a program for a stack machine, and two of its instructions call whatever the file names. This machine has
nothing to call: it builds plain values and keeps a call as what it is, a name and its arguments. A name that was not
admitted ends the reading, as does any instruction but those that Python writes for plain data in protocol 4.
"""

import pickletools
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

MOST_INSTRUCTIONS = 1_000_000
"""Of a pickle; a table of 5,000 rows of arrays has 131,000."""

Wanted = TypeVar("Wanted")


class ForbiddenError(ValueError):
    """A pickle names what was not admitted; the message says what."""


class Name(NamedTuple):
    """A class or function that a pickle names."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Call:
    """A call of ``name`` that a pickle asks for, and the state that it would then give to the result."""

    name: Name
    arguments: tuple[Any, ...]
    state: Any = None


def inert(content: bytes, admitted: Collection[Name]) -> object:
    """Return what a pickle describes: plain values, :class:`Name` and :class:`Call`; it may refer to itself.

    Args:
        content: the bytes of the pickle.
        admitted: the names that may occur.

    Raises:
        ForbiddenError: if it holds another name, or an instruction that no plain data need.
        ValueError: if it is damaged, no pickle, or too long; the message says which.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of an odd escape in a name, which is refused anyway
            return _Machine(admitted).run(content)
    except ForbiddenError:
        raise
    except (ValueError, TypeError, LookupError) as error:
        raise ValueError(f"it is damaged, or no pickle: {error}") from error


class _Machine:
    """The stack, the positions of its marks, and the memo."""

    def __init__(self, admitted: Collection[Name]) -> None:
        self._admitted = admitted
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: list[Any] = []

    def run(self, content: bytes) -> object:
        for number, (instruction, argument, position) in enumerate(pickletools.genops(content)):
            if instruction.name == "STOP":
                return self._pop(object)
            if number >= MOST_INSTRUCTIONS:
                raise ValueError(f"it has more than {MOST_INSTRUCTIONS:,} instructions")
            if instruction.name not in _INSTRUCTIONS:
                raise ForbiddenError(f"the instruction {instruction.name} at byte {position:,}")
            _INSTRUCTIONS[instruction.name](self, argument)
        raise ValueError("it ends too early")

    def push(self, value: object) -> None:
        self._stack.append(value)

    def tuple_of(self, count: int) -> None:
        items = tuple(self._pop(object) for _ in range(count))
        self.push(items[::-1])

    def mark(self) -> None:
        self._marks.append(len(self._stack))

    def tuple_since_mark(self) -> None:
        self.push(tuple(self._since_mark()))

    def append(self) -> None:
        item = self._pop(object)
        self._top(list).append(item)

    def extend(self) -> None:
        items = self._since_mark()
        self._top(list).extend(items)

    def set_item(self) -> None:
        value, key = self._pop(object), self._pop(str)
        self._top(dict)[key] = value

    def set_items(self) -> None:
        items = self._since_mark()
        keys = items[::2]
        if len(items) % 2 or not all(isinstance(key, str) for key in keys):
            raise ValueError("a dictionary has keys that are no text")
        self._top(dict).update(zip(keys, items[1::2], strict=True))

    def memorise(self) -> None:
        self._memo.append(self._top(object))

    def recall(self, number: int) -> None:
        self.push(self._memo[number])

    def name_from_stack(self) -> None:
        name, module = self._pop(str), self._pop(str)
        self._push_name(Name(module, name))

    def name_from_text(self, text: str) -> None:
        module, _, name = text.partition(" ")
        self._push_name(Name(module, name))

    def call(self) -> None:
        arguments, name = self._pop(tuple), self._pop(Name)
        self.push(Call(name, arguments))

    def set_state(self) -> None:
        state, made = self._pop(object), self._top(Call)
        if made.state is not None:
            raise ValueError(f"{made.name} is given its state twice")
        made.state = state

    def _push_name(self, name: Name) -> None:
        if name not in self._admitted:
            raise ForbiddenError(f"the class {str(name)[:100]!a}")
        self.push(name)

    def _pop(self, kind: type[Wanted]) -> Wanted:
        value = self._top(kind)
        del self._stack[-1]
        return value

    def _top(self, kind: type[Wanted]) -> Wanted:
        value = self._stack[-1]
        if not isinstance(value, kind):
            raise ValueError(f"a {type(value).__name__} is where a {kind.__name__} should be")
        return value

    def _since_mark(self) -> list[Any]:
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items


_INSTRUCTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda machine, _: None),
    **dict.fromkeys(("BININT", "BININT1", "BININT2"), _Machine.push),
    **dict.fromkeys(("SHORT_BINUNICODE", "BINUNICODE", "SHORT_BINBYTES", "BINBYTES"), _Machine.push),
    "NONE": lambda machine, _: machine.push(None),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "MARK": lambda machine, _: machine.mark(),
    "TUPLE": lambda machine, _: machine.tuple_since_mark(),
    "APPEND": lambda machine, _: machine.append(),
    "APPENDS": lambda machine, _: machine.extend(),
    "SETITEM": lambda machine, _: machine.set_item(),
    "SETITEMS": lambda machine, _: machine.set_items(),
    "MEMOIZE": lambda machine, _: machine.memorise(),
    "BINGET": _Machine.recall,
    "LONG_BINGET": _Machine.recall,
    "GLOBAL": _Machine.name_from_text,
    "STACK_GLOBAL": lambda machine, _: machine.name_from_stack(),
    "REDUCE": lambda machine, _: machine.call(),
    "NEWOBJ": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.set_state(),
}
"""What the machine can do; nothing else is done."""
