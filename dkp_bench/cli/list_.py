"""``dkp-bench list``: what there is, and which settings a method has."""

import json
from typing import Annotated

import typer

from dkp_bench.cli.options import Json


def command(
    method: Annotated[
        str | None, typer.Argument(metavar="METHOD", help="Its settings instead, with their defaults and presets.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show datasets, methods, profiles, protocols, models.

    Of one METHOD: what each of its settings is, and its value for every profile and dataset.
    """
    from dkp_bench.text import two_columns

    if method is not None:
        return _one(method, as_json=as_json)
    groups = _groups()
    if as_json:
        named = {group.replace(" ", "_"): _objects(texts) for group, texts in groups.items()}
        typer.echo(json.dumps(named, indent=2))
    else:
        typer.echo(two_columns(groups))


def _groups() -> dict[str, dict[str, str]]:
    from dkp_bench.datasets import datasets
    from dkp_bench.declared import declared
    from dkp_bench.depth.midas.registry import MODELS
    from dkp_bench.methods import built_in_methods, find_method
    from dkp_bench.presets import PROFILE_SUMMARIES
    from dkp_bench.scoring import PROTOCOLS

    return {
        "datasets": {name: kind.summary for name, kind in datasets().items()},
        "methods": {name: (declared(name) or find_method(name)).summary for name in built_in_methods()},
        "profiles": {str(name): text for name, text in PROFILE_SUMMARIES.items()},
        "protocols": {name: protocol.summary for name, protocol in PROTOCOLS.items()},
        "depth models": {name: model.summary for name, model in MODELS.items()},
    }


def _objects(texts: dict[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"summary": text} for name, text in texts.items()}


def _one(method: str, *, as_json: bool) -> None:
    from dkp_bench.cli.names import check_names
    from dkp_bench.cli.options import let_import_here

    let_import_here(method)
    check_names([method])

    from dkp_bench.cli.method_settings import settings_object, settings_text
    from dkp_bench.methods import find_method

    kind = find_method(method)
    typer.echo(json.dumps(settings_object(method, kind), indent=2) if as_json else settings_text(method, kind))
