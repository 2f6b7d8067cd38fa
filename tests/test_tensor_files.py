"""Files of PyTorch's: what is in them, unless a name in them would keep one waiting."""

import io
import pickle
import time
import zipfile
from pathlib import Path

import pytest
import torch

from dkp_bench.tensor_files import LONGEST, load_tensors


def saved(value: object, *, old: bool = False) -> bytes:
    content = io.BytesIO()
    torch.save(value, content, _use_new_zipfile_serialization=not old)
    return content.getvalue()


@pytest.mark.parametrize("old", [False, True])
def test_what_was_saved_comes_back(tmp_path: Path, old: bool) -> None:
    content = saved({"a": torch.arange(6.0).reshape(2, 3), "step": 3, "losses": [0.5]}, old=old)
    (tmp_path / "a.pt").write_bytes(content)
    for source in (content, tmp_path / "a.pt"):
        found = load_tensors(source)
        assert found["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
        assert (found["step"], found["losses"]) == (3, [0.5])


def with_pickle(content: bytes) -> bytes:
    """A file whose description of the tensors is another one, checksums and all."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved({"a": torch.ones(2)}))) as sound, zipfile.ZipFile(buffer, "w") as made:
        for part in sound.namelist():
            made.writestr(part, content if part.endswith("data.pkl") else sound.read(part))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (with_pickle(b"\x80\x02c" + b"]" * 900_000 + b"\nx\nq\x00."), "a text in it has 900,002 characters"),
        (with_pickle(pickle.dumps({"a" * (LONGEST + 1): 1}, protocol=2)), "a text in it has 1,001 characters"),
        (with_pickle(b"\x80\x02" + b"N0" * 1_100_000 + b"N."), "it has more than 2,000,000 instructions"),
        (b"c" + b"]" * 900_000 + b"\nx\n.", "a text in it has 900,002 characters"),
        (b"", "pickle exhausted"),
        (b"c\\u\nx\n.", "pickle exhausted"),
        (b"PK\x03\x04", "not a zip file"),
    ],
    ids=["class", "key", "instructions", "old", "empty", "escape", "zip"],
)
def test_what_keeps_one_waiting_is_refused_at_once(content: bytes, told: str) -> None:
    started = time.process_time()
    with pytest.raises((ValueError, zipfile.BadZipFile), match=told):
        load_tensors(content)
    assert time.process_time() - started < 5, "PyTorch alone takes minutes for the first of them"
