"""Making a bundle: the stored results of a commit, their report, and what describes them, as a BagIt bag."""

import filecmp
import json
from dataclasses import dataclass
from pathlib import Path

from dkp_bench import __version__
from dkp_bench.bundle import crate as linked_data
from dkp_bench.bundle.bag import read_info, write_bag
from dkp_bench.bundle.checkout import Checkout
from dkp_bench.bundle.citation import FILE as CITATION
from dkp_bench.bundle.citation import read_citation
from dkp_bench.bundle.edition import Edition, bundle_name, parse_version
from dkp_bench.bundle.manifest import PAYLOAD
from dkp_bench.bundle.readme import readme
from dkp_bench.bundle.results import check_results
from dkp_bench.bundle.tree import read_tree
from dkp_bench.errors import DkpError, shell_command
from dkp_bench.files import sha256, temporary_folder, write_bytes, writing
from dkp_bench.progress import Reporter
from dkp_bench.records.store import load_runs
from dkp_bench.report import build_report, read_published, write_files

SOURCES = {
    "results/baselines": "baselines",
    "results/published.toml": "published.toml",
    ".ci/pins.txt": "pins.txt",
    CITATION: CITATION,
}
"""What a bundle takes from the repository, and where it has it in ``data/``."""
NAMED = 20
"""So many files an error lists."""


@dataclass(frozen=True)
class Frozen:
    """A bundle.

    Attributes:
        path: its folder.
        new: whether it was made now; if not, the same one was there.
        files: number of its files.
        size: their bytes.
        manifest: SHA-256 of ``manifest-sha256.txt``.
    """

    path: Path
    new: bool
    files: int
    size: int
    manifest: str


def freeze(checkout: Checkout, version: str, out: Path, report: Reporter) -> Frozen:
    """Make the bundle of a commit's stored results; the same commit gives the same bytes.

    Args:
        checkout: a clean checkout.
        version: of the bundle, such as ``v1.0``.
        out: folder to put the bundle into.
        report: told how far it is.

    Raises:
        DkpError: if the checkout is not clean, the commit lacks a part, a stored run is damaged or does not give its
            scores, or there is another bundle of that version.
    """
    edition = Edition(parse_version(version), checkout.commit, checkout.committed)
    target = out / bundle_name(edition.version)
    _refuse_changes(checkout.changes(but=target))
    if target.exists() and _commit_of(target) not in ("", edition.commit):
        raise _other(target, edition)  # before all runs are scored again, which takes a while
    with temporary_folder(target) as temporary:
        made = temporary / target.name
        _fill(made, checkout, edition, report)
        new = not target.exists()
        if new:
            with writing(target):
                made.replace(target)
        elif not _same(made, target):
            raise _other(target, edition)
    files = read_tree(target).files
    return Frozen(target, new, len(files), sum(files.values()), sha256(target / PAYLOAD))


def _fill(bag: Path, checkout: Checkout, edition: Edition, report: Reporter) -> None:
    data = bag / "data"
    checkout.copy({source: data / name for source, name in SOURCES.items()})
    baselines = data / "baselines"
    checked = check_results(read_tree(baselines), report, alone=True)
    if checked.problems:
        shown = [f"results/baselines/{problem.file}: {problem.what}" for problem in checked.problems]
        raise DkpError("the stored baselines are not sound", _some(shown))
    runs, citation = load_runs(baselines), read_citation(data / CITATION)
    if not runs:
        raise DkpError("there is no stored run in results/baselines", "dkp-bench store keeps finished runs there")
    contents = build_report(runs, read_published(data / "published.toml"))
    found = " ".join(contents.headline)
    write_files(contents, data / "report")
    _write(data / "README.md", readme(edition, citation, len(runs), found))
    files = read_tree(data).files
    described = linked_data.crate(files, runs, data, edition, citation, found)
    _write(data / linked_data.FILE, json.dumps(described, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    info = {
        "Bag-Software-Agent": f"dkp-bench {__version__}",
        "Bagging-Date": edition.committed.date().isoformat(),
        "Bundle-Version": edition.version,
        "External-Description": found,
        "External-Identifier": edition.name,
        "Git-Commit": edition.commit,
    }
    write_bag(bag, info)
    for path in (bag, *bag.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _refuse_changes(changes: list[str]) -> None:
    if changes:
        problem = f"the checkout is not clean: {len(changes)} of its files are not as in the commit"
        raise DkpError(problem, f"{_some(changes)}\ncommit or remove them: a bundle names the commit it was made from")


def _other(bundle: Path, edition: Edition) -> DkpError:
    """The error for a bundle that is there already and has other content."""
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
    """The commit that a bundle says it was made from; empty where it does not say."""
    try:
        return read_info(bundle).get("Git-Commit", "")
    except DkpError:
        return ""


def _some(lines: list[str]) -> str:
    rest = [f"… and {len(lines) - NAMED:,} more"] if len(lines) > NAMED else []
    return "\n".join([*lines[:NAMED], *rest])


def _same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files with the same bytes."""
    first, second = read_tree(one), read_tree(other)
    if first.files != second.files or second.problems:
        return False
    return all(filecmp.cmp(one / path, other / path, shallow=False) for path in first.files)


def _write(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8"))
