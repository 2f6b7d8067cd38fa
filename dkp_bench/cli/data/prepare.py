"""``dkp-bench data prepare``: everything that is done once for a dataset, done now."""

import typer

from dkp_bench.cli.options import Cache, Data, DatasetName, Depth, Size


def command(name: DatasetName, size: Size = 64, data: Data = None, depth: Depth = None, cache: Cache = None) -> None:
    """Make what training needs of a dataset's files, once."""
    from dkp_bench.cli.opening import make_ready
    from dkp_bench.datasets import open_dataset

    dataset = make_ready(open_dataset(name, size, data=data, depth=depth, cache=cache))
    for note in dataset.notes():
        typer.echo(note)
    typer.echo(f"{name} is ready at {size} px, content {dataset.content_hash()}")
