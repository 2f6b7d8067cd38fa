"""The files of simplified Human3.6M by their names: which frames there are, and which lack a file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from dkp_bench.datasets.index import Listed, list_files, listing_key

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
        """The file in a part, relative to the dataset's folder."""
        return f"{self.subject}/{part}/{self.recording}/{self.number}{PARTS[part]}"


@dataclass(frozen=True)
class PublishedFiles:
    """The files of the seven subjects and six actions.

    Attributes:
        listed: by subject and part; names are relative to the part's folder.
    """

    listed: Mapping[tuple[str, str], list[Listed]]

    @cached_property
    def key(self) -> str:
        """Sixteen hexadecimal digits that change when a file is added, removed or altered."""
        return listing_key((), *((*place, listing_key(files)) for place, files in self.listed.items()))

    def frames(self, subject: str, *parts: str) -> list[Frame]:
        """The frames of a subject that have a file in one of the parts, sorted by recording and then by number."""
        found = {frame for part in parts for frame in self._parsed(subject, part) if isinstance(frame, Frame)}
        return sorted(found, key=lambda frame: (frame.recording, int(frame.number), frame.number))

    def wrong_names(self, subject: str, part: str) -> list[str]:
        """Files that should be in a part and are not, for another part has them; and those that are no frame."""
        there = list(self._parsed(subject, part))
        missing = set(self.frames(subject, *PARTS)).difference(name for name in there if isinstance(name, Frame))
        return [
            *(f"{subject}/{part}/{name} is not <number>{PARTS[part]}" for name in there if isinstance(name, str)),
            *(f"{frame.file(part)} is missing" for frame in sorted(missing)),
        ]

    def _parsed(self, subject: str, part: str) -> Iterator[Frame | str]:
        """Each file as a frame, or its name where that is not the name of one."""
        suffix = PARTS[part]
        for name, _, _ in self.listed[subject, part]:
            recording, _, file = name.rpartition("/")
            number = file.removesuffix(suffix)
            is_frame = number.isdecimal() and number != file and "/" not in recording
            yield Frame(subject, recording, number) if is_frame else name


def list_published(root: Path) -> PublishedFiles:
    """List the dataset's folder; what is not there has no files."""
    return PublishedFiles(
        {(subject, part): _list(root / subject / part, part) for subject in SUBJECTS for part in PARTS}
    )


def _list(folder: Path, part: str) -> list[Listed]:
    if not folder.is_dir():
        return []
    return [file for file in list_files(folder, (PARTS[part],)) if file.name.startswith(ACTIONS)]
