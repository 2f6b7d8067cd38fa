"""A citation in the style of the American Psychological Association, 7th edition, as plain text."""

from collections.abc import Sequence

from dkp_bench.bundle.citation import Author, Work


def work_line(work: Work) -> str:
    """The line of a work."""
    software = work.type == "software"
    version = f" (Version {work.version}) [Computer software]" if software else ""
    number = f"arXiv:{work.arxiv}" if work.arxiv else ""
    venue = f" {work.collection_title}." if work.collection_title else ""
    preprint = f" ({number}). arXiv" if number and not venue else ""
    doi = work.doi or work.identifier("doi", "")
    link = f"https://doi.org/{doi}" if doi else work.repository_code
    if work.arxiv and not link:
        link = f"https://arxiv.org/abs/{work.arxiv}"
    return line(work.authors, str(work.published or "n.d."), f"{work.title}{version}{preprint}", f"{venue} {link}")


def line(people: Sequence[Author], date: str, title: str, rest: str) -> str:
    """A line of authors, date, title, and what follows it."""
    return " ".join(f"{authors(people)} ({date}). {title}. {rest}".split())


def authors(people: Sequence[Author]) -> str:
    """Authors as the style lists them, the last after an ampersand, closed by a full stop."""
    names = [_name(person) for person in people]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, & {names[-1]}"
    return listed if listed.endswith(".") else f"{listed}."


def _name(person: Author) -> str:
    initials = " ".join(f"{part[0]}." for part in person.given_names.split())
    if person.family_names:
        return f"{person.family_names}, {initials}" if initials else person.family_names
    return person.name or person.given_names
