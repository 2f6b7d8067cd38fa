"""``dkp-bench new-method``: a file to start a new method from."""

import keyword
import re
from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.errors import DkpError, shell_command
from dkp_bench.shipped import checkout_around

TEMPLATE = Path(__file__).parent / "template"
NAME, CLASS = "colour_clusters", "ColourClusters"
"""The names of the method and of its class in the template."""
OWN = "mine"
"""The folder of a checkout that git ignores."""


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the method and its file, such as my_idea.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the two files.  [default: in a checkout's root mine, else here]"),
    ] = None,
) -> None:
    """Write a method to start from: it works, change it.

    Two files: a class, which passes check-method and trains in seconds, and its settings. Git ignores a checkout's
    folder mine: what lies in it makes no checkout unclean.
    """
    from dkp_bench.files import write_text
    from dkp_bench.methods import built_in_methods

    out = _own_folder() if out is None else out
    class_name = "".join(part.capitalize() for part in name.split("_"))
    sources = {out / f"{name}{path.suffix}": path.read_text(encoding="utf-8") for path in _template()}
    others = "".join(sources.values()).replace(CLASS, "")
    _refuse_bad_name(name, class_name, others, built_in_methods())
    for path in sources:
        if path.exists():
            raise DkpError(f"{path} exists already", "choose another name, or another folder with --out")
    for path, source in sources.items():
        write_text(path, source.replace(CLASS, class_name).replace(NAME, name))
        typer.echo(f"wrote {path}")
    address = f"{name}:{class_name}"
    here = "" if out == Path() else f"{shell_command('cd', out)}\n"
    typer.echo(
        f"\nnext:\n{here}{shell_command('dkp-bench', 'check-method', address)}\n"
        f"{shell_command('dkp-bench', 'train', address, 'mannequin-plain')}"
    )


def _own_folder() -> Path:
    """Return the default folder for a new method: not among the files of a checkout."""
    return Path(OWN) if checkout_around(Path.cwd()) == Path.cwd() else Path()


def _template() -> list[Path]:
    return [TEMPLATE / f"{NAME}.py", TEMPLATE / f"{NAME}.toml"]


def _refuse_bad_name(name: str, class_name: str, template: str, built_in: dict[str, str]) -> None:
    """Refuse a name that Python or dkp-bench would read as something else.

    Raises:
        DkpError: if the name is such a one, with the reason.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise DkpError(f"{name!r} cannot be the name of a method", "use lower-case letters, digits and _: my_idea")
    if name in built_in:
        raise DkpError(f"{name!r} is a built-in method, in {built_in[name]}", "choose another name")
    if re.search(rf"\b({class_name}|{class_name}Settings)\b", template):
        raise DkpError(f"{name!r} would name a class {class_name}, and the file has one", "choose another name")
    if _installed(name):
        raise DkpError(f"there is a module {name!r} already, which Python would import instead", "choose another name")


def _installed(name: str) -> bool:
    """Return whether Python finds a module of this name among its own and the installed ones."""
    import importlib.machinery
    import sys

    places = [place for place in sys.path if place and Path(place) != Path.cwd()]
    known = name in sys.stdlib_module_names or name in sys.builtin_module_names
    return known or importlib.machinery.PathFinder.find_spec(name, places) is not None
