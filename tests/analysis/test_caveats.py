from collections.abc import Callable

import pytest

from dkp_bench.analysis.caveats import not_as_published
from dkp_bench.runs.run import Run

MakeRun = Callable[..., Run]


def test_a_smaller_profile_tests_the_code(run: MakeRun) -> None:
    told = not_as_published([run("base", profile="tiny"), run("base", profile="paper", seed=1)])
    assert told == "The tiny profile is smaller than what was published: it tests the code, not the number."


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"perceptual": "vgg16-imagenet-1a2b3c4d"}, ""),
        ({"perceptual": "none"}, ""),
        (
            {"perceptual": "vgg16-random"},
            "Not as published: no ImageNet weights in the perceptual network (vgg16-random).",
        ),
        ({"perceptual": "unknown"}, "Not as published: no ImageNet weights in the perceptual network (unknown)."),
        (
            {"perceptual": "vgg16-imagenet-1a2b3c4d", "overrides": {"steps": 2, "gamma": 0.4}},
            "Not as published: settings changed by --set (gamma=0.4, steps=2).",
        ),
        (
            {"perceptual": "vgg16-random", "overrides": {"steps": 2}},
            "Not as published: no ImageNet weights in the perceptual network (vgg16-random);"
            " settings changed by --set (steps=2).",
        ),
    ],
)
def test_the_published_size_is_as_published_with_the_published_choices(
    changes: dict[str, object], told: str, run: MakeRun
) -> None:
    assert not_as_published([run("base", profile="paper", **changes)]) == told


def test_a_setting_that_the_published_number_has_is_no_departure(run: MakeRun) -> None:
    changed = run("base", profile="paper", perceptual="vgg16-imagenet-1a2b3c4d", overrides={"gamma": 0.4, "steps": 2})
    assert not_as_published([changed], {"gamma": 0.4, "steps": 2}) == ""
    assert not_as_published([changed], {"gamma": 0.4}) == "Not as published: settings changed by --set (steps=2)."
    assert "gamma=0.4" in not_as_published([changed], {"gamma": 0.1, "steps": 2})


def test_nothing_run_is_nothing_to_caution_about() -> None:
    assert not_as_published([]) == ""
