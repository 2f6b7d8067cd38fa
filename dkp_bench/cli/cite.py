"""``dkp-bench cite``: how to cite the software or a bundle."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    path: Annotated[Path | None, typer.Argument(metavar="BUNDLE", help="A bundle's folder.")] = None,
) -> None:
    """Print how to cite the software or a bundle.

    Each work is there as BibTeX and as a line of APA. BibTeX skips the text between the entries, so the output can go
    into a .bib file as it is.
    """
    from dkp_bench.bundle.citation import software_citation
    from dkp_bench.bundle.cite import cite_bundle, cite_software, read_bundle
    from dkp_bench.errors import printable

    own = software_citation()
    text = cite_software(own) if path is None else cite_bundle(read_bundle(path), own)
    typer.echo("\n".join(printable(line, len(line)) for line in text.split("\n")))
