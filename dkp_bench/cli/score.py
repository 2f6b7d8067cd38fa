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
    """Compute a run's scores again from its stored predictions, without training."""
    from dkp_bench.cli.opening import prepared
    from dkp_bench.cli.scores import score_lines
    from dkp_bench.errors import DkpError
    from dkp_bench.records.run import rescore
    from dkp_bench.records.store import RECORD, Run, read_record

    record = read_record(run / RECORD)
    dataset = prepared(record.identity.dataset, record.identity.image_size, data, cache)
    if dataset.content_hash() != record.identity.dataset_hash:
        problem = f"{run} was made on {dataset.name} {record.identity.dataset_hash}"
        raise DkpError(
            problem, f"what is here is {dataset.content_hash()}: other images or labels, so it is not scored"
        )
    typer.echo(score_lines(rescore(Run(run, record), dataset)))
