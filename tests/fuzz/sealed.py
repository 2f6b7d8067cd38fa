"""Damage that checksums do not betray: a container is opened, what is in it damaged, and the container closed again."""

import contextlib
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence

from fuzz.mutations import damaged

PNG_START = b"\x89PNG\r\n\x1a\n"
MAT_HEADER = 128
SHAPES = (
    b"()",
    b"(0,)",
    b"(2, 2)",
    b"(-1, 2)",
    b"(4294967296, 4294967296)",
    b"(1,) * 9",
    b"(True, 2, 2)",
    b"(20, 3, 3)",
)
KINDS = (
    *(b"'<f8'", b"'<f2'", b"'>f4'", b"'<i4'", b"'|b1'", b"'|O'", b"'<U9'", b"'<M8[s]'"),
    *(b"[('a', '<f4')]", b"'<c16'", b"'<f16'"),
)

Damage = Callable[[random.Random, bytes], bytes]


def damaged_inside(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """Damage within a zip (``.npz``, ``.pt``), PNG, ``.safetensors`` or MATLAB file; any other file as it is."""

    def damage(part: bytes) -> bytes:
        return damaged(chance, part, others)

    try:
        if content.startswith(b"PK"):
            return _zip(chance, content, damage)
        if content.startswith(PNG_START):
            return _png(chance, content, damage)
        if content[8:9] == b"{":
            return _safetensors(content, damage)
        if content[126:128] == b"IM" and content[128:132] == struct.pack("<I", 15):
            return content[:MAT_HEADER] + _compressed(damage(zlib.decompress(content[MAT_HEADER + 8 :])))
    except (ValueError, zlib.error, zipfile.BadZipFile, struct.error, NotImplementedError, OSError):
        pass  # a second damage meets a container that the first one broke
    return damaged(chance, content, others)


def _zip(chance: random.Random, content: bytes, damage: Callable[[bytes], bytes]) -> bytes:
    """Change a member, its name, or which members there are."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(info.filename, archive.read(info), info.compress_type) for info in archive.infolist()]
    number = chance.randrange(len(members))
    name, data, kind = members[number]
    what = chance.randrange(8)
    if what == 0:
        members.pop(number)
    elif what == 1:
        members.append((chance.choice(members)[0], data, kind))
    elif what == 2:
        members[number] = (damage(name.encode()).decode("latin-1")[:1000], data, kind)
    elif what == 3 and data.startswith(b"\x93NUMPY"):
        members[number] = (name, _npy(chance, data, damage), kind)
    else:
        members[number] = (name, damage(data), chance.choice((kind, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data, kind in members:
            archive.writestr(zipfile.ZipInfo(name.replace("\0", "")), data, kind)
    return buffer.getvalue()


def _npy(chance: random.Random, content: bytes, damage: Callable[[bytes], bytes]) -> bytes:
    """Change the header of an array, which is Python source, and say its length as it is."""
    start = 10
    length = int.from_bytes(content[8:start], "little")
    header, data = content[start : start + length], content[start + length :]
    if chance.random() < 0.3:
        header = header.replace(header[header.find(b"(") : header.find(b")") + 1], chance.choice(SHAPES))
    elif chance.random() < 0.5:
        header = header.replace(b"'<f4'", chance.choice(KINDS)).replace(b"'|b1'", chance.choice(KINDS))
    else:
        header = damage(header)
    header = header[:65_000]
    return content[:8] + len(header).to_bytes(2, "little") + header + data


def _png(chance: random.Random, content: bytes, damage: Callable[[bytes], bytes]) -> bytes:
    """Change a chunk, or the pixels before they are compressed, and compute the checksums."""
    chunks = []
    at = len(PNG_START)
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    number = chance.randrange(len(chunks))
    kind, data = chunks[number]
    if kind == b"IDAT" and chance.random() < 0.7:
        data = zlib.compress(damage(zlib.decompress(data)))
    elif kind == b"IHDR" and chance.random() < 0.7:
        data = (damage(data) + data)[: len(data)]
    else:
        data = damage(data)
    chunks[number] = (kind, data)
    if chance.random() < 0.2:
        chunks.insert(number, chance.choice(chunks))
    sealed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return PNG_START + b"".join(sealed)


def _safetensors(content: bytes, damage: Callable[[bytes], bytes]) -> bytes:
    length = int.from_bytes(content[:8], "little")
    header = damage(content[8 : 8 + length])
    if len(header) < 1000:
        with contextlib.suppress(ValueError, RecursionError):
            header = json.dumps(json.loads(header)).encode()
    return len(header).to_bytes(8, "little") + header + content[8 + length :]


def _compressed(variable: bytes) -> bytes:
    packed = zlib.compress(variable)
    return struct.pack("<II", 15, len(packed)) + packed
