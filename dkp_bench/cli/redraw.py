"""``dkp-bench redraw``: the sample images of a run, drawn again."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import BASELINES, Baselines, Cache, Data, Depth


def command(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A finished run's folder, or METHOD@DATASET, with its weights.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Draw into this folder, and leave the run as it is.", file_okay=False)
    ] = None,
    data: Data = None,
    depth: Depth = None,
    cache: Cache = None,
    baselines: Baselines = BASELINES,
) -> None:
    """Draw a run's sample images again, from its weights.

    A run that is stored for good never changes: its images are drawn into another folder, --out.
    """
    from dkp_bench.analysis.run_names import locate_one
    from dkp_bench.cli.opening import make_ready
    from dkp_bench.cli.options import let_import_here
    from dkp_bench.datasets import open_dataset
    from dkp_bench.runs.execute import draw_samples, redraw
    from dkp_bench.runs.load import load_method
    from dkp_bench.runs.rescore import refuse_frozen
    from dkp_bench.runs.schema import NO_DEPTH

    found, taken = locate_one(run, baselines, to_predict=True)
    if taken:
        typer.echo(taken, err=True)
    identity = found.record.identity
    let_import_here(identity.method)
    if out is None:
        refuse_frozen(found, "draw them elsewhere: --out FOLDER")
    load_method(found)  # a run without weights is refused before a dataset is prepared, which may take minutes
    seen = depth or (None if identity.depth == NO_DEPTH else identity.depth)
    opened = open_dataset(
        identity.dataset, identity.image_size, data=data, depth=seen, cache=cache, scored=identity.split
    )
    dataset = make_ready(opened)
    typer.echo(redraw(found, dataset).samples if out is None else draw_samples(found, dataset, out))
