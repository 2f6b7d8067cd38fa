"""The files of simplified Human3.6M by their names: which frames there are, and which have a file missing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from dkp_bench.datasets.index import listing_key
from dkp_bench.datasets.layout import instead
from dkp_bench.imaging import SUFFIXES
from dkp_bench.walk import Listed, Skipped, Walk, walk

TRAINING_SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9")
TEST_SUBJECTS = ("S11",)
SUBJECTS = TRAINING_SUBJECTS + TEST_SUBJECTS
ACTIONS = ("Directions", "Discussion", "Posing", "Waiting", "Greeting", "Walking")
"""A recording belongs to the dataset if its folder's name begins with one of these."""
IMAGES, MASKS, LANDMARKS = "WithBackground", "BackgroudMask", "Landmarks"
PARTS = {IMAGES: ".jpg", MASKS: ".png", LANDMARKS: ".mat"}
"""Folders of a subject, the second one spelt as in the archive, and the suffix of the files there."""


class Frame(NamedTuple):
    """One image with its mask and landmarks.

    Attributes:
        subject: such as ``S9``.
        recording: a folder's name, such as ``Walking 1.54138969``: action, take if there are several, camera.
        number: name of the files, without suffix.
    """

    subject: str
    recording: str
    number: str

    @property
    def action(self) -> str:
        """The recording's name up to the first blank or dot."""
        return re.split("[ .]", self.recording, maxsplit=1)[0]

    @property
    def sequence(self) -> str:
        """The subject and the recording."""
        return f"{self.subject}/{self.recording}"

    def file(self, part: str) -> str:
        """Return the file in a part, relative to the dataset's folder."""
        return f"{self.subject}/{part}/{self.recording}/{self.number}{PARTS[part]}"


@dataclass(frozen=True)
class PublishedFiles:
    """The files of the seven subjects and six actions.

    Attributes:
        root: the dataset's folder.
        listed: by subject and part; names are relative to the part's folder.
        skipped: what lies among them and is none of them; names are relative to the dataset's folder.
    """

    root: Path
    listed: Mapping[tuple[str, str], list[Listed]]
    skipped: list[Skipped] = field(default_factory=list)

    @cached_property
    def key(self) -> str:
        """Sixteen hexadecimal digits that change when a file is added, removed or altered."""
        return listing_key((), *((*place, listing_key(files)) for place, files in self.listed.items()))

    def frames(self, subject: str, *parts: str) -> list[Frame]:
        """Return the frames of a subject that have a file in a part, sorted by recording and then by number."""
        found = {frame for part in parts for frame in self._parsed(subject, part) if isinstance(frame, Frame)}
        return sorted(found, key=lambda frame: (frame.recording, int(frame.number), frame.number))

    def wrong_names(self, subject: str, part: str) -> list[str]:
        """Return files that a part should have because another part has them, and files that are no frame."""
        there = list(self._parsed(subject, part))
        missing = set(self.frames(subject, *PARTS)).difference(name for name in there if isinstance(name, Frame))
        absent = [frame.file(part) for frame in sorted(missing)]
        near = instead(self.root, absent, self._pictures(subject, part) if absent else [])
        return [
            *(f"{subject}/{part}/{name} is not <number>{PARTS[part]}" for name in there if isinstance(name, str)),
            *(f"{name} is missing{what}" for name, what in zip(absent, near, strict=True)),
        ]

    def _pictures(self, subject: str, part: str) -> list[str]:
        """Return every file of a part that may be meant for another, relative to the dataset's folder."""
        folder = self.root / subject / part
        found = walk(folder, (*SUFFIXES, PARTS[part])).files if folder.is_dir() else ()
        return [f"{subject}/{part}/{file.name}" for file in found]

    def _parsed(self, subject: str, part: str) -> Iterator[Frame | str]:
        """Return each file as a frame, or its name where that is not the name of one."""
        suffix = PARTS[part]
        for name, _, _ in self.listed[subject, part]:
            recording, _, file = name.rpartition("/")
            number = file.removesuffix(suffix)
            is_frame = number.isdecimal() and number != file and "/" not in recording
            yield Frame(subject, recording, number) if is_frame else name


def list_published(root: Path) -> PublishedFiles:
    """List the dataset's folder; what is not there has no files."""
    listed: dict[tuple[str, str], list[Listed]] = {}
    skipped: list[Skipped] = []
    for subject in SUBJECTS:
        for part, suffix in PARTS.items():
            found = walk(root / subject / part, (suffix,)) if (root / subject / part).is_dir() else Walk((), ())
            listed[subject, part] = [file for file in found.files if file.name.startswith(ACTIONS)]
            skipped += [Skipped(f"{subject}/{part}/{name}", why) for name, why in found.skipped]
    return PublishedFiles(root, listed, skipped)
