"""The check of the files of Taichi."""

import numpy as np

from dkp_bench.datasets.annotated import AnnotatedDataset
from dkp_bench.datasets.checks import (
    image_findings,
    layout_finding,
    published_finding,
    range_findings,
    readable_finding,
    refused,
    repeated,
)
from dkp_bench.datasets.file_images import in_batches
from dkp_bench.datasets.finding import Finding, expect_equal, offenders
from dkp_bench.datasets.splits import LABELLED, LabelledSplit
from dkp_bench.datasets.taichi.files import (
    FRAMES,
    IMAGES,
    LANDMARKS,
    MASKS,
    PARTS,
    Landmarks,
    normalised,
    on_edge,
    read_landmarks,
)
from dkp_bench.errors import DkpError
from dkp_bench.progress import Progress

ROWS: dict[LabelledSplit, int] = {"regression": 5000, "test": 300}
BLOBS: dict[LabelledSplit, str] = {
    "regression": "8442a6e54a5e0f7e025f7f4faf02124aa8121bbe",
    "test": "9b69896e2e883edbacf6e245ae7ca10115a669f0",
}
"""Git's ids of the landmarks in motion-cosegmentation at 571e26f."""


def taichi_findings(dataset: AnnotatedDataset, progress: Progress | None) -> list[Finding]:
    """Check everything that is there; nothing that is wrong ends it."""
    findings = [layout_finding(dataset, PARTS)]
    for split in LABELLED:
        path = dataset.named_folder / LANDMARKS[split]
        if not path.is_file():
            continue
        try:
            landmarks = read_landmarks(path)
        except DkpError as error:
            findings.append(refused(LANDMARKS[split], error))
            continue
        findings.append(published_finding(path, LANDMARKS[split], BLOBS[split]))
        findings += _landmark_findings(split, landmarks)
        findings += _annotated_image_findings(dataset, split, landmarks, progress)
        if split == "test":
            findings.append(_mask_finding(dataset, landmarks, progress))
    if (dataset.named_folder / FRAMES).is_dir():
        findings += _frame_findings(dataset, progress)
    return findings


def _landmark_findings(split: LabelledSplit, landmarks: Landmarks) -> list[Finding]:
    source, visible = LANDMARKS[split], landmarks.visible
    rows = len(landmarks.names) + len(landmarks.wrong)
    joints, edge = landmarks.joints, on_edge(normalised(landmarks.joints), visible)
    findings = [
        expect_equal(f"{source}, rows", f"{rows:,}", f"{ROWS[split]:,}"),
        offenders(f"{source}, form of the rows", rows, landmarks.wrong),
        *range_findings(f"{source}, joints", joints[visible], "(0 … 255 is the image)"),
    ]
    if len(joints):
        incomplete = int((~visible).any(axis=1).sum())
        missing = f"{1 - visible.mean():.2%} ({(~visible).sum():,} of {visible.size:,}), in {incomplete:,} images"
        never = [str(joint) for joint in np.flatnonzero(visible.all(axis=0))]
        findings += [
            Finding(f"{source}, missing joints", missing),
            Finding(f"{source}, joints that are never missing", ", ".join(never) or "none"),
            Finding(f"{source}, joints at x = 0 or y = 0", f"{edge.sum():,}, in {edge.any(axis=1).sum():,} images"),
            Finding(f"{source}, rows with the joints of an earlier row", f"{repeated(joints):,}"),
        ]
    return findings


def _annotated_image_findings(
    dataset: AnnotatedDataset, split: LabelledSplit, landmarks: Landmarks, progress: Progress | None
) -> list[Finding]:
    folder = IMAGES[split]
    if not (dataset.named_folder / folder).is_dir():
        return []
    there = [file.name for file in dataset.listed if file.name.startswith(f"{folder}/")]
    named = [f"{folder}/{name}" for name in landmarks.names]
    extra = [f"{name} is in no row" for name in sorted(set(there).difference(named))]
    return [
        *image_findings(dataset, LANDMARKS[split], named, there, progress),
        offenders(f"images in {folder}", len(there), extra),
    ]


def _mask_finding(dataset: AnnotatedDataset, landmarks: Landmarks, progress: Progress | None) -> Finding:
    if not (dataset.named_folder / MASKS).is_dir():
        return Finding(MASKS, "not there; only the share of keypoints on the figure needs it")

    masks = [f"{MASKS}/{name}" for name in landmarks.names]
    there = {file.name for file in dataset.listed}
    problems = in_batches(dataset.problem_of, [name for name in masks if name in there], f"{MASKS}, decoded", progress)
    wrong = [f"{name} is missing" for name in masks if name not in there]
    return offenders(f"{MASKS}, one for each test image", len(masks), wrong + [text for text in problems if text])


def _frame_findings(dataset: AnnotatedDataset, progress: Progress | None) -> list[Finding]:
    frames = [file.name for file in dataset.listed if file.name.startswith(f"{FRAMES}/")]
    in_videos = [name for name in frames if name.count("/") > 1]
    outside = [f"{name} lies in no folder of a video" for name in frames if name.count("/") == 1]
    videos = len({name.split("/")[1] for name in in_videos})
    return [
        Finding(f"frames in {FRAMES}", f"{len(in_videos):,} of {videos:,} videos", ok=bool(in_videos)),
        offenders(f"frames in {FRAMES}, place", len(frames), outside),
        readable_finding(dataset, f"frames in {FRAMES}, decoded", in_videos, progress),
    ]
