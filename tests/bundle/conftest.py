"""A bundle, made once for all tests, and copies of it to be damaged."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from miniature import make_checkout

from dkp_bench.bundle.bag import read_info, write_bag
from dkp_bench.bundle.checkout import open_checkout
from dkp_bench.bundle.freeze import freeze
from dkp_bench.bundle.verify import verify


def silent(what: str, done: int, total: int, note: str = "") -> None:
    """Progress that nobody looks at."""


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean checkout with stored results; not to be changed."""
    return make_checkout(tmp_path_factory.mktemp("checkout") / "repository")


@pytest.fixture(scope="session")
def make_bundle() -> Callable[[Path, Path], Path]:
    """Freezes version 1.0 of a checkout into a folder."""
    return lambda checkout, out: freeze(open_checkout(checkout / "dkp_bench"), "v1.0", out, silent).path


@pytest.fixture(scope="session")
def sound(checkout: Path, make_bundle: Callable[[Path, Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound bundle; not to be changed."""
    return make_bundle(checkout, tmp_path_factory.mktemp("bundles"))


@pytest.fixture
def bundle(sound: Path, tmp_path: Path) -> Path:
    """A copy of the sound bundle."""
    return Path(shutil.copytree(sound, tmp_path / sound.name))


@pytest.fixture
def results(checkout: Path, tmp_path: Path) -> Path:
    """A copy of the stored results."""
    return Path(shutil.copytree(checkout / "results" / "baselines", tmp_path / "baselines"))


@pytest.fixture(scope="session")
def problems() -> Callable[[Path], dict[str, str]]:
    """What ``verify`` finds wrong, by file."""

    def find(path: Path) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for problem in verify(path, silent).problems:
            found.setdefault(problem.file, []).append(problem.what)
        return {file: "; ".join(texts) for file, texts in found.items()}

    return find


@pytest.fixture(scope="session")
def reseal() -> Callable[[Path], None]:
    """Writes the manifests of a bundle again, as somebody would who forges one."""

    def seal(bundle: Path) -> None:
        info = {label: text for label, text in read_info(bundle).items() if label != "Payload-Oxum"}
        write_bag(bundle, info)

    return seal
