"""What a method is, and how one is found.

A built-in method is one file of ``dkp_bench.baselines`` or ``dkp_bench.reference``, called after the method, with its
preset in TOML beside it. A method of one's own is named ``module:Class`` or published under the entry point group
``dkp_bench.methods``.
"""

import importlib
import inspect
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from dkp_bench.datasets.base import ImageSet
from dkp_bench.errors import DkpError, last_line, printable, shell_command, unknown_name
from dkp_bench.progress import Progress

BUILT_IN = ("dkp_bench.baselines", "dkp_bench.reference")
ENTRY_POINTS = "dkp_bench.methods"
HOW_TO_ADDRESS = "write module:Class, with the module importable from here (set PYTHONPATH to its folder)"


DepthUse = Literal["none", "train", "test"]


class Settings(BaseModel):
    """Hyper-parameters of a method; an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class FitContext:
    """What a method is given to be fitted with, beside the images.

    Attributes:
        seed: fixes every random choice.
        device: name of the torch device, such as ``cpu`` or ``cuda``.
        folder: where checkpoints and metrics go; a fit that was interrupted goes on from what it finds there.
        required: the fitted methods that this one ``requires``, by name.
        progress: called with the steps done, the loss and the speed.
    """

    seed: int
    device: str
    folder: Path
    required: Mapping[str, "Method"] = field(default_factory=dict)
    progress: Progress | None = None


@dataclass(frozen=True)
class FitResult:
    """What a fit did: seconds and steps, those before an interruption included, precision, and training curves."""

    seconds: float = 0.0
    steps: int = 0
    images_per_second: float = 0.0
    precision: str = "none"
    curves: Mapping[str, list[float]] = field(default_factory=dict)


class Method(ABC):
    """A keypoint detector that learns from images alone.

    Args:
        settings: an instance of the class's ``Settings``.
        image_size: side of the images in pixels.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    """One line for ``dkp-bench list``."""
    settings_type: ClassVar[type[Settings]] = Settings
    depth: ClassVar[DepthUse] = "none"
    """Where the method reads depth maps: nowhere, only in ``fit``, or in ``predict``, too (then ``fit`` may)."""
    learns: ClassVar[bool] = True
    """Whether ``fit`` learns from the images. One that does not is a control: it stands beside methods with any number
    of keypoints, and a baseline that is not told apart from it is not shown to have learned anything."""
    requires: ClassVar[tuple[str, ...]] = ()
    """Methods to fit first, on the same dataset with the same profile and seed."""

    def __init__(self, settings: Settings, image_size: int) -> None:
        self.settings, self.image_size = settings, image_size

    @property
    def predicts_from_depth(self) -> bool:
        """True if ``predict`` reads depth maps, with the settings that the method has."""
        return self.depth == "test"

    @classmethod
    def needs_depth(cls) -> bool:
        """Return whether the method, or one it requires, runs only on datasets with depth maps."""
        return cls.depth != "none" or any(find_method(n).needs_depth() for n in cls.requires)

    @property
    @abstractmethod
    def keypoints(self) -> int:
        """Number K of keypoints."""

    @property
    def resolved(self) -> dict[str, str]:
        """What the machine decided, such as the weights found; ``perceptual`` enters the signature."""
        return {}

    @abstractmethod
    def fit(self, images: ImageSet, context: FitContext) -> FitResult:
        """Learn from images without labels.

        Raises:
            DkpError: if something is missing or the training fails, with what to try.
        """

    @abstractmethod
    def predict(self, images: ImageSet) -> NDArray[np.float32]:
        """Find the keypoints of every image, ``(N, K, 2)`` as (x, y) in [−1, 1]; the same for every batch size."""

    def edge_maps(self, images: ImageSet) -> NDArray[np.float32] | None:
        """Edge maps for pictures, ``(N, H, W)`` in [0, 1]; None for a method without them."""
        return None

    def save(self, folder: Path) -> None:
        """Write what ``predict`` needs; a method without a state writes nothing."""
        return

    def load(self, folder: Path) -> None:
        """Read what :meth:`save` wrote.

        Of a stored run, tensors of ``weights.safetensors`` that neither ``predict`` nor ``edge_maps`` needs are NaN.

        Raises:
            DkpError: if a file is missing or does not fit the settings.
        """
        return


def built_in_methods() -> dict[str, str]:
    """Return the names of the built-in methods and their modules, from the file names only: nothing is imported.

    >>> built_in_methods()["mean_pose"]
    'dkp_bench.baselines.mean_pose'
    """
    return dict(_built_in())


@cache
def _built_in() -> dict[str, str]:
    return {
        module.name: f"{package}.{module.name}"
        for package in BUILT_IN
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__)
        if not module.name.startswith("_")
    }


def find_method(name: str) -> type[Method]:
    """Return the method called ``name``: built in, published as an entry point, or given as ``module:Class``.

    Raises:
        DkpError: if there is none, if its module cannot be imported, or if what is there is not a method.
    """
    check_method_name(name)
    if ":" in name:
        return _from_address(name)
    known = built_in_methods()
    if name in known:
        return _only_method(importlib.import_module(known[name]))
    point = _published()[name]
    return _checked(point.load(), point.value)


@cache
def _published() -> dict[str, EntryPoint]:
    """Return the entry points of installed packages by name; kept, for finding them reads every package's metadata."""
    return {point.name: point for point in reversed([*entry_points(group=ENTRY_POINTS)])}


def check_method_name(name: str) -> None:
    """Make sure that a method may be called ``name``; nothing is imported, so what its module holds is not known.

    Raises:
        DkpError: if there is none of that name, or it is neither a name nor ``module:Class``.
    """
    module, colon, class_name = name.partition(":")
    if module.endswith(".py") or "/" in module:
        raise _path_for_address(module, class_name or "Class")
    if colon and (not module or module.startswith(".")):
        raise DkpError(f"{printable(repr(name))} names no module", HOW_TO_ADDRESS)
    known = {*built_in_methods(), *_published()}
    if not colon and name not in known:
        unknown = unknown_name("method", name, known)
        raise DkpError(unknown.problem, f"{unknown.hint}\none of your own: module:Class")


def _path_for_address(path: str, class_name: str) -> DkpError:
    """Return the error for the path of a file in place of a module: it says what to write, and where."""
    file = Path(path)
    inside = not file.is_absolute() and ".." not in file.parts
    module = ".".join([*file.parent.parts, file.stem]) if inside else file.stem
    where = "" if inside else f", in the folder of the file: {shell_command('cd', file.parent)}"
    problem = f"{printable(repr(path))} is the path of a file, and a method goes by its module"
    return DkpError(problem, f"write {shell_command(f'{module}:{class_name}')}{where}")


def _from_address(address: str) -> type[Method]:
    module_name, _, class_name = address.partition(":")
    hint = HOW_TO_ADDRESS
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        if isinstance(error, ImportError) and f"dkp_bench.{error.name}" in BUILT_IN:
            place = f"the built-in methods are in {' and '.join(BUILT_IN)}: write dkp_bench.{error.name}"
            raise DkpError(f"{module_name} cannot be imported: {last_line(error)}", place) from error
        if isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}."):
            raise DkpError(f"there is no module {module_name!r}", hint) from error
        fix = "correct the module, or install what it imports"
        raise DkpError(f"{module_name} cannot be imported: {last_line(error)}", fix) from error
    if not hasattr(module, class_name):
        classes = inspect.getmembers(module, lambda item: inspect.isclass(item) and issubclass(item, Method))
        methods = [name for name, item in classes if item is not Method]
        raise unknown_name(f"class in {module_name}", class_name, methods or ["none: it has no method"])
    return _checked(getattr(module, class_name), address)


def _checked(found: object, address: str) -> type[Method]:
    if not (inspect.isclass(found) and issubclass(found, Method)):
        hint = "derive it from dkp_bench.methods.Method and define keypoints, fit and predict"
        raise DkpError(f"{address} is not a method", hint)
    if inspect.isabstract(found):
        raise DkpError(f"{address} is not a method yet", f"define {', '.join(sorted(found.__abstractmethods__))}")
    if not (hasattr(found, "name") and hasattr(found, "summary")):
        raise DkpError(f"{address} does not say what it is", "give the class a name and a summary")
    return found


def _only_method(module: ModuleType) -> type[Method]:
    own = [
        item
        for _, item in inspect.getmembers(module, inspect.isclass)
        if issubclass(item, Method) and item.__module__ == module.__name__ and not inspect.isabstract(item)
    ]
    if len(own) != 1:
        raise DkpError(
            f"{module.__file__} defines {len(own)} methods", "a built-in method is the one Method of its file"
        )
    return own[0]
