"""``dkp-bench predict``: keypoints of a folder of images, from a trained run."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import RESULTS


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run's folder.")],
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="A folder of JPEG or PNG images.")],
    out: Annotated[Path, typer.Option(help="Folder for keypoints.json and the drawn pictures.")] = RESULTS / "predict",
) -> None:
    """Find keypoints on a folder of images: JSON and pictures."""
    from dkp_bench.cli.own_code import let_import_here
    from dkp_bench.records.inference import predict_folder
    from dkp_bench.records.run import open_run

    let_import_here(open_run(run).record.identity.method)
    file = predict_folder(run, images, out)
    typer.echo(file)
