"""Damaging a file: what disks, editors, transfers and strangers do to one, drawn from a seed."""

import random
import re
from collections.abc import Callable, Sequence

LARGEST = 2**20
"""Bytes of a damaged file; larger ones take time and find nothing else."""
NUMBERS = (
    *(b"0", b"-0", b"-1", b"1", b"2", b"127", b"255", b"256", b"32768", b"65535", b"65536", b"2147483648"),
    *(b"4294967296", b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"1e308", b"-1e308"),
    *(b"1e309", b"1e-400", b"1e99999999999999999999", b"NaN", b"nan", b"Infinity", b"-inf", b"0.1", b"1_000", b"0x10"),
)
TOKENS = (
    *(
        b"null",
        b"true",
        b"false",
        b"[]",
        b"{}",
        b'""',
        b"''",
        b"'",
        b'"',
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b":",
        b"=",
        b".",
    ),
    *(b"\n", b"\r\n", b"\r", b"\0", b"\t", b"#", b"\\", b"\\u0000", b"\\ud800", b"\\u001b[2J", b"\x1b[2J\x1b]0;x\x07"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"\x80", "\u202e".encode(), "\u2028".encode(), b"\x7f"),
    *(
        b"../../etc/passwd",
        b"/dev/zero",
        b"~",
        b"-rf",
        b"$(id)",
        b"`id`",
        b"%0A",
        b"%s",
        b"{0}",
        b"__class__",
        b"__proto__",
    ),
    *(
        b"[[a]]",
        b"[a.b]",
        b"a.b.c = 1",
        b'"""',
        b"'''",
        b"1979-05-27T07:32:00Z",
        b"--- ",
        b"&a",
        b"*a",
        b"!!python/object",
    ),
)
EDGES = (
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    127,
    128,
    255,
    256,
    32767,
    32768,
    65535,
    2**24,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63,
    2**64 - 1,
)

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def damaged(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """``content`` after one to five mutations.

    Args:
        chance: what is drawn from.
        content: of a sound file, or of a damaged one.
        others: sound files of the same kind, to splice with.
    """
    for _ in range(min(5, 1 + int(chance.expovariate(1.0)))):
        content = chance.choice(MUTATIONS)(chance, content, others)[:LARGEST]
    return content


def _place(chance: random.Random, content: bytes) -> int:
    return chance.randrange(len(content) + 1)


def _span(chance: random.Random, content: bytes) -> tuple[int, int]:
    """Most spans are short, some are most of the file."""
    start = _place(chance, content)
    return start, min(len(content), start + 2 ** chance.randrange(0, max(2, len(content).bit_length())))


def flip_bits(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def set_bytes(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    start, end = _span(chance, content)
    fill = chance.choice((b"\0", b"\xff", b" ", chance.randbytes(1)))
    return content[:start] + fill * (end - start) + content[end:]


def set_number(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """A number of two to eight bytes, as headers have them, becomes one at the edge of a range."""
    size = chance.choice((1, 2, 4, 8))
    start = chance.randrange(max(1, len(content) - size + 1))
    number = chance.choice(EDGES) % 2 ** (8 * size)
    return content[:start] + number.to_bytes(size, chance.choice(("little", "big"))) + content[start + size :]


def cut_off(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    return content[: _place(chance, content)]


def leave_out(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    start, end = _span(chance, content)
    return content[:start] + content[end:]


def repeat(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    start, end = _span(chance, content)
    return content[:end] + content[start:end] * chance.choice((1, 1, 2, 50)) + content[end:]


def move(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    start, end = _span(chance, content)
    rest = content[:start] + content[end:]
    place = _place(chance, rest)
    return rest[:place] + content[start:end] + rest[place:]


def splice(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    return content[: _place(chance, content)] + other[_place(chance, other) :]


def insert_noise(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    place = _place(chance, content)
    return content[:place] + chance.randbytes(2 ** chance.randrange(8)) + content[place:]


def insert_token(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    place = _place(chance, content)
    return content[:place] + chance.choice(TOKENS) + content[place:]


def begin_with_token(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    return chance.choice(TOKENS) + content


def replace_word(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """A number, a name or a quoted text becomes another value, of another kind more often than not."""
    words = list(re.finditer(rb'-?\d[\d.eE+-]*|"[^"\n]*"|[A-Za-z_][\w-]*', content))
    if not words:
        return insert_token(chance, content, others)
    word = chance.choice(words)
    value = chance.choice((chance.choice(NUMBERS), chance.choice(TOKENS), chance.choice(words)[0], _long(chance)))
    quoted = word[0].startswith(b'"') and chance.random() < 0.5
    return content[: word.start()] + (b'"' + value + b'"' if quoted else value) + content[word.end() :]


def nest(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    opening, closing = chance.choice(
        ((b"[", b"]"), (b"{", b"}"), (b'{"a":', b"}"), (b"{a=", b"}"), (b"a.", b""), (b"(", b")"))
    )
    depth, place = chance.choice((10, 99, 101, 1000, 20_000)), _place(chance, content)
    return (
        content[:place]
        + opening * depth
        + chance.choice((b"", b"1", closing * depth, b"1" + closing * depth))
        + content[place:]
    )


def lines(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """Lines are exchanged, lost or there twice."""
    all_lines = content.splitlines(keepends=True)
    if len(all_lines) < 2:
        return repeat(chance, content, others)
    one, other = chance.randrange(len(all_lines)), chance.randrange(len(all_lines))
    kind = chance.randrange(3)
    if kind == 0:
        all_lines[one], all_lines[other] = all_lines[other], all_lines[one]
    elif kind == 1:
        del all_lines[one]
    else:
        all_lines.insert(other, all_lines[one])
    return b"".join(all_lines)


def recode(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """What an editor makes of text: another encoding, a byte order mark, other line ends."""
    kind = chance.randrange(5)
    if kind == 0:
        return b"\xef\xbb\xbf" + content
    if kind == 1:
        return content.replace(b"\n", b"\r\n")
    if kind == 2:
        return content.replace(b"\n", b"\r")
    text = content.decode("latin-1")
    return text.encode("utf-16") if kind == 3 else text.encode("utf-8")


def _long(chance: random.Random) -> bytes:
    size = chance.choice((100, 401, 5_000, 100_000))
    return chance.choice((b"9", b"a", b"-", b"[", b"\x1b", "é".encode(), b"1.", b"0_")) * size


MUTATIONS: tuple[Mutation, ...] = (
    *(flip_bits, flip_bits, set_bytes, set_number, set_number, cut_off, leave_out, repeat, move, splice, insert_noise),
    *(insert_token, begin_with_token, replace_word, replace_word, replace_word, nest, lines, lines, recode),
)
