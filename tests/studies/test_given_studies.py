"""The studies in ``results/studies``: each can be read, and its hypotheses speak of what it plans."""

from pathlib import Path

import pytest

from dkp_bench.methods import find_method
from dkp_bench.presets import preset
from dkp_bench.studies.design import design_of
from dkp_bench.studies.study import read_study

FILES = sorted((Path(__file__).parents[2] / "results" / "studies").glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_a_study(path: Path) -> None:
    design = design_of(read_study(path), str(path))
    assert design.specs
    assert all(hypothesis.holds_if for hypothesis in design.study.hypothesis)
    if design.study.axis:
        assert all(len(levels) > 1 for levels in design.levels)


def test_the_largest_budget_is_the_profiles_own_so_that_the_stored_baselines_are_of_the_study() -> None:
    (path,) = (path for path in FILES if path.stem == "budget")
    ((*_, largest),) = design_of(read_study(path)).levels
    assert largest == preset(find_method("autolink"), "mannequin", "laptop").model_dump()["steps"]
