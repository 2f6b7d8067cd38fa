"""What comes with the benchmark and is read wherever a command is typed: published numbers, plans, stored baselines.

In the repository all of it lies in ``results/``. The published numbers and the plans are part of the installed package,
too; the stored baselines, tens of megabytes, are not.
"""

from collections.abc import Mapping
from pathlib import Path

import dkp_bench
from dkp_bench.errors import DkpError, unknown_name

RESULTS = Path("results")
"""Where they lie in a checkout, and where a command writes, as seen from the current folder."""
PLANS = "plans"
WITHOUT_BASELINES = (
    "they are in the repository (results/baselines) and in every frozen bundle (data/baselines), but not in an "
    "installed package: name their folder with --baselines"
)
"""What to do where there are no stored baselines."""


def find_shipped(name: str) -> Path:
    """Find a file or folder of ``results/``, from the first place that has it.

    The places: the current folder; the checkout that it lies in; the checkout that the package runs from; the installed
    package. So a checkout may hold other published numbers than the package, and those count there.

    Args:
        name: below ``results/``, such as ``published.toml``.

    Returns:
        Its path; where no place has it, the one in the current folder, for the error that says so.
    """
    return next(iter(all_shipped(name)), RESULTS / name)


def all_shipped(name: str) -> list[Path]:
    """Return a file or folder of ``results/`` in every place that has it, in the order of :func:`find_shipped`."""
    package = Path(dkp_bench.__file__).parent
    checkouts = (root for root in (checkout_around(Path.cwd()), own_checkout()) if root)
    places = [RESULTS, *(root / RESULTS for root in checkouts), package / RESULTS]
    return [place / name for place in places if (place / name).exists()]


def find_plan(plan: Path, studies: Mapping[str, Path] | None = None) -> Path:
    """Find the file of a plan: the one at that path, or the one that comes with the benchmark under that name.

    Args:
        plan: a path, or a name.
        studies: the files of studies by name, which a name may mean where no plan has it.

    Raises:
        DkpError: if a bare name is neither a file here nor the name of a plan; it lists those there are.

    >>> find_plan(Path("toy")).name
    'toy.toml'
    """
    if plan.is_file() or plan.suffix or len(plan.parts) != 1:
        return plan
    plans = {path.stem: path for path in find_shipped(PLANS).glob("*.toml")}
    known = {**(studies or {}), **plans}
    if plan.name not in known:
        unknown = unknown_name("plan", plan.name, sorted(known))
        raise DkpError(unknown.problem, f"{unknown.hint}\none of your own: the path of its file, such as my.toml")
    return known[plan.name]


def checkout_around(folder: Path) -> Path | None:
    """Return the root of the checkout of this project that a folder lies in; None where there is none."""
    return next((root for root in (folder, *folder.parents) if _is_checkout(root)), None)


def own_checkout() -> Path | None:
    """Return the root of the checkout that the package runs from; None where it is installed."""
    root = Path(dkp_bench.__file__).parents[1]
    return root if _is_checkout(root) else None


def _is_checkout(root: Path) -> bool:
    return (root / "pyproject.toml").is_file() and (root / "dkp_bench" / "__init__.py").is_file()
