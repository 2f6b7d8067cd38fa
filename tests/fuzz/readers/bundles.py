"""Bundles and citations, which come from strangers."""

from pathlib import Path

from made_up import make_record

from dkp_bench.bundle.bag import read_info, read_manifest, write_bag
from dkp_bench.bundle.bag_check import check_bag
from dkp_bench.bundle.citation import read_citation
from dkp_bench.bundle.cite import cite_bundle, read_bundle
from dkp_bench.bundle.untrusted import read_tree
from fuzz.reader import Reader, written

REPOSITORY = Path(__file__).parents[3]
MANIFESTS = ("manifest-sha256.txt", "tagmanifest-sha256.txt")


def _bag(folder: Path) -> list[Path]:
    text = make_record().model_dump_json(indent=1).encode()
    written(folder, {"data/a.json": text, "data/b c/ü%.txt": b"text", "data/CITATION.cff": _citation_text()})
    info = {"Bundle-Version": "1.0", "Git-Commit": "ab" * 20, "Bagging-Date": "2026-01-02", "Title": "of a bag"}
    write_bag(folder, info)
    return [folder / name for name in ("bagit.txt", "bag-info.txt", *MANIFESTS)]


def _citation_text() -> bytes:
    return (REPOSITORY / "CITATION.cff").read_bytes()


def _read_bag(folder: Path) -> object:
    return check_bag(read_tree(folder), lambda *_: None), [read_manifest(folder, name) for name in MANIFESTS]


def _citation(folder: Path) -> list[Path]:
    return written(folder, {"CITATION.cff": _citation_text()})


def _cite(folder: Path) -> str:
    return cite_bundle(read_bundle(folder), read_citation(REPOSITORY / "CITATION.cff"))


READERS = (
    Reader("a bag", ("bundle.bag_check", "bundle.bag", "bundle.untrusted"), _bag, _read_bag),
    Reader("what a bag says of itself", ("bundle.bag",), _bag, read_info),
    Reader("a bundle to be cited", ("bundle.cite",), _bag, _cite),
    Reader(
        "a citation file",
        ("bundle.citation",),
        _citation,
        lambda folder: read_citation(folder / "CITATION.cff"),
    ),
)
