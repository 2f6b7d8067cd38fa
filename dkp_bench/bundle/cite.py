"""What ``dkp-bench cite`` says: each work as BibTeX and as a line of APA; BibTeX skips the text between entries."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dkp_bench.bundle import apa, bibtex
from dkp_bench.bundle.bag import INFO, read_info
from dkp_bench.bundle.citation import FILE, Citation, Work, read_citation
from dkp_bench.bundle.edition import bundle_name, parse_version
from dkp_bench.bundle.manifest import LARGEST, PAYLOAD
from dkp_bench.bundle.tree import read_small
from dkp_bench.errors import DkpError, shell_command


@dataclass(frozen=True)
class Bundle:
    """What identifies a bundle.

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
    """What identifies the bundle in a folder; that it is whole is for ``dkp-bench verify`` to say.

    Raises:
        DkpError: if there is no bundle, or a file with what a citation needs is damaged.
    """
    try:
        version, commit, day = read_identity(folder)
    except DkpError as error:
        raise _damaged(folder, INFO, error) from error
    try:
        manifest = hashlib.sha256(read_small(folder / PAYLOAD, LARGEST)).hexdigest()
    except DkpError as error:
        raise _damaged(folder, PAYLOAD, error) from error
    return Bundle(version, commit, day, manifest, read_citation(folder / "data" / FILE))


def cite_software(citation: Citation) -> str:
    """How to cite the software, and the works that its citation file refers to."""
    works = [_work(work) for work in citation.references]
    return "\n\n".join([_work(citation, f"The software, version {citation.version}"), *works])


def cite_bundle(bundle: Bundle, known: Citation) -> str:
    """How to cite a bundle.

    Args:
        bundle: what identifies it.
        known: the citation file of the running software, which may know a DOI and an address that came later.
    """
    name, year = bundle_name(bundle.version), str(bundle.day.year)
    doi = bundle.citation.identifier("doi", name) or known.identifier("doi", name)
    address = bundle.citation.repository_code or known.repository_code
    title = f"{bundle.citation.title}: frozen results {bundle.version}"
    identifier = f"SHA-256 of {PAYLOAD}: {bundle.manifest}"
    made = f"made from git commit {bundle.commit}"
    fields = {
        "author": bibtex.authors(bundle.citation.authors),
        "title": bibtex.title(title),
        "howpublished": bibtex.escape(f"Data set, version {bundle.version}"),
        "year": year,
        "month": str(bundle.day.month),
        "doi": doi,
        "url": address,
        "note": bibtex.escape(f"{made}; {identifier}"),
    }
    link = f"https://doi.org/{doi}" if doi else address
    rest = f"{link} {identifier}".strip()
    line = apa.line(bundle.citation.authors, year, f"{title} (Version {bundle.version}) [Data set]", rest)
    parts = [f"The bundle {name}, {made} of {bundle.day}", bibtex.entry("misc", name, fields), line]
    return "\n\n".join(parts if doi else [*parts, _without_doi(name)])


def read_identity(folder: Path) -> tuple[str, str, date]:
    """Version, commit and day of the bundle in a folder, as its ``bag-info.txt`` has them.

    Raises:
        DkpError: without the name of the file, if one of them is missing or is no such thing.
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


def _damaged(folder: Path, file: str, error: DkpError) -> DkpError:
    problem = f"{folder} is not a bundle that can be cited: {file}: {error.problem}"
    return DkpError(problem, shell_command("dkp-bench", "verify", folder))


def _work(work: Work, head: str = "") -> str:
    note = next((i.description for i in work.identifiers if i.description and i.type != "doi"), "")
    head = head or f"{note[:1].upper()}{note[1:]}" or work.title
    return "\n\n".join([head, bibtex.work_entry(work), apa.work_line(work)])


def _without_doi(name: str) -> str:
    return (
        "The bundle has no DOI until one is registered; until then the SHA-256 identifies it. Once there is one, add\n"
        "it to CITATION.cff, and it appears here (docs/cite.md says how to get one):\n\n"
        f"identifiers:\n  - type: doi\n    value: 10.xxxx/xxxx\n    description: {name}"
    )
