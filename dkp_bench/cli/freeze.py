"""``dkp-bench freeze``: a bundle of the stored results that can be verified and cited."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import RESULTS


def command(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Version of the bundle, such as v1.0.")],
    out: Annotated[Path, typer.Option(help="Folder that the bundle is put into.")] = RESULTS / "bundles",
) -> None:
    """Make a bundle of the stored baselines to be cited.

    It is made from the commit that is checked out, which must be clean; the same commit gives the same bytes.
    """
    import dkp_bench
    from dkp_bench.bundle.checkout import open_checkout
    from dkp_bench.bundle.freeze import freeze
    from dkp_bench.errors import shell_command
    from dkp_bench.progress import show_progress

    checkout = open_checkout(Path(dkp_bench.__file__).parent)
    with show_progress() as progress:
        frozen = freeze(checkout, version, out, progress)
    state = "made" if frozen.new else "was there already, with the same content"
    typer.echo(
        f"{frozen.path}\n"
        f"  {state}: {frozen.files:,} files, {frozen.size / 1e6:.1f} MB\n"
        f"  from commit {checkout.commit}\n"
        f"  SHA-256 of its manifest: {frozen.manifest}\n"
        f"next: {shell_command('dkp-bench', 'verify', frozen.path)}\n"
        f"      {shell_command('dkp-bench', 'cite', frozen.path)}"
    )
