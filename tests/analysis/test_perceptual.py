"""The perceptual network, in plain words."""

import pytest

from dkp_bench.analysis.caveats import has_imagenet_weights, network_in_words


@pytest.mark.parametrize(
    ("name", "told", "published"),
    [
        ("none", "", False),
        ("vgg16-random", "a random network (vgg16-random)", False),
        ("vgg16-imagenet-1a2b3c4d", "ImageNet weights (vgg16-imagenet-1a2b3c4d), as the published methods do", True),
        ("unknown", "Predictions made elsewhere", False),
        ("another", "the network “another”", False),
    ],
)
def test_what_a_network_means(name: str, told: str, published: bool) -> None:
    assert told in network_in_words(name)
    assert bool(network_in_words(name)) == bool(told)
    assert has_imagenet_weights(name) == published
