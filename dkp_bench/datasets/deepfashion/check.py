"""The check of the files of DeepFashion."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dkp_bench.datasets.annotated import AnnotatedDataset
from dkp_bench.datasets.checks import (
    image_findings,
    layout_finding,
    published_finding,
    range_findings,
    refused,
    repeated,
)
from dkp_bench.datasets.deepfashion.files import (
    EDGE,
    IMAGES,
    LABELS,
    LISTS,
    PARTS,
    Rows,
    read_labels,
    read_list,
    shared_garments,
)
from dkp_bench.datasets.finding import Finding, expect_equal, offenders
from dkp_bench.datasets.splits import LABELLED, LabelledSplit
from dkp_bench.errors import DkpError
from dkp_bench.progress import Progress

ROWS: dict[LabelledSplit, int] = {"regression": 10_604, "test": 1_179}
BLOBS = {
    "data_train.csv": "d58c554116f74c78578549e43fc1bc35d507883e",
    "data_train.json": "d7332aae3c204d504ad67c717fd5c79c42ca4468",
    "data_test.csv": "8fee28e6177075fe010e8b35ebef01994be69917",
    "data_test.json": "4e1a270bc296770dd6eebed1aeaae02c4757d204",
}
"""Git's ids of the files in unsupervised-disentangling at eff9d77."""


def deepfashion_findings(dataset: AnnotatedDataset, progress: Progress | None) -> list[Finding]:
    """Check everything that is there; nothing that is wrong ends it."""
    folder = dataset.named_folder
    findings = [layout_finding(dataset, PARTS)]
    findings += [
        published_finding(folder / name, name, blob) for name, blob in BLOBS.items() if (folder / name).is_file()
    ]
    named: dict[LabelledSplit, list[str]] = {}
    for split in LABELLED:
        names = None
        if (folder / LISTS[split]).is_file():
            found, rows = _list_findings(folder, split)
            findings += found
            named[split] = rows.values
            names = None if rows.wrong else rows.values  # a row more or less, and no label belongs to its name
        if (folder / LABELS[split]).is_file():
            findings += _label_findings(folder, split, names)
    if len(named) == len(LABELLED):
        findings += _leak_findings(named["regression"], named["test"])
    if (folder / IMAGES).is_dir():
        findings += _picture_findings(dataset, named, progress)
    return findings


def _list_findings(folder: Path, split: LabelledSplit) -> tuple[list[Finding], Rows]:
    name = LISTS[split]
    try:
        rows = read_list(folder / name)
    except DkpError as error:
        return [refused(name, error)], Rows([], [error.problem])
    total = len(rows.values) + len(rows.wrong)
    findings = [
        expect_equal(f"{name}, rows", f"{total:,}", f"{ROWS[split]:,}"),
        offenders(f"{name}, form of the rows", total, rows.wrong),
    ]
    return findings, rows


def _label_findings(folder: Path, split: LabelledSplit, names: list[str] | None) -> list[Finding]:
    name = LABELS[split]
    try:
        rows = read_labels(folder / name, names)
    except DkpError as error:
        return [refused(name, error)]
    total = len(rows.values) + len(rows.wrong)
    form = f"{name}, form of the rows" if names is None else f"{name}, form of the rows, and whether the CSV agrees"
    findings = [
        expect_equal(f"{name}, rows", f"{total:,}", f"{ROWS[split]:,}"),
        offenders(form, total, rows.wrong),
    ]
    if rows.values:
        joints = np.stack(rows.values)
        outside = np.any((joints < 0) | (joints > EDGE), axis=-1)
        findings += [
            *range_findings(f"{name}, joints", joints.reshape(-1, 2), "(0 … 255 is the image)"),
            Finding(f"{name}, joints outside the image", f"{outside.sum():,}, in {outside.any(axis=1).sum():,} images"),
            Finding(f"{name}, rows with the joints of an earlier row", f"{repeated(joints):,}"),
        ]
    return findings


def _leak_findings(trained: list[str], tested: list[str]) -> list[Finding]:
    """Check that no image is in both splits; garments are in both as published."""
    both = sorted(set(trained).intersection(tested))
    return [
        offenders("images of the test split, not in the training split", len(tested), both),
        Finding("garments", shared_garments(trained, tested)),
    ]


def _picture_findings(
    dataset: AnnotatedDataset, named: Mapping[LabelledSplit, list[str]], progress: Progress | None
) -> list[Finding]:
    there = [file.name for file in dataset.listed if file.name.startswith(f"{IMAGES}/")]
    findings = []
    for split, names in named.items():
        findings += image_findings(dataset, LISTS[split], [f"{IMAGES}/{name}" for name in names], there, progress)
    used = {f"{IMAGES}/{name}" for names in named.values() for name in names}
    unused = len(set(there).difference(used))
    return [*findings, Finding(f"images in {IMAGES} that no CSV names, and that are not used", f"{unused:,}")]
