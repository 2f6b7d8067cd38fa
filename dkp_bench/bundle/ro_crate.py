"""The bundle as linked data: RO-Crate 1.1 with one CreateAction for each run (Process Run Crate 0.5)."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dkp_bench.bundle.citation import Author, Citation, Edition
from dkp_bench.runs.layout import RECORD, STORED_FILES, annotations_path
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import NO_GPU, Identity, Provenance

CRATE_FILE = "ro-crate-metadata.json"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
TYPES = {
    ".cff": "application/yaml",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".npz": "application/zip",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".safetensors": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
    ".toml": "application/toml",
    ".txt": "text/plain",
}
"""Media types by suffix; not those of :mod:`mimetypes`, whose table depends on the machine."""

Entity = dict[str, Any]


def crate(
    files: Mapping[str, int], runs: Sequence[Run], data: Path, edition: Edition, citation: Citation, summary: str
) -> Entity:
    """Return the content of ``ro-crate-metadata.json``.

    Args:
        files: bytes of each file of the payload by its path in ``data/``.
        runs: the runs in it.
        data: the payload's folder, which is the crate's root.
        edition: the version, and the commit it is made from.
        citation: authors and licence.
        summary: the main result, in a sentence or two.
    """
    authors = [_author(author) for author in citation.authors]
    actions = [_action(run, data, authors) for run in runs]
    parts = {
        "author": _links(authors),
        "hasPart": [{"@id": quote(path)} for path in files],
        "mentions": _links(actions),
    }
    # By id: runs share datasets, machines and software, and a crate describes each entity once.
    others = {
        entity["@id"]: entity
        for run in runs
        for entity in (*_software(run.record.identity.version, run.record.provenance.git_commit), *_context(run))
    }
    others |= {entity["@id"]: entity for entity in _software(citation.version, edition.commit)}
    return {
        "@context": f"{SPECIFICATION}/context",
        "@graph": [
            *_descriptor(citation),
            _root(edition, citation, summary) | parts,
            *(_file(path, size) for path, size in files.items()),
            *actions,
            *authors,
            *(others[name] for name in sorted(others)),
        ],
    }


def _root(edition: Edition, citation: Citation, summary: str) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": {"@id": PROFILE},
        "name": edition.name,
        "description": f"{citation.title}: records, predictions and report. {summary}",
        "version": edition.version,
        "datePublished": edition.committed.date().isoformat(),
        "license": {"@id": _licence_id(citation)},
        "isBasedOn": {"@id": _software_id(citation.version, edition.commit)},
    }


def _descriptor(citation: Citation) -> list[Entity]:
    return [
        {
            "@id": CRATE_FILE,
            "@type": "CreativeWork",
            "conformsTo": {"@id": SPECIFICATION},
            "about": {"@id": "./"},
        },
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {"@id": _licence_id(citation), "@type": "CreativeWork", "name": citation.license},
    ]


def _action(run: Run, data: Path, authors: Sequence[Entity]) -> Entity:
    identity, provenance = run.record.identity, run.record.provenance
    described = annotations_path(run.root, identity.dataset, identity.image_size, identity.dataset_hash)
    results = [run.path / RECORD, *(run.file(name) for name in STORED_FILES if name in run.record.files)]
    return {
        "@id": _action_id(run),
        "@type": "CreateAction",
        "name": f"{identity.method} on {identity.dataset}, {identity.profile} profile, seed {identity.seed}",
        "description": provenance.command,
        "identifier": {"@id": f"{_action_id(run)}-signature"},
        "instrument": [
            {"@id": _software_id(identity.version, provenance.git_commit)},
            {"@id": _machine_id(provenance)},
        ],
        "agent": _links(authors),
        "object": [{"@id": _dataset_id(identity)}, _part(described, data)],
        "result": [_part(path, data) for path in results],
        "startTime": provenance.started,
        "endTime": provenance.finished,
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
    }


def _context(run: Run) -> Iterable[Entity]:
    """Describe the entities that an action refers to and that are no files: signature, dataset, machine."""
    identity, provenance = run.record.identity, run.record.provenance
    yield {
        "@id": f"{_action_id(run)}-signature",
        "@type": "PropertyValue",
        "name": "signature",
        "value": run.signature(run.headline_protocol),
    }
    yield {
        "@id": _dataset_id(identity),
        "@type": "Dataset",
        "name": identity.dataset,
        "description": f"images of {identity.image_size} px and labels with the content hash {identity.dataset_hash}",
    }
    accelerator = "" if provenance.accelerator == NO_GPU else f", {provenance.accelerator}"
    yield {
        "@id": _machine_id(provenance),
        "@type": "IndividualProduct",
        "name": f"{provenance.processor}, {provenance.threads} threads{accelerator}",
        "description": provenance.platform,
    }


def _software(version: str, commit: str) -> Iterable[Entity]:
    name = _software_id(version, commit)
    yield {
        "@id": name,
        "@type": "SoftwareApplication",
        "name": "dkp-bench",
        "softwareVersion": version,
        "identifier": {"@id": f"{name}-commit"},
    }
    yield {"@id": f"{name}-commit", "@type": "PropertyValue", "name": "git commit", "value": commit}


def _author(author: Author) -> Entity:
    name = author.name or f"{author.given_names} {author.family_names}".strip()
    kind = "Organization" if author.name else "Person"
    return {"@id": author.orcid or f"#author-{quote(name.replace(' ', '-'))}", "@type": kind, "name": name}


def _file(path: str, size: int) -> Entity:
    kind = TYPES.get(Path(path).suffix, "application/octet-stream")
    return {"@id": quote(path), "@type": "File", "name": path, "contentSize": str(size), "encodingFormat": kind}


def _part(path: Path, data: Path) -> Entity:
    return {"@id": quote(path.absolute().relative_to(data.absolute()).as_posix())}


def _links(entities: Iterable[Entity]) -> list[Entity]:
    return [{"@id": entity["@id"]} for entity in entities]


def _licence_id(citation: Citation) -> str:
    # RO-Crate asks for an address of the licence, not only its name.
    return f"https://spdx.org/licenses/{citation.license}"


def _action_id(run: Run) -> str:
    return f"#run-{quote('-'.join(run.path.parts[-4:]))}"


def _dataset_id(identity: Identity) -> str:
    return f"#dataset-{quote(identity.dataset)}-{identity.image_size}px-{quote(identity.dataset_hash)}"


def _machine_id(provenance: Provenance) -> str:
    words = (provenance.processor, str(provenance.threads), provenance.accelerator, provenance.platform)
    return f"#machine-{quote('-'.join('-'.join(words).split()), safe='')}"


def _software_id(version: str, commit: str) -> str:
    return f"#dkp-bench-{quote(version)}-{quote(commit)}"
