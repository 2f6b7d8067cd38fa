"""``dkp-bench predict``: keypoints on the user's own images, from a trained run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.options import BASELINES, RESULTS, Baselines, Device

if TYPE_CHECKING:
    from dkp_bench.runs.predict import Predicted

LISTED = 20
"""So many files that could not be read are named; keypoints.json names all."""


def command(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="METHOD@DATASET, with :PROFILE or :seed0 behind; or the folder of a run, or of a method, whose first "
            "seed counts.",
        ),
    ],
    what: Annotated[list[Path], typer.Argument(metavar="WHAT", help="Images, and folders with images.")],
    out: Annotated[Path, typer.Option(help="Folder for keypoints.json and the drawn pictures.")] = RESULTS / "predict",
    device: Device = "auto",
    baselines: Baselines = BASELINES,
) -> None:
    """Find keypoints on images of your own: JSON and pictures.

    The detector sees the largest square in the middle of each image. It finds something on pictures of the kind that
    it was trained on, and nothing on others: its points lie somewhere there, too.

    JPEG, PNG, WebP, GIF, BMP, TIFF and what else Pillow reads; subfolders are looked into. Exits with 1 if some image
    cannot be read, with 2 if none can. docs/predict.md describes keypoints.json.
    """
    from dkp_bench.analysis.find_runs import choose_one
    from dkp_bench.analysis.run_names import locate
    from dkp_bench.cli.options import let_import_here
    from dkp_bench.progress import show_progress
    from dkp_bench.runs.predict import predict_images

    found, taken = choose_one(locate(run, baselines, to_predict=True))
    if taken:
        typer.echo(taken, err=True)
    let_import_here(found.record.identity.method)
    with show_progress() as progress:
        predicted = predict_images(found, what, out, device=device, progress=progress)
    typer.echo(_summary(predicted), err=True)
    typer.echo(predicted.file)
    if predicted.found.failed:
        raise typer.Exit(1)


def _summary(predicted: "Predicted") -> str:
    """Return a summary: the images done, those that were not, and what the keypoints are worth."""
    from dkp_bench.errors import printable
    from dkp_bench.runs.photographs import others_in_words
    from dkp_bench.runs.predict import LONGEST_DRAWN
    from dkp_bench.text import counted, cut_short, wrapped

    found, content = predicted.found, predicted.content
    lines = [wrapped(f"note: {content.note}", "", "  "), ""]
    if predicted.reduced:
        lines.append(f"drawn smaller, {LONGEST_DRAWN} px wide or high: {counted(predicted.reduced, 'picture')}")
    for what, group in {"could not be read": found.failed, "left out": found.left_out}.items():
        lines += [f"{what}: {len(group)}"] if group else []
        first, more = cut_short(group, LISTED)
        lines += [f"  {printable(name)}: {why}" for name, why in first]
        lines += [f"  {more}, in {predicted.file}"] if more else []
    if found.others:
        lines.append(f"no images by their names: {others_in_words(found.others)}")
    lines.append(f"{counted(len(content.images), 'image')} with keypoints, drawn in {predicted.file.parent}")
    return "\n".join(lines)
