"""``dkp-bench data show``: samples as a picture."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import Cache, Data, DatasetName, Depth, Size


def command(
    name: DatasetName,
    size: Size = 64,
    split: Annotated[
        str, typer.Option(metavar="train|regression|val|test", help="Which images; train has no joints.")
    ] = "test",
    count: Annotated[int, typer.Option(min=1, help="How many samples; 200 fit on a sheet.")] = 12,
    columns: Annotated[int, typer.Option(min=1, help="Samples side by side.")] = 2,
    out: Annotated[Path | None, typer.Option(help="The PNG to write.", show_default="DATASET-SIZEpx-SPLIT.png")] = None,
    data: Data = None,
    depth: Depth = None,
    cache: Cache = None,
) -> None:
    """Write a contact sheet: image, depth, mask and joints of samples."""
    from dkp_bench.cli.opening import make_ready
    from dkp_bench.datasets import ScoredSplit, find_split, open_dataset, stored_name
    from dkp_bench.datasets.contact_sheet import MOST, contact_sheet, samples_shown
    from dkp_bench.drawing import png_bytes
    from dkp_bench.files import atomic_path

    scored: ScoredSplit = "val" if split == "val" else "test"
    chosen = "test" if split == "val" else find_split(split)  # what is scored is called test where val is
    target = out or Path(f"{name}-{size}px-{'val' if split == 'val' else stored_name(chosen)}.png")
    dataset = make_ready(open_dataset(name, size, data=data, depth=depth, cache=cache, scored=scored))
    sheet = contact_sheet(dataset, chosen, count, columns)
    with atomic_path(target) as temporary:
        temporary.write_bytes(png_bytes(sheet))
    typer.echo(target)
    total = dataset.image_count(chosen)
    if (shown := samples_shown(count, total)) < count:
        why = f"{MOST} fit on a sheet, spread evenly" if shown < total else "there are no more"
        typer.echo(f"{shown:,} samples of {total:,}, not {count:,}: {why}", err=True)
