"""Freezing: a commit's stored results, their report and a ``README.md`` are made into a bundle."""

import filecmp
import json
from dataclasses import dataclass
from pathlib import Path

from dkp_bench import __version__
from dkp_bench.bundle import ro_crate
from dkp_bench.bundle.bag import PAYLOAD, read_info, write_bag
from dkp_bench.bundle.checkout import Checkout
from dkp_bench.bundle.citation import CITATION_FILE, Citation, Edition, bundle_name, parse_version, read_citation
from dkp_bench.bundle.untrusted import read_tree
from dkp_bench.bundle.verify import check_results
from dkp_bench.errors import DkpError, shell_command
from dkp_bench.files import sha256, temporary_folder, write_bytes, writing
from dkp_bench.progress import Progress
from dkp_bench.report import build_report, read_published
from dkp_bench.report.write import write_files
from dkp_bench.runs.run import load_runs

TEXT = """\
# {name}

{title}

{summary}

Runs: {runs}. Frozen with dkp-bench {software} from git commit `{commit}` of {day}{address}.

| | |
|---|---|
| `report/report.html` | the report: open it in a browser; `report.md`, `report.tex` and `figures/` are the same |
| `baselines/` | for each run its record; `objects/` has predictions, samples and weights, named by their SHA-256 |
| `baselines/annotations/` | what the predictions are scored against |
| `published.toml` | the numbers from the literature, each with its source |
| `pins.txt` | the versions of every package |
| `ro-crate-metadata.json` | all of this as linked data: one `CreateAction` a run |
| `CITATION.cff` | how to cite the software |

## Verify

    dkp-bench verify PATH/TO/{name}

checks every file's hash, every record, and computes every score again from the stored predictions. Without dkp-bench,
the hashes alone: `sha256sum --check manifest-sha256.txt tagmanifest-sha256.txt` in the folder above this one, or any
program that knows BagIt (RFC 8493).

## Cite

    dkp-bench cite PATH/TO/{name}

prints BibTeX and APA. The SHA-256 of `manifest-sha256.txt` identifies the bundle: it holds the hash of every file here.
Whoever cites a number gives its signature too, the line of the report that names each choice behind it.

Licence: {licence}.
"""


def readme(edition: Edition, citation: Citation, runs: int, summary: str) -> str:
    """Return the text of a bundle's ``README.md``."""
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


SOURCES = {
    "results/baselines": "baselines",
    "results/published.toml": "published.toml",
    ".ci/pins.txt": "pins.txt",
    CITATION_FILE: CITATION_FILE,
}
"""Files and folders of the repository that are copied into a bundle, and the path of each in ``data/``."""
NAMED = 20
"""Number of files that an error lists."""


@dataclass(frozen=True)
class Frozen:
    """A bundle.

    Attributes:
        path: its folder.
        new: true if it was made now, false if the same bundle was there already.
        files: number of its files.
        size: their bytes.
        manifest: SHA-256 of ``manifest-sha256.txt``.
    """

    path: Path
    new: bool
    files: int
    size: int
    manifest: str


def freeze(checkout: Checkout, version: str, out: Path, progress: Progress) -> Frozen:
    """Make the bundle of a commit's stored results; the same commit gives the same bytes.

    Args:
        checkout: a clean checkout.
        version: of the bundle, such as ``v1.0``.
        out: folder to put the bundle into.
        progress: callback for progress.

    Raises:
        DkpError: if the checkout is not clean, the commit lacks a part, a stored run is damaged or does not give its
            scores, or there is another bundle of that version.
    """
    edition = Edition(parse_version(version), checkout.commit, checkout.committed)
    target = out / bundle_name(edition.version)
    _refuse_changes(checkout.changes(but=target))
    if target.exists() and _commit_of(target) not in ("", edition.commit):
        raise _other(target, edition)  # before all runs are scored again, which takes long
    with temporary_folder(target) as temporary:
        # A bundle that is there already is made again and compared: the same commit must give the same bytes, and an
        # edited bundle must not pass for the frozen one. It appears by a rename, so it is never there in part.
        made = temporary / target.name
        _fill(made, checkout, edition, progress)
        new = not target.exists()
        if new:
            with writing(target):
                made.replace(target)
        elif not _same(made, target):
            raise _other(target, edition)
    files = read_tree(target).files
    return Frozen(target, new, len(files), sum(files.values()), sha256(target / PAYLOAD))


def _fill(bag: Path, checkout: Checkout, edition: Edition, progress: Progress) -> None:
    data = bag / "data"
    checkout.copy({source: data / name for source, name in SOURCES.items()})
    baselines = data / "baselines"
    # The check that `verify` makes comes first: a bundle that cannot be verified must not be frozen.
    checked = check_results(read_tree(baselines), progress, alone=True)
    if checked.problems:
        shown = [f"results/baselines/{problem.file}: {problem.what}" for problem in checked.problems]
        raise DkpError("the stored baselines are not sound", _some(shown))
    runs, citation = load_runs(baselines), read_citation(data / CITATION_FILE)
    if not runs:
        raise DkpError("there is no stored run in results/baselines", "dkp-bench store keeps finished runs there")
    # The checkout's own studies, and no others that lie where the command is typed: the same commit, the same bytes.
    studies = {path.stem: path for path in sorted((checkout.root / "results" / "studies").glob("*.toml"))}
    contents = build_report(runs, read_published(data / "published.toml"), files_of_studies=studies)
    found = " ".join(contents.headline)
    write_files(contents, data / "report")
    _write(data / "README.md", readme(edition, citation, len(runs), found))
    files = read_tree(data).files  # before the description is written: RO-Crate does not list it among the parts
    described = ro_crate.crate(files, runs, data, edition, citation, found)
    _write(data / ro_crate.CRATE_FILE, json.dumps(described, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    info = {
        "Bag-Software-Agent": f"dkp-bench {__version__}",
        "Bagging-Date": edition.committed.date().isoformat(),
        "Bundle-Version": edition.version,
        "External-Description": found,
        "External-Identifier": edition.name,
        "Git-Commit": edition.commit,
    }
    write_bag(bag, info)
    # Fixed modes, as those of new files depend on the umask of the machine.
    for path in (bag, *bag.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _refuse_changes(changes: list[str]) -> None:
    if changes:
        problem = f"the checkout is not clean: {len(changes)} of its files are not as in the commit"
        raise DkpError(problem, f"{_some(changes)}\ncommit or remove them: a bundle names the commit it was made from")


def _other(bundle: Path, edition: Edition) -> DkpError:
    """Return the error for a bundle that is there already and has other content."""
    commit = _commit_of(bundle)
    if commit in ("", edition.commit):
        problem = f"{bundle} is there already and is not what this commit gives"
        return DkpError(
            problem,
            f"was it damaged, or are other packages installed now? {shell_command('dkp-bench', 'verify', bundle)}",
        )
    problem = f"{bundle} is there already, made from commit {commit[:12]}; this is {edition.commit[:12]}"
    return DkpError(problem, "a frozen version never changes: choose another version, or check out that commit")


def _commit_of(bundle: Path) -> str:
    """Return the commit that a bundle says it was made from; empty where it does not say."""
    try:
        return read_info(bundle).get("Git-Commit", "")
    except DkpError:
        return ""


def _some(lines: list[str]) -> str:
    rest = [f"… and {len(lines) - NAMED:,} more"] if len(lines) > NAMED else []
    return "\n".join([*lines[:NAMED], *rest])


def _same(one: Path, other: Path) -> bool:
    """Return whether two folders hold the same files with the same bytes."""
    first, second = read_tree(one), read_tree(other)
    if first.files != second.files or second.problems:
        return False
    return all(filecmp.cmp(one / path, other / path, shallow=False) for path in first.files)


def _write(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8"))
