"""``dkp-bench score``: the scores of a finished run, computed from its stored predictions."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import Cache, Data


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder.")],
    data: Data = None,
    cache: Cache = None,
) -> None:
    """Compute a run's scores again from its stored predictions."""
    from dkp_bench.cli.opening import make_ready, opened
    from dkp_bench.cli.scores import score_lines
    from dkp_bench.records.run import open_run, rescore

    found = open_run(run)
    images = make_ready(opened(found.record.identity.dataset, found.record.identity.image_size, data=data, cache=cache))
    typer.echo(score_lines(rescore(found, images), images))
