"""Citations: BibTeX that LaTeX can read, and APA."""

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.bundle import cite
from dkp_bench.bundle.citation import Author, Citation, Edition, Identifier, Work, software_citation
from dkp_bench.bundle.cite import cite_bundle, cite_software, read_bundle
from dkp_bench.bundle.freeze import readme
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256

Golden = Callable[[str, str], None]

PEOPLE = [
    Author.model_validate({"given-names": "Zoë M.", "family-names": "Núñez & Söhne"}),
    Author(name="R_D {group}"),
    Author.model_validate({"given-names": "Ada", "family-names": "Lovelace"}),
]
HOSTILE = Work(
    title='50 % of "$A_1$" & {more} \\input{x} ~#^',
    authors=PEOPLE,
    version="1.0",
    doi="10.1000/a_b",
)


def test_the_software_and_what_it_reproduces(golden: Golden) -> None:
    golden("software.txt", cite_software(software_citation()))


def test_a_work_with_everything_latex_minds(golden: Golden) -> None:
    golden("hostile.txt", f"{cite.bibtex_work(HOSTILE)}\n\n{cite.apa_work(HOSTILE)}")


@given(st.text())
def test_no_character_that_latex_minds_is_left(text: str) -> None:
    escaped = cite.bibtex_escape(text)
    commands = re.sub(r"\\(?:text[a-z]+\{\}|[&%$#_])", "", escaped)
    assert not set(commands) & set("\\{}&%$#_~^\n")


@given(st.text(min_size=1), st.text())
def test_a_key_has_plain_letters_and_digits_alone(title: str, name: str) -> None:
    work = Work(title=title, authors=[Author.model_validate({"family-names": name})], year=2024)
    assert re.fullmatch("[a-z0-9]*2024[a-z0-9]*", cite.bibtex_key(work))


@pytest.mark.parametrize(
    ("count", "listed"), [(1, "Lovelace, A."), (2, "R_D {group}, & Lovelace, A."), (3, "Núñez & Söhne, Z. M., R_D")]
)
def test_authors_in_apa(count: int, listed: str) -> None:
    assert cite.apa_authors(PEOPLE[-count:]).startswith(listed)


def test_a_bundle_is_identified_by_its_manifest(sound: Path) -> None:
    bundle = read_bundle(sound)
    text = cite_bundle(bundle, software_citation())
    assert text.count(sha256(sound / "manifest-sha256.txt")) == 2
    assert bundle.commit in text
    assert "  year         = {2026}," in text
    assert "month        = {3}," in text
    assert "has no DOI until one is registered" in text
    assert "doi " not in text
    assert "description: dkp-bench-results-1.0" in text


@pytest.mark.parametrize("by", ["bundle", "software"])
def test_the_address_of_the_repository_is_shown_once_there_is_one(sound: Path, by: str) -> None:
    bundle, own = read_bundle(sound), software_citation()
    assert "url " not in cite_bundle(bundle, own)
    knowing = bundle.citation.model_copy(update={"repository_code": "https://example.org/r"})
    if by == "bundle":
        bundle = type(bundle)(**{**vars(bundle), "citation": knowing})
    text = cite_bundle(bundle, knowing if by == "software" else own)
    assert "url          = {https://example.org/r}," in text
    assert "[Data set]. https://example.org/r SHA-256 of" in text
    assert re.search(r"^  url += \{https://example.org/r\},$", cite_software(knowing), re.MULTILINE)
    assert readme(Edition("1.0", bundle.commit, datetime.now(UTC)), knowing, 1, "").count("https://example.org/r") == 1


@pytest.mark.parametrize("by", ["bundle", "software"])
def test_a_registered_doi_is_shown(sound: Path, by: str) -> None:
    bundle, own = read_bundle(sound), software_citation()
    doi = Identifier(type="doi", value="10.5281/zenodo.1", description="dkp-bench-results-1.0")
    other = Identifier(type="doi", value="10.5281/zenodo.2", description="dkp-bench-results-2.0")
    knowing = bundle.citation.model_copy(update={"identifiers": [other, doi]})
    if by == "software":
        text = cite_bundle(bundle, knowing)
    else:
        text = cite_bundle(type(bundle)(**{**vars(bundle), "citation": knowing}), own)
    assert "doi          = {10.5281/zenodo.1}," in text
    assert "https://doi.org/10.5281/zenodo.1 SHA-256" in text
    assert "no DOI" not in text
    assert "zenodo.2" not in text


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("bag-info.txt", "Git-Commit", "Commit"),
        ("bag-info.txt", "Bundle-Version: 1.0", "Bundle-Version: ../1.0"),
        ("bag-info.txt", "Bagging-Date: 2026", "Bagging-Date: 20x6"),
        ("bag-info.txt", "Git-Commit: ", "Git-Commit: HEAD"),
        ("data/CITATION.cff", "authors:", "people:"),
        ("data/CITATION.cff", "license:", "doi: 10.1000/x},\nlicense:"),
        ("data/CITATION.cff", "license:", "repository-code: https://x.org/}\nlicense:"),
        ("data/CITATION.cff", "license:", "identifiers: [{type: doi, value: '10.1/}'}]\nlicense:"),
    ],
)
def test_a_damaged_bundle_is_not_cited(bundle: Path, name: str, old: str, new: str) -> None:
    path = bundle / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DkpError, match=r"is not a bundle that can be cited|is not a citation file"):
        read_bundle(bundle)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
@pytest.mark.parametrize("name", ["bag-info.txt", "manifest-sha256.txt", "data/CITATION.cff"])
@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_neither_a_pipe_nor_a_link_is_read(bundle: Path, sound: Path, name: str, kind: str) -> None:
    (bundle / name).unlink()
    if kind == "pipe":
        os.mkfifo(bundle / name)
    else:
        (bundle / name).symlink_to(sound / name)
    with pytest.raises(DkpError, match=r"is neither a file nor a folder|is a symbolic link"):
        read_bundle(bundle)


def test_what_is_no_bundle_is_not_cited(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=r"is not a bundle that can be cited: bag-info\.txt: is missing"):
        read_bundle(tmp_path)


def test_a_citation_without_a_year_has_none() -> None:
    work = Citation(title="T", authors=[Author(name="A")], version="1")
    assert "year" not in cite.bibtex_work(work)
    assert cite.apa_work(work) == "A. (n.d.). T (Version 1) [Computer software]."
