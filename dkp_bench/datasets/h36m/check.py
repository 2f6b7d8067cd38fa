"""The check of a folder with simplified Human3.6M: every file is read and compared with what it should hold."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

from dkp_bench.datasets.finding import Finding, expect, offenders
from dkp_bench.datasets.h36m.files import (
    ACTIONS,
    IMAGES,
    LANDMARKS,
    MASKS,
    PARTS,
    SUBJECTS,
    Frame,
    PublishedFiles,
    list_published,
)
from dkp_bench.datasets.h36m.frames import SIDE, read_frames
from dkp_bench.datasets.h36m.masks import MaskTally
from dkp_bench.progress import Progress
from dkp_bench.walk import folders_in

TITLES = {IMAGES: "images", MASKS: "masks", LANDMARKS: "landmarks"}


def findings(root: Path, name: str, progress: Progress | None = None) -> list[Finding]:
    """Check everything; nothing that is wrong ends it.

    Args:
        root: the dataset's folder.
        name: the dataset's, for the progress.
        progress: called with how far the work is.
    """
    published = list_published(root)
    found = [_subjects(root)]
    for subject in SUBJECTS:
        found += [_actions(published, subject), *_counts(published, subject)]
    found += [_other_recordings(root, published), *_contents(root, name, published, progress)]
    return found


def _subjects(root: Path) -> Finding:
    """Check that there are folders of all subjects; others are not read."""
    there = [path.name for path in folders_in(root) if re.fullmatch(r"S\d+", path.name)]
    missing = [f"{subject} is missing" for subject in SUBJECTS if subject not in there]
    others = [f"{subject} is none of this dataset's subjects; it is not read" for subject in set(there) - {*SUBJECTS}]
    expected = f"{', '.join(SUBJECTS[:-1])} and {SUBJECTS[-1]} among them"
    return expect("subjects", ", ".join(there), expected, not missing, missing + sorted(others))


def _actions(published: PublishedFiles, subject: str) -> Finding:
    """Check that each part of a subject has a recording of each action."""
    missing = [
        f"{subject}/{part} has no files in a folder {action}…"
        for part in PARTS
        for action in ACTIONS
        if not any(file.name.startswith(action) for file in published.listed[subject, part])
    ]
    recordings = len({frame.recording for frame in published.frames(subject, IMAGES)})
    return expect(f"{subject}: recordings", f"{recordings:,}", "all six actions", not missing, missing)


def _counts(published: PublishedFiles, subject: str) -> Iterator[Finding]:
    """Check that images, masks and landmarks of a subject belong together."""
    images = len(published.frames(subject, IMAGES))
    for part, title in TITLES.items():
        count = len(published.frames(subject, part))
        wrong = published.wrong_names(subject, part)
        expected = "some, each with mask and landmarks" if part == IMAGES else f"{images:,}, as many as images"
        ok = not wrong and 0 < count == images
        yield expect(f"{subject}: {title}", f"{count:,}", expected, ok, wrong)


def _other_recordings(root: Path, published: PublishedFiles) -> Finding:
    """Name recordings of other actions: AutoLink reads those whose names start alike, and no others."""
    alike = {
        frame.sequence: f"{frame.sequence} is read: its name begins with one of the six actions"
        for subject in SUBJECTS
        for frame in published.frames(subject, IMAGES)
        if frame.action not in ACTIONS
    }
    parts = (root / subject / IMAGES for subject in SUBJECTS)
    folders = (path for part in parts if part.is_dir() for path in folders_in(part))
    left_out = sorted(
        f"{path.parent.parent.name}/{path.name} is not read" for path in folders if not path.name.startswith(ACTIONS)
    )
    unusual = [*alike.values(), *left_out]
    return Finding("recordings of other actions", f"{len(unusual):,}", offenders=unusual)


def _contents(root: Path, name: str, published: PublishedFiles, progress: Progress | None) -> list[Finding]:
    """Check that each file can be read, and return the ranges of what is in them."""
    totals, lowest, highest = dict.fromkeys(PARTS, 0), math.inf, -math.inf
    tally = MaskTally()
    problems: dict[str, list[str]] = {part: [] for part in PARTS}
    parts = _parts(published)
    for frame, content in zip(parts, read_frames(root, parts, f"{name}: reading frames", progress), strict=True):
        for part in parts[frame]:
            totals[part] += 1
        for part, problem in content.problems.items():
            problems[part].append(problem)
        if content.joints is not None:
            lowest, highest = min(lowest, float(content.joints.min())), max(highest, float(content.joints.max()))
        tally.add(frame, content)
    landmarks = f"{(lowest + 1) / 2:.3f} to {(highest + 1) / 2:.3f}" if lowest <= highest else "none"
    return [
        offenders(f"images of {SIDE}×{SIDE} pixels", totals[IMAGES], problems[IMAGES]),
        offenders(f"masks of {SIDE}×{SIDE} pixels", totals[MASKS], problems[MASKS]),
        offenders("landmarks of 32 joints", totals[LANDMARKS], problems[LANDMARKS]),
        Finding("range of the landmarks", landmarks),
        *tally.findings(),
    ]


def _parts(published: PublishedFiles) -> dict[Frame, list[str]]:
    """Return every frame with the parts that it has files for."""
    parts: dict[Frame, list[str]] = {}
    for subject in SUBJECTS:
        for part in PARTS:
            for frame in published.frames(subject, part):
                parts.setdefault(frame, []).append(part)
    return parts
