import os
import pickle
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dkp_bench.datasets.taichi import pickle_machine
from dkp_bench.datasets.taichi.pickle_machine import Call, ForbiddenError, Name, inert

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.text(max_size=300) | st.binary(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(), inner, max_size=5)
        | st.tuples(inner, inner, inner, inner)
    ),
    max_leaves=20,
)


class Reduced:
    """Pickles as a call."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call[0], self.call[1:]


@given(value=PLAIN)
def test_plain_data_read_as_pickle_reads_them(value: object) -> None:
    assert inert(pickle.dumps(value, protocol=4), ()) == value


@given(value=st.lists(st.tuples(st.text(max_size=3), st.integers(0, 9)), max_size=2000))
@example(value=[("a", 1)] * 2000)
def test_what_occurs_again_is_recalled(value: object) -> None:
    assert inert(pickle.dumps([value, value], protocol=4), ()) == [value, value]


def test_a_call_is_kept_and_not_made(tmp_path: Path) -> None:
    content = pickle.dumps([Reduced(os.mkdir, str(tmp_path / "made"))], protocol=4)
    (call,) = inert(content, {Name(os.mkdir.__module__, "mkdir")})
    assert (call.name.name, call.arguments, call.state) == ("mkdir", (str(tmp_path / "made"),), None)
    assert not (tmp_path / "made").exists(), "not even what is admitted is called"
    pickle.loads(content)
    assert (tmp_path / "made").exists(), "while this is what pickle would have done"


def test_the_state_of_an_object_is_kept() -> None:
    array = inert(
        pickle.dumps(np.arange(3), protocol=4),
        {
            Name(np.ndarray.__module__, "ndarray"),
            Name(np.dtype.__module__, "dtype"),
            *(Name(f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")),
        },
    )
    assert isinstance(array, Call)
    assert array.state[1] == (3,)


ATTACKS: dict[str, Callable[[str], bytes]] = {
    "posix.system": lambda marker: pickle.dumps(Reduced(os.system, f"touch {marker}"), protocol=4),
    "builtins.eval": lambda marker: pickle.dumps([{"a": (Reduced(eval, f"open({marker!r}, 'w')"),)}], protocol=4),
    "__builtin__.exec": lambda marker: pickle.dumps(Reduced(exec, f"open({marker!r}, 'w')"), protocol=2),
    "builtins.getattr": lambda marker: pickle.dumps(Reduced(getattr, Reduced(__import__, "os"), "system"), protocol=5),
    "os.system": lambda marker: b"cos\nsystem\n(S'touch " + marker.encode() + b"'\ntR.",
    "posix.mkdir": lambda marker: b"\x80\x04\x8c\x05posix\x94\x8c\x05mkdir\x94\x93\x94\x8c\x01x\x85R.",
    "copyreg._reconstructor": lambda marker: pickle.dumps(
        Reduced(__import__("copyreg")._reconstructor, int, object, 0)
    ),
    "numpy.load": lambda marker: b"\x80\x04cnumpy\nload\n(\x8c\x04a.pkN\x88tR.",
    "numpy.testing._private.utils.runstring": lambda marker: (
        b"\x80\x04cnumpy.testing._private.utils\nrunstring\n\x8c\x01x}\x86R."
    ),
    "\\\\u.x": lambda marker: b"\x80\x04c\\u\nx\n.",
    "builtins.slice.__init__": lambda marker: b"\x80\x04\x8c\x08builtins\x8c\x0eslice.__init__\x93.",
}


@pytest.mark.parametrize("forbidden", ATTACKS)
def test_a_name_that_is_not_admitted_is_refused_before_anything_runs(forbidden: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    with pytest.raises(ForbiddenError) as error:
        inert(ATTACKS[forbidden](str(marker)), {Name("builtins", "slice")})
    assert str(error.value) == f"the class '{forbidden}'"
    assert not marker.exists()


@pytest.mark.parametrize(
    ("content", "instruction"),
    [
        (b"(S'touch x'\nios\nsystem\n.", "STRING at byte 1"),
        (b"\x80\x04\x82\x01.", "EXT1 at byte 2"),
        (b"\x80\x04Pname\n.", "PERSID at byte 2"),
        (b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x01aQ.", "BINPERSID at byte 14"),
        (b"\x80\x04Nr\xff\xff\xff\x7f.", "LONG_BINPUT at byte 3"),
        (b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x7f", ""),
        (b"\x80\x04\x8f.", "EMPTY_SET at byte 2"),
    ],
)
def test_other_instructions_are_refused(content: bytes, instruction: str) -> None:
    with pytest.raises(ValueError, match=f"the instruction {instruction}" if instruction else "expected"):
        inert(content, ())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "pickle exhausted before seeing STOP"),
        (b"\x89PNG\r\n\x1a\n", "PERSID"),
        (b"<!DOCTYPE html>", "opcode b'<' unknown"),
        (b"version https://git-lfs.github.com/spec/v1", "opcode b'v' unknown"),
        (pickle.dumps(list(range(100)), protocol=4)[:50], "exhausted"),
        (pickle.dumps("a" * 100, protocol=4)[:50], "expected 100 bytes"),
        (b"\x80\x04.", "index out of range"),
        (b"\x80\x04e.", "pop from empty list"),
        (b"\x80\x04h\x05.", "index out of range"),
        (b"\x80\x04NNR.", "a NoneType is where a tuple should be"),
        (b"\x80\x04NNb.", "a NoneType is where a Call should be"),
        (b"\x80\x04cbuiltins\nslice\n)R}b}b.", "slice is given its state twice"),
        (b"\x80\x04}))s.", "a tuple is where a str should be"),
        (b"\x80\x04}(K\x01K\x02u.", "keys that are no text"),
    ],
)
def test_what_is_damaged_or_no_pickle_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        inert(content, {Name("builtins", "slice")})


def test_a_long_pickle_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle_machine, "MOST_INSTRUCTIONS", 1000)
    inert(b"\x80\x04" + b"]" * 900 + b".", ())
    with pytest.raises(ValueError, match="more than 1,000 instructions"):
        inert(b"\x80\x04" + b"]" * 1001 + b".", ())


def test_deep_nesting_is_no_danger() -> None:
    depth = 100_000
    nested = inert(b"\x80\x04)" + b"\x85" * depth + b".", ())
    for _ in range(depth):
        assert isinstance(nested, tuple)
        (nested,) = nested
    assert nested == ()
    with pytest.raises(ValueError, match="a tuple is where a str should be"):
        inert(b"\x80\x04})" + b"\x85" * depth + b"Ns.", ())  # hashing it would overflow the stack


def test_a_value_may_stand_for_a_billion() -> None:
    lists = b"]\x94" + b"".join(b"]\x94(" + bytes((ord("h"), level)) * 10 + b"e" for level in range(9))
    (laughs,) = inert(b"\x80\x04(" + lists + b"t" + b"\x85.", ())
    assert len(laughs) == 10
    assert len(laughs[-1]) == 10


@given(seed=st.integers(0, 2**32 - 1))
def test_a_damaged_pickle_never_ends_in_another_error(seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(pickle.dumps([{"a": (1, "b", None, b"c" * 9), "d": [np.arange(4)]}] * 3, protocol=4))
    for _ in range(chance.randrange(1, 6)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    with suppress(ValueError):
        inert(bytes(content), {Name("numpy", "ndarray"), Name("numpy", "dtype")})


PIECES = (
    *(
        b"N",
        b"\x88",
        b"\x89",
        b"K\x01",
        b"\x8c\x01a",
        b"C\x01a",
        b")",
        b"]",
        b"}",
        b"(",
        b"t",
        b"\x85",
        b"\x86",
        b"\x87",
    ),
    *(b"a", b"e", b"s", b"u", b"\x94", b"h\x00", b"h\x01", b"\x93", b"cbuiltins\nslice\n", b"R", b"\x81", b"b"),
)


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=40))
def test_no_program_ends_in_another_error(pieces: list[bytes]) -> None:
    with suppress(ValueError):
        inert(b"\x80\x04" + b"".join(pieces) + b".", {Name("builtins", "slice")})
