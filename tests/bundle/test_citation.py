"""Reading a citation file: the checkout's, the installed one, and those of strangers."""

import importlib.metadata
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import dkp_bench
from dkp_bench.bundle import citation
from dkp_bench.bundle.citation import read_citation, software_citation
from dkp_bench.errors import DkpError

SMALL = "title: T\nversion: 1.0.0\nauthors:\n  - name: A\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "CITATION.cff"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_says_what_the_file_says(repository: Path) -> None:
    content = YAML(typ="safe").load(repository / "CITATION.cff")
    found = software_citation()
    assert (found.title, found.version, found.license) == (content["title"], content["version"], content["license"])
    assert [work.title for work in found.references] == [work["title"] for work in content["references"]]
    assert [work.arxiv for work in found.references] == ["2410.14700", "2205.10636"]
    assert found.references[0].authors[0].family_names == "Anand"
    assert found.version == dkp_bench.__version__


class Installed:
    """The metadata of an installed package."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def read_text(self, name: str) -> str | None:
        return self.text if name == "extra_metadata/CITATION.cff" else None


def test_once_installed_it_is_read_from_the_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "title: somebody else's\nauthors: [{name: B}]\n")
    monkeypatch.setattr(dkp_bench, "__file__", str(tmp_path / "dkp_bench" / "__init__.py"))
    monkeypatch.setattr(citation, "distribution", lambda name: Installed(SMALL))
    assert software_citation().title == "T"


@pytest.mark.parametrize("known", [True, False])
def test_without_one_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    def distribution(name: str) -> Installed:
        if not known:
            raise importlib.metadata.PackageNotFoundError(name)
        return Installed(None)

    monkeypatch.setattr(dkp_bench, "__file__", str(tmp_path / "dkp_bench" / "__init__.py"))
    monkeypatch.setattr(citation, "distribution", distribution)
    with pytest.raises(DkpError, match=r"has no CITATION\.cff"):
        software_citation()


def test_the_wheel_carries_the_file(repository: Path) -> None:
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    extra = project["tool"]["hatch"]["build"]["targets"]["wheel"]["extra-metadata"]
    assert extra == {"CITATION.cff": "CITATION.cff"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title: T\n", "is not a citation file: authors: Field required"),
        ("- a\n", "is not a citation file: the top level"),
        (f"{SMALL}doi: [1]\n", "is not a citation file: doi"),
        ("title: [\n", "is not YAML"),
        ("a: &a [x]\nb: *a\n", "aliases .* are not accepted"),
        ("!!python/object/apply:os.system ['true']", "is not YAML: could not determine a constructor"),
        ("[" * 20_000, "is not YAML"),
        ("# " + "x" * 70_000, "has more than 65,536 bytes"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DkpError, match=rf"(?s)CITATION\.cff.*{says}"):
        read_citation(write(tmp_path, text))


def test_a_file_that_is_not_utf8_or_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=r"CITATION\.cff is missing"):
        read_citation(tmp_path / "CITATION.cff")
    (tmp_path / "CITATION.cff").write_bytes(b"\xff\xfe")
    with pytest.raises(DkpError, match=r"CITATION\.cff is not UTF-8"):
        read_citation(tmp_path / "CITATION.cff")
