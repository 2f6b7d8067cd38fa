"""A run says what it was made on, and what was made on a GPU can be read without one."""

from collections.abc import Callable

import numpy as np
import torch
from devices import on_every_device

from dkp_bench.baselines.autolink import AutoLink
from dkp_bench.runs.execute import complete
from dkp_bench.runs.load import load_method
from dkp_bench.runs.predictions import read_predictions
from dkp_bench.runs.spec import BoundRun

SMALL = {
    "steps": 3,
    "batch_size": 4,
    "keypoints": 4,
    "detector_width": 4,
    "decoder_width": 2,
    "perceptual": "pyramid-random",
}


@on_every_device
def test_a_run_names_its_device_and_its_weights_are_good_everywhere(
    device: str, make_job: Callable[..., BoundRun]
) -> None:
    job, on_gpu = make_job("distill_dkp", device=device, overrides=SMALL), device == "cuda"
    run = complete(job)
    provenance = run.record.provenance
    assert provenance.accelerator == (torch.cuda.get_device_name() if on_gpu else "none")
    halves = torch.cuda.get_device_capability() >= (8, 0) if on_gpu else torch.cpu._is_avx512_bf16_supported()
    assert provenance.precision == ("bf16" if halves else "fp32")
    assert run.record.timings.steps == len(run.record.curves["loss"]) == 3
    method = load_method(run)
    assert isinstance(method, AutoLink)
    assert method.model.alpha.device.type == "cpu"
    stored = read_predictions(run.path / "predictions.npz").test
    again = method.predict(job.dataset.images("test"))
    pixels = np.abs(again - stored).max() * (job.dataset.size - 1) / 2
    assert pixels < 0.1  # a GPU's convolutions may round their factors to TF32, a two-thousandth of each
