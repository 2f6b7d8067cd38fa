"""The check that a bag is complete: nothing missing, nothing added, every hash as in its manifests (RFC 8493, 3)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dkp_bench.bundle.bag import DECLARATION, DECLARED, INFO, PAYLOAD, TAGS, Manifest, oxum, read_info, read_manifest
from dkp_bench.bundle.untrusted import Problem, Tree, read_small, why_not
from dkp_bench.errors import DkpError
from dkp_bench.progress import Progress

MARKS = (DECLARATION, INFO, PAYLOAD, TAGS)
"""Files that show that a folder is a bag, even one that lacks some of them."""
LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")
"""Files that a file manager writes into a folder that is opened in it. Nothing reads them, and BagIt allows them beside
the tag files; in the payload, or under any other name, an added file is a problem."""
STEP = 16
"""Files between two lines of progress."""


def check_bag(tree: Tree, progress: Progress) -> list[Problem]:
    """List the problems of a bag; only files that were found in the tree are opened, never a path from a manifest."""
    payload, tags = read_manifest(tree.root, PAYLOAD), read_manifest(tree.root, TAGS)
    inside = {path for path in tree.files if path.startswith("data/")}
    problems = [
        *_declaration(tree.root),
        *_info(tree.root, tree.below("data").files),
        *_not_accepted(tree.files),
        *payload.problems,
        *tags.problems,
        *_completeness(payload, inside),
        *_completeness(tags, set(tree.files) - inside - {TAGS, *LITTER}),
    ]
    listed = [(path, manifest) for manifest in (payload, tags) for path in manifest.digests if path in tree.files]
    for number, (path, manifest) in enumerate(listed, start=1):
        wrong = why_not(tree.root / path, manifest.digests[path], manifest.name)
        if wrong:
            problems.append(Problem(path, wrong))
        if number % STEP == 0 or number == len(listed):
            progress("files hashed", number, len(listed))
    return problems


def _declaration(bag: Path) -> Iterator[Problem]:
    try:
        declared = read_small(bag / DECLARATION, 1000)
    except DkpError as error:
        yield Problem(DECLARATION, error.problem)
        return
    if declared != DECLARED.encode():
        lines = ", ".join(DECLARED.splitlines())
        yield Problem(DECLARATION, f"does not declare what dkp-bench reads: {lines}")


def _info(bag: Path, payload: Mapping[str, int]) -> Iterator[Problem]:
    try:
        stated = read_info(bag).get("Payload-Oxum")
    except DkpError as error:
        yield Problem(INFO, error.problem)
        return
    if stated != oxum(payload):
        yield Problem(INFO, f"the Payload-Oxum is {stated}; data/ has {oxum(payload)} (bytes.files)")


def _not_accepted(files: Mapping[str, int]) -> Iterator[Problem]:
    for path in files:
        if path == "fetch.txt":
            yield Problem(path, "files to be fetched from elsewhere are not accepted")
        elif path.startswith(("manifest-", "tagmanifest-")) and path not in MARKS:
            yield Problem(path, "an unknown kind of manifest; a bundle has only SHA-256")


def _completeness(manifest: Manifest, found: set[str]) -> Iterator[Problem]:
    listed = set(manifest.digests)
    if not listed:
        return  # it cannot be read, which is a problem already; it does not mean that every file was added
    yield from (Problem(path, f"is missing; {manifest.name} lists it") for path in sorted(listed - found))
    yield from (Problem(path, f"was added; {manifest.name} does not list it") for path in sorted(found - listed))
