"""A citation as a BibTeX entry that LaTeX can read."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from dkp_bench.bundle.citation import Author, Work

SPECIAL = {  # BibTeX counts braces, a backslash before them or not
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_"},
}


def entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    """An entry of a kind such as ``misc``; empty fields are left out, texts are those of :func:`escape`."""
    filled = {name: text for name, text in fields.items() if text}
    width = max(map(len, filled))
    lines = [f"  {name:<{width}} = {{{text}}}," for name, text in filled.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def work_entry(work: Work) -> str:
    """The entry of a work: ``misc`` for software and preprints, which every style knows, or ``inproceedings``."""
    conference = work.type.startswith("conference")
    fields = {
        "author": authors(work.authors),
        "title": title(work.title),
        "booktitle" if conference else "journal": escape(work.collection_title),
        "howpublished": escape(f"Computer software, version {work.version}") if work.type == "software" else "",
        "year": str(work.published or ""),
        "eprint": escape(work.arxiv),
        "archiveprefix": "arXiv" if work.arxiv else "",
        "doi": work.doi or work.identifier("doi", ""),
        "url": work.repository_code,
    }
    return entry("inproceedings" if conference else "misc", key_of(work), fields)


def key_of(work: Work) -> str:
    """A key such as ``anand2024selfsupervised``: first family name, year, first word of the title.

    Without a family name, the word comes first, for no key begins with a digit: ``dkpbench2026``.
    """
    word, family = re.split(r"[^\w-]+", work.title)[0], work.authors[0].family_names
    parts = (family, work.published or "", word) if family else (word, work.published or "")
    plain = unicodedata.normalize("NFKD", "".join(map(str, parts)))
    return re.sub(r"[^a-z0-9]", "", plain.lower())


def authors(people: Sequence[Author]) -> str:
    """Authors as BibTeX separates them; the name of a group is kept together by braces."""
    return " and ".join(
        f"{escape(person.family_names)}, {escape(person.given_names)}"
        if person.family_names and person.given_names
        else f"{{{escape(person.name or person.family_names or person.given_names)}}}"
        for person in people
    )


def title(text: str) -> str:
    """A title whose capitals no style may change."""
    return f"{{{escape(text)}}}"


def escape(text: str) -> str:
    """Text that LaTeX sets as it is; letters of other alphabets stay, which LaTeX reads as UTF-8 since 2018."""
    plain = re.sub(r'"([^"]*)"', r"“\1”", " ".join(text.split()))
    return "".join(SPECIAL.get(character, character) for character in plain)
