"""The findings of ``dkp-bench doctor``: processor, GPU, loss network and data of this machine."""

import platform
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

import torch

from dkp_bench.datasets import Dataset, datasets
from dkp_bench.datasets.downloaded import DownloadedDataset, listed
from dkp_bench.datasets.folders import cache_folder, cache_problem, data_folder, data_variable
from dkp_bench.depth.midas.registry import MODELS
from dkp_bench.depth.midas.weights import find_weights
from dkp_bench.depth.store import stores
from dkp_bench.errors import DkpError, shell_command
from dkp_bench.runs.provenance import PACKAGES, processor_name
from dkp_bench.training.device import uses_bfloat16
from dkp_bench.training.perceptual import TORCHVISION_FILE, WEIGHTS_VARIABLE, imagenet_weights_file


def machine_findings() -> Iterator[tuple[str, str]]:
    """Yield what was looked for on this machine, each with what was found, in words."""
    yield "python", f"{platform.python_version()} on {platform.platform()}"
    yield "packages", ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    yield "processor", _processor()
    yield "GPU", _gpu()
    yield (
        "profiles",
        "tiny, laptop; small and paper" if torch.cuda.is_available() else "tiny, laptop; small and paper want a GPU",
    )
    yield "VGG16 (ImageNet)", _weights()
    yield "MiDaS 3.1", _midas()
    yield "cache", cache_problem(cache_folder()) or str(cache_folder())
    if wrong := list(_folders_without_files()):
        yield "data folders", "; ".join(wrong)


def dataset_findings() -> Iterator[tuple[str, str]]:
    """Yield the name of each dataset and, in words, whether it can be used here."""
    for name, kind in datasets().items():
        yield name, _data(name, kind)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "MISSING"


def _processor() -> str:
    threads = torch.get_num_threads()
    half = uses_bfloat16("auto", torch.device("cpu"))
    precision = "computes in bfloat16" if half else "no bfloat16: trains in float32"
    return f"{processor_name()}, {threads} {'thread' if threads == 1 else 'threads'}, {precision}"


def _gpu() -> str:
    if not torch.cuda.is_available():
        return "none: trains on the CPU"
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return ", ".join(names)


def _weights() -> str:
    try:
        path = imagenet_weights_file()
    except DkpError as error:
        return f"{error.problem}: {error.hint}"
    missing = f"missing: put {TORCHVISION_FILE} into {torch.hub.get_dir()}/checkpoints or set {WEIGHTS_VARIABLE}"
    return str(path) if path else f"{missing}; random VGG16 until then, as every record says"


def _midas() -> str:
    found = []
    for model in MODELS.values():
        with suppress(DkpError):
            found.append(str(find_weights(model)))
    return ", ".join(found) or "no weights: 'dkp-bench data depth' says what to download; only photographs need them"


def _folders_without_files() -> Iterator[str]:
    """Yield what is wrong with the folders that the environment names for datasets."""
    named = {kind.files: kind for kind in datasets().values() if issubclass(kind, DownloadedDataset)}
    for files, kind in named.items():
        folder = data_folder(files, None)
        if folder and not folder.is_dir():
            yield f"{data_variable(files)} names {folder}, and there is no such folder"
        elif folder and (missing := kind(kind.usual_size, cache=cache_folder()).missing(folder)):
            yield f"{data_variable(files)}: {folder} lacks {listed(missing)}"


def _data(name: str, kind: type[Dataset]) -> str:
    cache = cache_problem(cache_folder())
    if not issubclass(kind, DownloadedDataset):
        return f"not ready: the cache {cache}" if cache else "ready: makes its own images"
    folder = data_folder(kind.files, None)
    if folder is None:
        wanted = f"give its folder by --data or {data_variable(kind.files)}"
        return f"{wanted}; '{shell_command('dkp-bench', 'data', 'check', name)}' says how to get it"
    depth = ", ".join(stores(folder / "depth"))
    found = f"{folder}, {f'depth maps: {depth}' if depth else 'no depth maps beside it'}"
    return f"{found}; not ready: the cache {cache}" if cache else found
