"""Citations of the software, its works and a bundle: BibTeX, and APA style (7th edition) as plain text."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dkp_bench.bundle.bag import INFO, LARGEST, PAYLOAD, read_info
from dkp_bench.bundle.citation import CITATION_FILE, Author, Citation, Work, bundle_name, parse_version, read_citation
from dkp_bench.bundle.untrusted import read_small
from dkp_bench.errors import DkpError, shell_command


def apa_work(work: Work) -> str:
    """Return the citation of a work in APA style."""
    version = f" (Version {work.version}) [Computer software]" if work.type == "software" else ""
    venue = f" {work.collection_title}." if work.collection_title else ""
    preprint = f" (arXiv:{work.arxiv}). arXiv" if work.arxiv and not venue else ""
    doi = work.doi or work.identifier("doi", "")
    link = f"https://doi.org/{doi}" if doi else work.repository_code
    link = link or (f"https://arxiv.org/abs/{work.arxiv}" if work.arxiv else "")
    return apa_line(work.authors, str(work.published or "n.d."), f"{work.title}{version}{preprint}", f"{venue} {link}")


def apa_line(people: Sequence[Author], date: str, title: str, rest: str) -> str:
    """Join authors, date, title and the rest of a citation into one line in APA style."""
    return " ".join(f"{apa_authors(people)} ({date}). {title}. {rest}".split())


def apa_authors(people: Sequence[Author]) -> str:
    """List authors in APA style: the last after an ampersand, closed by a full stop."""
    names = [_name(person) for person in people]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, & {names[-1]}"
    return listed if listed.endswith(".") else f"{listed}."


def _name(person: Author) -> str:
    initials = " ".join(f"{part[0]}." for part in person.given_names.split())
    if person.family_names:
        return f"{person.family_names}, {initials}" if initials else person.family_names
    return person.name or person.given_names


SPECIAL = {  # BibTeX counts braces, a backslash before them or not
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_"},
}


def bibtex_entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    """Return a BibTeX entry of a kind such as ``misc``; empty fields are left out.

    The texts of ``fields`` are escaped already, by :func:`bibtex_escape` where they need it.
    """
    filled = {name: text for name, text in fields.items() if text}
    width = max(map(len, filled))
    lines = [f"  {name:<{width}} = {{{text}}}," for name, text in filled.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def bibtex_work(work: Work) -> str:
    """Return the entry of a work: ``inproceedings``, or ``misc`` for software and preprints: every style knows it."""
    conference = work.type.startswith("conference")
    fields = {
        "author": bibtex_authors(work.authors),
        "title": bibtex_title(work.title),
        "booktitle" if conference else "journal": bibtex_escape(work.collection_title),
        "howpublished": bibtex_escape(f"Computer software, version {work.version}") if work.type == "software" else "",
        "year": str(work.published or ""),
        "eprint": bibtex_escape(work.arxiv),
        "archiveprefix": "arXiv" if work.arxiv else "",
        "doi": work.doi or work.identifier("doi", ""),
        "url": work.repository_code,
    }
    return bibtex_entry("inproceedings" if conference else "misc", bibtex_key(work), fields)


def bibtex_key(work: Work) -> str:
    """Return a key such as ``anand2024selfsupervised``: first family name, year, first word of the title.

    Without a family name, the word comes first, for no key begins with a digit: ``dkpbench2026``.
    """
    word, family = re.split(r"[^\w-]+", work.title)[0], work.authors[0].family_names
    parts = (family, work.published or "", word) if family else (word, work.published or "")
    plain = unicodedata.normalize("NFKD", "".join(map(str, parts)))
    return re.sub(r"[^a-z0-9]", "", plain.lower())


def bibtex_authors(people: Sequence[Author]) -> str:
    """Join authors as BibTeX does; braces keep the name of a group together."""
    return " and ".join(
        f"{bibtex_escape(person.family_names)}, {bibtex_escape(person.given_names)}"
        if person.family_names and person.given_names
        else f"{{{bibtex_escape(person.name or person.family_names or person.given_names)}}}"
        for person in people
    )


def bibtex_title(text: str) -> str:
    """Put a title in braces, so that no style changes its capitals."""
    return f"{{{bibtex_escape(text)}}}"


def bibtex_escape(text: str) -> str:
    """Escape text for LaTeX; letters of other alphabets stay, since LaTeX reads UTF-8 by default from 2018 on."""
    plain = re.sub(r'"([^"]*)"', r"“\1”", " ".join(text.split()))
    return "".join(SPECIAL.get(character, character) for character in plain)


@dataclass(frozen=True)
class Bundle:
    """The facts that identify a bundle.

    Attributes:
        version: such as ``1.0``.
        commit: the git commit it was made from.
        day: the day of that commit.
        manifest: SHA-256 of its ``manifest-sha256.txt``, which holds that of every file.
        citation: of the software and its authors, as they were.
    """

    version: str
    commit: str
    day: date
    manifest: str
    citation: Citation


def read_bundle(folder: Path) -> Bundle:
    """Return the facts that identify the bundle in a folder; ``dkp-bench verify`` checks that it is complete.

    Raises:
        DkpError: if there is no bundle, or a file that a citation needs is damaged.
    """
    file = INFO
    try:
        version, commit, day = read_identity(folder)
        file = PAYLOAD
        manifest = hashlib.sha256(read_small(folder / file, LARGEST)).hexdigest()
    except DkpError as error:
        problem = f"{folder} is not a bundle that can be cited: {file}: {error.problem}"
        raise DkpError(problem, shell_command("dkp-bench", "verify", folder)) from error
    return Bundle(version, commit, day, manifest, read_citation(folder / "data" / CITATION_FILE))


def cite_software(citation: Citation) -> str:
    """Write how to cite the software, and the works that its citation file refers to."""
    works = [_work(work) for work in citation.references]
    return "\n\n".join([_work(citation, f"The software, version {citation.version}"), *works])


def cite_bundle(bundle: Bundle, known: Citation) -> str:
    """Write how to cite a bundle.

    Args:
        bundle: the facts that identify it.
        known: the citation file of the running software, which may have a DOI and an address that came later.
    """
    name, year = bundle_name(bundle.version), str(bundle.day.year)
    doi = bundle.citation.identifier("doi", name) or known.identifier("doi", name)
    address = bundle.citation.repository_code or known.repository_code
    title = f"{bundle.citation.title}: frozen results {bundle.version}"
    identifier = f"SHA-256 of {PAYLOAD}: {bundle.manifest}"
    made = f"made from git commit {bundle.commit}"
    fields = {
        "author": bibtex_authors(bundle.citation.authors),
        "title": bibtex_title(title),
        "howpublished": bibtex_escape(f"Data set, version {bundle.version}"),
        "year": year,
        "month": str(bundle.day.month),
        "doi": doi,
        "url": address,
        "note": bibtex_escape(f"{made}; {identifier}"),
    }
    link = f"https://doi.org/{doi}" if doi else address
    rest = f"{link} {identifier}".strip()
    line = apa_line(bundle.citation.authors, year, f"{title} (Version {bundle.version}) [Data set]", rest)
    parts = [f"The bundle {name}, {made} of {bundle.day}", bibtex_entry("misc", name, fields), line]
    return "\n\n".join(parts if doi else [*parts, _without_doi(name)])


def read_identity(folder: Path) -> tuple[str, str, date]:
    """Return version, commit and day of the bundle in a folder, from its ``bag-info.txt``.

    Raises:
        DkpError: without the name of the file, if one of them is missing or malformed.
    """
    info = read_info(folder)
    try:
        commit = info["Git-Commit"]
        if not re.fullmatch("[0-9a-f]{40,64}", commit):
            raise DkpError(f"{commit!r} is not a git commit")
        return parse_version(info["Bundle-Version"]), commit, date.fromisoformat(info["Bagging-Date"])
    except KeyError as error:
        raise DkpError(f"has no {error}") from error
    except ValueError as error:
        raise DkpError(f"the Bagging-Date is not a day: {error}") from error


def _work(work: Work, head: str = "") -> str:
    note = next((i.description for i in work.identifiers if i.description and i.type != "doi"), "")
    head = head or f"{note[:1].upper()}{note[1:]}" or work.title
    return "\n\n".join([head, bibtex_work(work), apa_work(work)])


def _without_doi(name: str) -> str:
    return (
        "The bundle has no DOI until one is registered; until then the SHA-256 identifies it. Once there is one, add\n"
        "it to CITATION.cff, and it appears here (docs/cite.md says how to get one):\n\n"
        f"identifiers:\n  - type: doi\n    value: 10.xxxx/xxxx\n    description: {name}"
    )
