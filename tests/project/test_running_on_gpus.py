"""What docs/running-on-gpus.md says of the arithmetic of a training step is counted again."""

from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from dkp_bench.baselines.autolink import AutoLink, AutoLinkSettings
from dkp_bench.methods import find_method
from dkp_bench.ops import soft_argmax
from dkp_bench.presets import IMAGE_SIZE, Profile, preset
from dkp_bench.training.perceptual import Vgg16Loss


@pytest.fixture(scope="module")
def guide(repository: Path) -> str:
    return (repository / "docs" / "running-on-gpus.md").read_text(encoding="utf-8")


def settings(profile: Profile) -> AutoLinkSettings:
    """AutoLink's settings on Mannequin."""
    found = preset(find_method("autolink"), "mannequin", profile)
    assert isinstance(found, AutoLinkSettings)
    return found


@pytest.fixture(scope="module")
def flop() -> int:
    """Floating-point operations of a step at full size; the edge map, which has no matrix product, is left out."""
    size, chosen = IMAGE_SIZE["paper"], settings("paper")
    model, loss = AutoLink(chosen, size).model.to("meta"), Vgg16Loss(None).to("meta")
    image = torch.empty(chosen.batch_size, 3, size, size, device="meta")
    edges = torch.empty(chosen.batch_size, 1, size, size, device="meta")
    with FlopCounterMode(display=False) as count:
        keypoints = soft_argmax(model.detector(image))
        rebuilt = model.decoder(torch.cat([image, edges + keypoints.sum()], dim=1))
        loss(rebuilt, image).backward()
    return int(count.get_total_flops())


def test_a_step(guide: str, flop: int) -> None:
    assert f"takes {flop / 1e12:.1f} TFLOP, forward and backward" in guide.replace("\n", " ")


@pytest.mark.parametrize("profile", ["small", "paper"])
def test_a_run(guide: str, flop: int, profile: Profile) -> None:
    steps = settings(profile).steps
    hours = steps * flop / 1e12 / 3600
    row = f"| `{profile}` | {steps:,} | {steps * flop / 1e15:.0f} | {hours:.0f} / R | {hours / 100 * 60:.0f} min |"
    assert row in guide
