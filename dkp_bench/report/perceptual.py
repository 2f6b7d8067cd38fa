"""The perceptual network, in plain words."""

from dkp_bench.comparison.setups import NO_NETWORK
from dkp_bench.records.schema import UNKNOWN


def has_imagenet_weights(perceptual: str) -> bool:
    """Whether it is the network of the published methods, by its name in the signature."""
    return "imagenet" in perceptual


def in_words(perceptual: str) -> str:
    """What a perceptual network means for the numbers; empty where nothing was trained."""
    if perceptual == NO_NETWORK:
        return ""
    if perceptual == UNKNOWN:
        return "Predictions made elsewhere: what they were trained with, and on, is not known here."
    if "random" in perceptual:
        return (
            f"The perceptual loss used a random network ({perceptual}): fixed, seeded, never trained. The published "
            "methods use VGG16 with ImageNet weights, so these figures compare the methods with each other, not with "
            "the literature."
        )
    if has_imagenet_weights(perceptual):
        return f"The perceptual loss used VGG16 with ImageNet weights ({perceptual}), as the published methods do."
    return f"The perceptual loss used the network “{perceptual}”."
