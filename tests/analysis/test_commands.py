"""The commands that run what has not been run."""

from dkp_bench.analysis.published import SEEDS, Published, command_for, seeds_command
from dkp_bench.datasets import datasets


def test_of_a_dataset(published: Published) -> None:
    assert command_for("paper-set", published) == "nox -s reproduce-paper-set -- --data PATH"
    assert command_for("squares", published) == "nox -s reproduce-squares"
    assert command_for("unheard-of", published) == "nox -s reproduce-unheard-of"
    assert command_for("lsp", published) == "nox -s reproduce-lsp -- --data PATH"


def test_of_a_method() -> None:
    assert seeds_command("m", "mannequin", "tiny") == "dkp-bench train m mannequin --profile tiny --seeds 0,1,2"
    with_files = seeds_command("m", "taichi", "paper", {"gamma": 0.01, "t.flip": "x"})
    assert with_files == (
        "dkp-bench train m taichi --profile paper --seeds 0,1,2 --data PATH --set gamma=0.01 --set t.flip=x"
    )


def test_the_listed_commands_name_the_files_that_a_dataset_needs(literature: Published) -> None:
    for entry in (*literature.delta, *literature.stand_in):
        assert ("--data PATH" in entry.command) == datasets()[entry.dataset].needs_files


def test_what_measures_a_published_change_has_the_seeds_that_a_verdict_needs(literature: Published) -> None:
    for delta in literature.delta:
        assert delta.command.endswith(f"--seeds {SEEDS}")
