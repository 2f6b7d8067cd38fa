"""Datasets that must be requested: what they are and how to get them; this release has no loader for their files."""

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar, Literal, NoReturn

from dkp_bench.datasets.base import Dataset, ImageSet, Labels, Split
from dkp_bench.datasets.folders import data_folder, data_variable
from dkp_bench.errors import DkpError
from dkp_bench.progress import Reporter

SHOWN = 6
"""How many missing names a message lists."""
USABLE = "'dkp-bench list' shows the datasets that can be used now."


class LicensedDataset(Dataset):
    """A dataset that nobody may redistribute: every use says what to get, and what of it lies in the user's folder."""

    title: ClassVar[str]
    """The dataset's own name."""
    files: ClassVar[str]
    """The name that the environment variable of its folder is made of."""
    request: ClassVar[tuple[str, ...]]
    """The steps of getting the files, in order."""
    layout: ClassVar[tuple[str, ...]]
    """The expected files, one line each."""
    has_depth = False

    @abstractmethod
    def missing(self, folder: Path) -> list[str]:
        """The parts of the expected layout that ``folder`` lacks, by name; only names are looked at."""

    def prepare(self, report: Reporter | None = None) -> None:
        self._refuse()

    def images(self, split: Split) -> ImageSet:
        self._refuse()

    def labels(self, split: Literal["fit", "test"]) -> Labels:
        self._refuse()

    def content_hash(self) -> str:
        self._refuse()

    def _refuse(self) -> NoReturn:
        problem = f"{self.name}: this release of dkp-bench cannot read {self.title} yet"
        folder = data_folder(self.files, self.data)
        if folder is None:
            raise DkpError(f"{problem}, and no folder with its files was named.", self._how_to_get())
        if not folder.is_dir():
            raise DkpError(f"{problem}, and there is no folder {folder}.", self._how_to_get())
        missing = self.missing(folder)
        if missing:
            more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
            raise DkpError(f"{problem}, and {folder} lacks {', '.join(missing[:SHOWN])}{more}.", self._how_to_get())
        found = f"the files in {folder} look complete (found every name of the layout)"
        raise DkpError(f"{problem}, though {found}.", f"Keep them for a release that has a loader. {USABLE}")

    def _how_to_get(self) -> str:
        lines = [f"{self.title} ({self.licence}) cannot come with dkp-bench. To have it ready:"]
        lines += [f"  {number}. {step}" for number, step in enumerate(self.request, start=1)]
        lines += ["The folder then holds:"]
        lines += [f"  {line}" for line in self.layout]
        lines += [
            f"Name it with --data PATH or {data_variable(self.files)}=PATH; to check it, type:",
            f"  dkp-bench data prepare {self.name} --data PATH",
            USABLE,
        ]
        return "\n".join(lines)
