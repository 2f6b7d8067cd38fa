"""The plans in ``results/plans``: each can be read, and they plan what they say."""

from pathlib import Path

import pytest

from dkp_bench.methods import Settings, find_method
from dkp_bench.presets import own_overrides, preset, settings_hash
from dkp_bench.runs.cells import planned_specs, read_plan
from dkp_bench.runs.run import load_runs
from dkp_bench.runs.schema import Identity
from dkp_bench.runs.spec import RunSpec
from dkp_bench.studies.study import read_study

PLANS = Path(__file__).parents[2] / "results" / "plans"
FILES = sorted(path.name for path in PLANS.glob("*.toml"))
STUDIES = sorted((PLANS.parent / "studies").glob("*.toml"))


def settings(spec: RunSpec, method: str) -> dict[str, Settings]:
    """The settings of a method of a cell and of those it requires."""
    kind = find_method(method)
    own = preset(kind, spec.dataset, spec.profile, own_overrides(kind, dict(spec.overrides)))
    return {method: own} | {name: one for required in kind.requires for name, one in settings(spec, required).items()}


@pytest.mark.parametrize("name", FILES)
def test_the_command_in_a_plan_names_it(name: str) -> None:
    text = (PLANS / name).read_text(encoding="utf-8")
    assert f"dkp-bench run results/plans/{name} " in text
    assert planned_specs(read_plan(PLANS / name))


def test_the_stored_runs_are_those_of_the_plan_and_of_studies() -> None:
    stored = {named(run.record.identity) for run in load_runs(PLANS.parent / "baselines")}
    planned = {specified(spec) for spec in planned_specs(read_plan(PLANS / "baselines.toml"))}
    assert planned <= stored, "each baseline that is planned is stored"
    further = [spec for plan in FILES for spec in planned_specs(read_plan(PLANS / plan))]
    further += [spec for file in STUDIES for spec in planned_specs(read_study(file).cells)]
    assert stored <= planned | {specified(spec) for spec in further}, "what is stored is planned somewhere"


def named(identity: Identity) -> tuple[str, ...]:
    """What a spec and a record both say of a run."""
    names = identity.dataset, identity.profile, identity.method, str(identity.seed)
    return *names, identity.split, str(identity.image_size), identity.preset_hash


def specified(spec: RunSpec) -> tuple[str, ...]:
    """The same of a spec."""
    names = spec.dataset, spec.profile, spec.method, str(spec.seed)
    return *names, spec.split, str(spec.size), settings_hash(settings(spec, spec.method))


def test_the_full_size_has_every_method_then_one_pair_as_published() -> None:
    planned = planned_specs(read_plan(PLANS / "full-size.toml"))
    assert [spec.profile for spec in planned] == ["small"] * 54 + ["paper"] * 3
    assert [spec.method for spec in planned[-3:]] == ["autolink", "teacher_only", "distill_dkp"]
    assert planned[0].dataset == "mannequin"
