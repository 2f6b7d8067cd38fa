"""The ``README.md`` of a bundle: what it is, how to verify it and how to cite it."""

from dkp_bench.bundle.citation import Citation
from dkp_bench.bundle.edition import Edition

TEXT = """\
# {name}

{title}

{summary}

Runs: {runs}. Frozen with dkp-bench {software} from git commit `{commit}` of {day}{address}.

| | |
|---|---|
| `report/report.html` | the report: open it in a browser; `report.md`, `report.tex` and `figures/` are the same |
| `baselines/` | for each run its record; `objects/` has predictions and sample images, named by their SHA-256 |
| `baselines/annotations/` | what the predictions are scored against |
| `published.toml` | the numbers from the literature, each with its source |
| `pins.txt` | the versions of every package |
| `ro-crate-metadata.json` | all of this as linked data: one `CreateAction` a run |
| `CITATION.cff` | how to cite the software |

## Verify

    dkp-bench verify PATH/TO/{name}

checks every file's hash, every record, and computes every score anew from the stored predictions. Without dkp-bench,
the hashes alone: `sha256sum --check manifest-sha256.txt tagmanifest-sha256.txt` in the folder above this one, or any
program that knows BagIt (RFC 8493).

## Cite

    dkp-bench cite PATH/TO/{name}

prints BibTeX and APA. The SHA-256 of `manifest-sha256.txt` identifies the bundle: it holds the hash of every file here.
Whoever cites a number gives its signature too, the line of the report that names each choice behind it.

Licence: {licence}.
"""


def readme(edition: Edition, citation: Citation, runs: int, summary: str) -> str:
    """The text of the file."""
    return TEXT.format(
        name=edition.name,
        title=citation.title,
        summary=summary,
        day=edition.committed.date().isoformat(),
        commit=edition.commit,
        software=citation.version,
        address=f" in {citation.repository_code}" if citation.repository_code else "",
        runs=runs,
        licence=citation.license,
    )
