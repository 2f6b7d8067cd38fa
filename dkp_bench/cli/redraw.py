"""``dkp-bench redraw``: the sample images of a run, drawn again."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import Cache, Data, Depth


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run's folder, with its weights.")],
    data: Data = None,
    depth: Depth = None,
    cache: Cache = None,
) -> None:
    """Draw a run's sample images again, from its weights."""
    from dkp_bench.cli.opening import make_ready
    from dkp_bench.cli.options import let_import_here
    from dkp_bench.datasets import open_dataset
    from dkp_bench.runs.execute import load_method, redraw
    from dkp_bench.runs.rescore import refuse_frozen
    from dkp_bench.runs.run import open_run

    found = open_run(run)
    identity = found.record.identity
    let_import_here(identity.method)
    refuse_frozen(found)
    load_method(found)  # a run without weights is refused before a dataset is prepared, which may take minutes
    opened = open_dataset(
        identity.dataset, identity.image_size, data=data, depth=depth, cache=cache, scored=identity.split
    )
    dataset = make_ready(opened)
    typer.echo(redraw(found, dataset).samples)
