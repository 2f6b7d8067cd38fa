"""What is built: a wheel whose only package is dkp_bench, with all that its commands read."""

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from dkp_bench.methods import built_in_methods


def sources(root: Path, *folders: str) -> set[str]:
    """The files of some folders that belong into the wheel, as paths below ``root``."""
    files = (path for folder in folders for path in (root / folder).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix() for path in files if path.suffix != ".pyc"}


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in the wheel of this checkout; none of them twice."""
    (path,) = WheelBuilder(str(repository)).build(directory=str(tmp_path_factory.mktemp("dist")))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert len(set(names)) == len(names)
    return set(names)


def test_it_puts_one_package_into_site_packages(wheel: set[str]) -> None:
    assert {name.split("/")[0] for name in wheel if ".dist-info/" not in name} == {"dkp_bench"}


def test_the_package_has_every_file_of_the_checkout(wheel: set[str], repository: Path) -> None:
    links = "dkp_bench/baselines", "dkp_bench/reference"
    own = {name for name in sources(repository, "dkp_bench") if not name.startswith(links)}  # some Pythons follow them
    beside = sources(repository, "baselines", "reference", "results/plans", "results/studies") | {
        "results/published.toml"
    }
    assert {name for name in wheel if ".dist-info/" not in name} == own | {f"dkp_bench/{name}" for name in beside}


def test_every_built_in_method_is_where_it_is_imported_from(wheel: set[str]) -> None:
    assert {f"{module.replace('.', '/')}.py" for module in built_in_methods().values()} <= wheel


def test_of_the_source_archive_the_same_wheel_can_be_built(repository: Path) -> None:
    packed = {file.distribution_path for file in SdistBuilder(str(repository)).recurse_included_files()}
    assert sources(repository, "baselines", "reference", "results/plans", "results/studies") < packed
    assert not any(name.startswith(("dkp_bench/baselines/", "dkp_bench/reference/")) for name in packed)
