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
    from dkp_bench.cli.opening import make_ready, opened
    from dkp_bench.records.run import open_run, redraw

    found = open_run(run)
    identity = found.record.identity
    dataset = make_ready(opened(identity.dataset, identity.image_size, data=data, depth=depth, cache=cache))
    typer.echo(redraw(found, dataset).samples)
