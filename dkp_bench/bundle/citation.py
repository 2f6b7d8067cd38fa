"""The version of frozen results, and ``CITATION.cff``: its schema and its reader."""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

import dkp_bench
from dkp_bench.bundle.untrusted import read_small
from dkp_bench.errors import DkpError
from dkp_bench.shipped import own_checkout
from dkp_bench.strict import first_mistake

VERSION = re.compile(r"v?((?:0|[1-9][0-9]{0,5})(?:\.(?:0|[1-9][0-9]{0,5})){1,2})")


@dataclass(frozen=True)
class Edition:
    """One frozen version of the results.

    Attributes:
        version: such as ``1.0`` or ``1.2.3``.
        commit: hash of the git commit it was made from.
        committed: when that commit was made, in UTC; the only date of a bundle, so that it can be made again.
    """

    version: str
    commit: str
    committed: datetime.datetime

    @property
    def name(self) -> str:
        """Name of the bundle and of its folder."""
        return bundle_name(self.version)


def bundle_name(version: str) -> str:
    """Return the name of the bundle with a version."""
    return f"dkp-bench-results-{version}"


def parse_version(text: str) -> str:
    """Return a version without a leading v.

    >>> parse_version("v1.0")
    '1.0'

    Raises:
        DkpError: if the text is not two or three numbers with dots between.
    """
    found = VERSION.fullmatch(text)
    if found is None:
        raise DkpError(f"{text!r} is not a version of a bundle", "write it as v1.0, 1.0 or 1.2.3")
    return found[1]


CITATION_FILE = "CITATION.cff"
LARGEST = 2**16
"""Bytes of a citation file."""
DOI = r"10\.[0-9]{4,9}/[^\s{}\\]+"
HINT = "see https://citation-file-format.github.io for what such a file says"


class _Part(BaseModel):
    """A part of the file; keys that no citation needs are allowed and ignored."""

    model_config = ConfigDict(frozen=True, alias_generator=lambda name: name.replace("_", "-"))


class Author(_Part):
    """A person, or a group that has a name."""

    given_names: str = ""
    family_names: str = ""
    name: str = ""
    orcid: str = ""


class Identifier(_Part):
    """A DOI or another identifier."""

    type: str
    value: str
    description: str = ""

    @model_validator(mode="after")
    def _check_doi(self) -> Self:
        if self.type == "doi" and not re.fullmatch(DOI, self.value):
            raise ValueError(f"{self.value!r} is not a DOI")
        return self


class Work(_Part):
    """A work that can be cited: the software itself, or one that it refers to."""

    type: str = "software"
    title: str
    authors: list[Author] = Field(min_length=1)
    version: str = ""
    license: str = ""
    year: int | None = None
    date_released: datetime.date | None = None
    collection_title: str = ""
    doi: str = Field("", pattern=f"^({DOI})?$")
    repository_code: str = Field("", pattern=r"^(https?://[^\s{}\\]+)?$")
    identifiers: list[Identifier] = []

    @property
    def published(self) -> int | None:
        """The year it came out, None where the file does not say."""
        return self.date_released.year if self.date_released else self.year

    def identifier(self, kind: str, description: str | None = None) -> str:
        """Return the first identifier of a kind, with that description if one is given; empty where there is none."""
        fitting = (i.value for i in self.identifiers if i.type == kind and description in (None, i.description))
        return next(fitting, "")

    @property
    def arxiv(self) -> str:
        """Number of the preprint on arXiv, empty where there is none."""
        prefix = "arXiv:"
        other = (i.value for i in self.identifiers if i.type == "other" and i.value.startswith(prefix))
        return next(other, "").removeprefix(prefix)


class Citation(Work):
    """A citation file: the software, and the works it refers to."""

    references: Sequence[Work] = ()


def software_citation() -> Citation:
    """Return the content of the running software's ``CITATION.cff``: of the checkout, or of the installed copy.

    Raises:
        DkpError: if there is neither, or it is invalid.
    """
    if (checkout := own_checkout()) is not None:
        return read_citation(checkout / CITATION_FILE)
    try:
        text = distribution("dkp-bench").read_text(f"extra_metadata/{CITATION_FILE}")
    except PackageNotFoundError:
        text = None
    if text is None:
        package = Path(dkp_bench.__file__).parent
        raise DkpError(f"{package} has no {CITATION_FILE}", "install dkp-bench again: the file belongs to the package")
    return parse_citation(text, f"{CITATION_FILE} of the installed dkp-bench")


def read_citation(path: Path) -> Citation:
    """Read a citation file, which may be untrusted.

    Raises:
        DkpError: naming the file, if it is missing, too large, no YAML, or not a citation file.
    """
    try:
        text = read_small(path, LARGEST).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DkpError(f"{path} is not UTF-8: {error}", HINT) from error
    except DkpError as error:
        raise DkpError(f"{path} {error.problem}", HINT) from error
    return parse_citation(text, str(path))


def parse_citation(text: str, name: str) -> Citation:
    """Parse the text of a citation file.

    Args:
        text: YAML in the Citation File Format.
        name: of the file, for errors.

    Raises:
        DkpError: if it is no YAML, or not a citation file.
    """
    try:
        return Citation.model_validate(yaml.load(text, Loader=_Loader))
    except ValidationError as error:
        raise DkpError(f"{name} is not a citation file: {first_mistake(error)}", HINT) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DkpError(f"{name} is not YAML: {error}", HINT) from error


class _Loader(yaml.SafeLoader):
    """A YAML loader without aliases: in an untrusted file, a few of them can stand for billions of nodes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*NAME) are not accepted")
        return super().compose_node(parent, index)
