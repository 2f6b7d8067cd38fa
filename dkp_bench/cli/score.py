"""``dkp-bench score``: the scores of a finished run, or of predictions made elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.messages import say_note
from dkp_bench.cli.names import check_names
from dkp_bench.cli.options import BASELINES, RESULTS, Baselines, Cache, Data, Json, Profile, Runs, ScoredOn
from dkp_bench.errors import DkpError, shell_command

if TYPE_CHECKING:
    from dkp_bench.runs.run import Run

SHOWN = 5
"""Most differences between a record and its predictions that are listed."""


def command(
    what: Annotated[
        Path, typer.Argument(metavar="RUN|FILE", help="A run's folder, METHOD@DATASET, or predictions as an .npz.")
    ],
    dataset: Annotated[
        str | None, typer.Option(metavar="DATASET", help="Of predictions made elsewhere: what they are of.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="The images' side in pixels.  [default: the profile's]")] = None,
    profile: Profile = "tiny",
    name: Annotated[str, typer.Option(help="Stands for the method that made the predictions.")] = "mine",
    seed: Annotated[int, typer.Option(min=0, help="The seed they were made with.")] = 0,
    split: ScoredOn = "test",
    sees_depth: Annotated[bool, typer.Option("--sees-depth", help="Their detector is given depth maps.")] = False,
    range_is_right: Annotated[
        bool, typer.Option("--range-is-right", help="Take coordinates as they are, whatever they look like.")
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Write a RUN's scores into its record where they are others.")
    ] = False,
    protocol: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Show these alone, listed by the dataset or not; they are not recorded."),
    ] = None,
    runs: Runs = RESULTS / "runs",
    baselines: Baselines = BASELINES,
    data: Data = None,
    cache: Cache = None,
    as_json: Json = False,
) -> None:
    """Compute scores of a run, or of predictions made elsewhere.

    Of a run they are printed, and whether they are those of its record, in which nothing changes without --update.

    Predictions are an .npz with the arrays fit and test, (images, keypoints, 2) each: (x, y) in
    [−1, 1], the centres of the corner pixels, in the order of the images of 'dkp-bench data export'; with --split val,
    fit and val. They are scored and get a record among the runs: compare and report take it like any other.
    """
    if dataset is None:
        _refuse_file(what)
        from dkp_bench.analysis.run_names import locate_one

        run, taken = locate_one(what, baselines, runs=runs)
        if taken:
            say_note(taken)
        return _score_run(run, data, cache, protocols=protocol or [], update=update, as_json=as_json)
    check_names(dataset=dataset, profile=profile)

    from dkp_bench.cli.opening import make_ready
    from dkp_bench.cli.scores import lines_under, score_lines, under
    from dkp_bench.datasets import open_dataset
    from dkp_bench.datasets.splits import find_scored
    from dkp_bench.presets import IMAGE_SIZE, find_profile
    from dkp_bench.runs.annotations import annotations_for
    from dkp_bench.runs.external import doubts, read_external
    from dkp_bench.runs.external_run import check_name, score_external

    if update:
        raise typer.BadParameter("--update is for a RUN; predictions of a name that is taken are never replaced")
    check_name(name)
    work = find_profile(profile)
    images = open_dataset(dataset, size or IMAGE_SIZE[work], data=data, cache=cache, scored=find_scored(split))
    labels = annotations_for(images, baselines, make_ready)
    predictions = read_external(what, labels, range_is_right=range_is_right)
    scored = score_external(runs, labels, predictions, name=name, profile=work, seed=seed, sees_depth=sees_depth)
    found = doubts(labels, predictions)
    shown = under(scored.run, labels, protocol, predictions) if protocol else scored.run
    if as_json:
        _print_json(shown, differences=scored.differences, doubts=found)
    else:
        typer.echo((lines_under if protocol else score_lines)(shown, labels, predictions))
        for doubt in found:
            say_note(f"\nwarning: {doubt}")
    scored.save()
    if scored.differences and not as_json:
        _say_how_it_differs(scored.run, scored.differences)


def _refuse_file(what: Path) -> None:
    if what.suffix == ".npz" or what.is_file():
        hint = shell_command("dkp-bench", "score", what, "--dataset", "mannequin", "--name", "mine")
        raise DkpError(f"{what}: predictions of which dataset?", hint)


def _score_run(
    run: "Run", data: Path | None, cache: Path | None, *, protocols: Sequence[str], update: bool, as_json: bool
) -> None:
    """Print the scores that a run's predictions give and whether they are the recorded ones; write them if asked to."""
    from dkp_bench.cli.opening import make_ready
    from dkp_bench.cli.scores import lines_under, score_lines, under
    from dkp_bench.datasets import open_dataset
    from dkp_bench.runs.annotations import annotations_of, read_annotations
    from dkp_bench.runs.rescore import recompute_scores, refuse_frozen, update_scores

    if update:
        refuse_frozen(run)
    identity = run.record.identity
    labels = read_annotations(run.root, identity)
    if labels is None:
        opened = open_dataset(identity.dataset, identity.image_size, data=data, cache=cache, scored=identity.split)
        labels = annotations_of(make_ready(opened))
    found = recompute_scores(run, labels)
    shown = under(found.run, labels, protocols) if protocols else found.run
    if as_json:
        _print_json(shown, differences=found.differences)
    else:
        typer.echo((lines_under if protocols else score_lines)(shown, labels))
    if update:
        update_scores(run, labels)
    elif as_json:
        return
    elif found.differences:
        _say_how_it_differs(run, found.differences)
    else:
        typer.echo("as recorded", err=True)


def _print_json(run: "Run", **findings: Sequence[str]) -> None:
    """Print the run, and what was found beside its scores, as JSON."""
    import json

    from dkp_bench.cli.listing import run_object

    lists = {name: list(texts) for name, texts in findings.items()}
    typer.echo(json.dumps({**run_object(run), **lists}, indent=2))


def _say_how_it_differs(run: "Run", differences: tuple[str, ...]) -> None:
    from dkp_bench.errors import printable
    from dkp_bench.runs.rescore import update_command
    from dkp_bench.text import cut_short

    first, more = cut_short(differences, SHOWN)
    shown = [f"  {printable(line)}" for line in (*first, more) if line]
    closing = f"to write what its predictions give: {update_command(run)}"
    typer.echo("\n".join(["NOT as recorded; nothing was written:", *shown, closing]), err=True)
