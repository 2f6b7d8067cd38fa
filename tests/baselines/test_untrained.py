"""The random detector is the one that AutoLink's training would start from."""

from pathlib import Path

import numpy as np
import torch

from dkp_bench.baselines.autolink import AutoLink, AutoLinkSettings
from dkp_bench.baselines.untrained import Untrained
from dkp_bench.datasets import ArrayImages
from dkp_bench.methods import FitContext


def test_it_is_where_autolink_starts(tmp_path: Path) -> None:
    settings = AutoLinkSettings(
        steps=1,
        batch_size=2,
        keypoints=4,
        detector_width=4,
        decoder_width=2,
        perceptual="pyramid-random",
        learning_rate=1e-12,
    )
    images = ArrayImages(np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8))
    untrained, trained = Untrained(settings, 64), AutoLink(settings, 64)
    report = untrained.fit(images, FitContext(3, "cpu", tmp_path / "untrained"))
    assert report.steps == 0
    assert untrained.resolved == {}
    trained.fit(images, FitContext(3, "cpu", tmp_path / "trained"))
    for one, other in zip(untrained.model.parameters(), trained.model.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-9, rtol=0)
