"""The published weights: where they are, and how they get into our networks."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from dkp_bench.depth.midas.network import DepthNetwork
from dkp_bench.depth.midas.registry import MidasModel
from dkp_bench.errors import DkpError, printable, shell_command
from dkp_bench.tensor_files import load_tensors
from dkp_bench.text import cut_short

WEIGHTS_VARIABLE = "DKP_BENCH_MIDAS"
DERIVED = {"relative_position_index", "relative_coords_table", "attn_mask", "attention_bias_idxs"}
"""Tensors of the published files that follow from the network's shape; timm computes them again."""
SHOWN = 3
"""How many keys an error names."""


def find_weights(model: MidasModel, given: Path | None = None) -> Path:
    """Return the file with a model's weights: the one given, else the variable's, else torch.hub's.

    Args:
        model: which one.
        given: the file, or a folder with it; ``DKP_BENCH_MIDAS`` may hold either too.

    Raises:
        DkpError: if there is none; it says which file, from where, how large, and the command that gets it.
    """
    named = os.environ.get(WEIGHTS_VARIABLE)
    usual = Path(torch.hub.get_dir()) / "checkpoints" / model.file
    place = given or (Path(named) if named else usual)
    path = place / model.file if place.is_dir() else place
    if path.is_file():
        return path
    by = f" (from {WEIGHTS_VARIABLE})" if named and not given else ""
    hint = (
        f"get {model.file} of the MiDaS v3_1 release, about {model.megabytes} MB, with\n"
        f"    {shell_command('curl', '--location', '--create-dirs', '--output', path, model.url)}\n"
        f"or name the file that you have with --weights, or it or its folder in {WEIGHTS_VARIABLE}"
    )
    raise DkpError(f"the weights of {model.name} are not at {path}{by}", hint)


def load(model: MidasModel, weights: Path | None, seed: int = 0) -> DepthNetwork:
    """Return a network ready to estimate depth: in evaluation mode, float32, without gradients, on the CPU.

    Args:
        model: which one.
        weights: the published file; None gives random weights, which estimate nothing, for trying things out.
        seed: of the random weights.

    Raises:
        DkpError: if the file is damaged, holds code, or does not fit the model to the last tensor.
    """
    with torch.device("meta"):  # timm would draw millions of numbers that are replaced at once
        network = DepthNetwork(model)
    state = _random(network, seed) if weights is None else _matched(model, network, weights)
    network.to_empty(device="cpu").load_state_dict(state, assign=True)
    for module in network.modules():
        fill = getattr(module, "init_non_persistent_buffers", None)
        if callable(fill):
            fill()
    return network.eval().requires_grad_(False)


def _random(network: DepthNetwork, seed: int) -> dict[str, Tensor]:
    """Return weights that keep the variance; positive at last, or the last ReLU might leave nothing."""
    chance = torch.Generator().manual_seed(seed)
    state = {}
    for name, tensor in network.state_dict().items():
        numbers = torch.zeros(tensor.shape, dtype=tensor.dtype)
        if numbers.ndim > 1:
            numbers.normal_(std=numbers[0].numel() ** -0.5, generator=chance)
        elif not name.endswith(("bias", "running_mean", "num_batches_tracked")):
            numbers.fill_(1)
        state[name] = numbers
    state["head.output.2.weight"].abs_()
    return state


def _matched(model: MidasModel, network: DepthNetwork, path: Path) -> dict[str, Tensor]:
    """Return the file's tensors under our names, once each tensor has a place and each place a tensor."""
    found = {key: tensor for key, tensor in _read(model, path).items() if key.split(".")[-1] not in DERIVED}
    names, expected = network.published_names(), network.state_dict()
    faults = [f"{key} is not a tensor of {model.name}" for key in sorted(found.keys() - set(names.values()))]
    for name, key in names.items():
        if key not in found:
            faults.append(f"{key} is missing")
        elif _kind(found[key]) != _kind(expected[name]):
            faults.append(f"{key} is {_kind(found[key])}, not {_kind(expected[name])}")
    if faults:
        shown, more = cut_short(faults, SHOWN)
        listed = "".join(f"\n    {line}" for line in (*shown, more) if line)
        raise DkpError(
            f"{path} does not hold the weights of {model.name}:{listed}",
            f"if it is another model's, name that one; else {_anew(model)}",
        )
    return {name: found[key].to(expected[name].dtype) for name, key in names.items()}


def _kind(tensor: Tensor) -> str:
    """Return what must agree: the shape, and whether the numbers are real or whole."""
    return f"{'real' if tensor.is_floating_point() else 'whole'} {tuple(tensor.shape)}"


def _read(model: MidasModel, path: Path) -> Mapping[str, Tensor]:
    """Read the tensors of a file, by the published names; nothing in it is run."""
    try:
        state = load_tensors(path)
    except Exception as error:  # each way a weights file can be damaged raises a type of its own
        code = re.search(r"GLOBAL (\S+)", str(error))
        held = f"holds code, which is never run: {printable(code[1])}" if code else ""
        problem = held or "is damaged or no file of weights"
        raise DkpError(f"{path} {problem}", _anew(model)) from error
    if isinstance(state, dict) and "optimizer" in state:
        state = state.get("model")
    if not isinstance(state, dict) or not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in state.items()):
        raise DkpError(f"{path} does not hold named tensors", _anew(model))
    return state


def _anew(model: MidasModel) -> str:
    return f"get {model.file} again from {model.url}"
