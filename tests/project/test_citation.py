"""The citation file is valid and says what the package says."""

import datetime
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import dkp_bench
from dkp_bench.bundle import cite
from dkp_bench.bundle.citation import software_citation


def schema_errors(citation: Path) -> str:
    """What the Citation File Format's own schema has against a file; empty where it is valid."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.citation-file-format", citation]
    result = subprocess.run(command, capture_output=True, text=True)
    return "" if result.returncode == 0 else result.stdout + result.stderr


def test_the_citation_file_passes_its_schema(repository: Path) -> None:
    assert schema_errors(repository / "CITATION.cff") == ""


@pytest.mark.parametrize("required", ["title", "authors", "cff-version", "message"])
def test_the_schema_is_really_applied(repository: Path, tmp_path: Path, required: str) -> None:
    citation = YAML(typ="safe").load(repository / "CITATION.cff")
    del citation[required]
    broken = tmp_path / "CITATION.cff"
    YAML(typ="safe").dump(citation, broken)
    assert required in schema_errors(broken)


def test_the_version_has_its_day(repository: Path) -> None:
    released = YAML(typ="safe").load(repository / "CITATION.cff")["date-released"]
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = re.search(rf"^## \[{re.escape(dkp_bench.__version__)}\](?: - (\S+))?$", changelog, re.MULTILINE)
    assert isinstance(released, datetime.date)
    assert heading
    assert heading[1] in (None, released.isoformat())
    assert f" ({released.year}). " in cite.apa_work(software_citation())


def test_whoever_names_the_repository_s_address_names_the_same(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    clone = re.search(r"git clone (https://\S+)", (repository / "README.md").read_text(encoding="utf-8"))
    addresses = {
        "CITATION.cff": software_citation().repository_code,
        "pyproject.toml": project.get("urls", {}).get("Repository", ""),
        "README.md": clone[1].removesuffix(".git") if clone else "",
    }
    assert len(set(addresses.values())) == 1, addresses


def test_the_citation_file_and_the_changelog_name_the_version(repository: Path) -> None:
    citation = YAML(typ="safe").load(repository / "CITATION.cff")
    assert citation["version"] == dkp_bench.__version__
    assert f"## [{dkp_bench.__version__}]" in (repository / "CHANGELOG.md").read_text(encoding="utf-8")
