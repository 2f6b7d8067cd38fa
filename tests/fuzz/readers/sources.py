"""The source of a method that somebody is writing: it is looked at before it is run."""

import shutil
import sys
from pathlib import Path
from unittest import mock

from dkp_bench.declared import declared
from dkp_bench.runs import code_hash
from dkp_bench.runs.imports import Modules
from fuzz.reader import Reader

REPOSITORY = Path(__file__).parents[3]
MODULE = "method_under_way"


def _source(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(REPOSITORY / "dkp_bench" / "cli" / "template" / "colour_clusters.py", folder / f"{MODULE}.py")
    return [folder / f"{MODULE}.py"]


def _read(folder: Path) -> object:
    with mock.patch.object(sys, "path", [str(folder), *sys.path]):
        return declared(f"{MODULE}:ColourClusters")


def _hash(folder: Path) -> object:
    file = folder / f"{MODULE}.py"
    return list(code_hash._code_of(Modules(MODULE, file, code_hash._read)))


READERS = (
    Reader("a method's source", ("declared",), _source, _read),
    Reader("the code that trains", ("runs.code_hash",), _source, _hash),
)
