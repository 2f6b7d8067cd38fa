"""The git checkout that a bundle is made from: its uncommitted changes, and the files of its commit."""

import io
import os
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from dkp_bench.errors import DkpError, shell_command
from dkp_bench.files import write_bytes


@dataclass(frozen=True)
class Checkout:
    """A git checkout at a commit.

    Attributes:
        root: the top folder of its working tree.
        commit: hash of the commit that is checked out.
        committed: when the commit was made, in UTC.
    """

    root: Path
    commit: str
    committed: datetime

    def changes(self, but: Path) -> list[str]:
        """List files that differ from the commit or that git does not know, except ignored ones.

        Args:
            but: a path whose files do not count: the bundle that is being made.
        """
        own = ["--", ".", f":(exclude,literal){_inside(but, self.root)}"] if _inside(but, self.root) else []
        status = ("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames")
        listed = _git(self.root, *status, *own).decode("utf-8", "surrogateescape")
        return sorted(entry[3:] for entry in listed.split("\0") if entry)

    def copy(self, sources: Mapping[str, Path]) -> None:
        """Copy files and folders of the commit byte by byte: git's settings for line ends have no effect.

        Args:
            sources: the target of each, by its path in the repository.

        Raises:
            DkpError: if one is not in the commit, or a symbolic link is among them.
        """
        for source, target in sources.items():
            if not _git(self.root, "ls-tree", "--name-only", self.commit, "--", source):
                raise DkpError(
                    f"the commit {self.commit[:12]} has no {source}",
                    f"commit it first: {shell_command('git', 'add', source)}",
                )
            archive = ("-c", "core.autocrlf=false", "archive", "--format=tar", self.commit, "--", source)
            with tarfile.open(fileobj=io.BytesIO(_git(self.root, *archive))) as files:
                for member in (member for member in files if not member.isdir()):
                    _unpack(files, member, target / PurePosixPath(member.name).relative_to(source))


def open_checkout(folder: Path) -> Checkout:
    """Return the checkout that the package in ``folder`` runs from.

    Raises:
        DkpError: if git does not know the package: an installed copy does not know the commit it was made from.
    """
    try:
        _git(folder, "ls-files", "--error-unmatch", "__init__.py")
        root = Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel")).removesuffix("\n"))
        commit, date = _git(folder, "show", "--no-patch", "--format=%H %cI", "HEAD").decode().split()
    except DkpError as error:
        hint = f"clone the repository and run dkp-bench from there\n{error.hint}"
        raise DkpError(f"{folder} is not in a git checkout, so nothing says which code it is", hint) from error
    return Checkout(root, commit, datetime.fromisoformat(date).astimezone(UTC))


def _inside(path: Path, root: Path) -> str:
    """Return the path relative to ``root``; empty if it is not below it."""
    absolute, top = path.resolve(), root.resolve()
    return absolute.relative_to(top).as_posix() if absolute.is_relative_to(top) else ""


def _unpack(files: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    content = files.extractfile(member) if member.isfile() else None
    if content is None:
        raise DkpError(f"{member.name} is not a plain file", "a bundle holds no symbolic links; commit a copy")
    write_bytes(target, content.read())


def _git(folder: Path, *arguments: str) -> bytes:
    command = ["git", *arguments]
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=120).stdout
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip()
        raise DkpError(f"git {arguments[0]} failed in {folder}", f"git says: {said}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DkpError(f"git {arguments[0]} cannot be run in {folder}", str(error)) from error
