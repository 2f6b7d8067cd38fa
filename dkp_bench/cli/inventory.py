"""``dkp-bench list``: what there is."""

import typer


def command() -> None:
    """Show datasets, methods, profiles, protocols, models."""
    from dkp_bench.cli.columns import two_columns
    from dkp_bench.datasets import datasets
    from dkp_bench.depth.midas.registry import MODELS
    from dkp_bench.methods import built_in_methods, find_method
    from dkp_bench.presets import PROFILE_SUMMARIES
    from dkp_bench.scoring import PROTOCOLS

    groups: dict[str, dict[str, str]] = {
        "datasets": {name: kind.summary for name, kind in datasets().items()},
        "methods": {name: find_method(name).summary for name in built_in_methods()},
        "profiles": {str(name): text for name, text in PROFILE_SUMMARIES.items()},
        "protocols": {name: protocol.summary for name, protocol in PROTOCOLS.items()},
        "depth models": {name: model.summary for name, model in MODELS.items()},
    }
    typer.echo(two_columns(groups))
