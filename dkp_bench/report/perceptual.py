"""The perceptual network, in plain words."""

from dkp_bench.comparison.setups import NO_TRAINING


def in_words(perceptual: str) -> str:
    """What a perceptual network means for the numbers; empty where nothing was trained."""
    if perceptual == NO_TRAINING:
        return ""
    lower = perceptual.lower()
    if "random" in lower:
        return (
            f"The perceptual loss used a random network ({perceptual}): fixed, seeded, never trained. The published "
            "methods use VGG16 with ImageNet weights, so these figures compare the methods with each other, not with "
            "the literature."
        )
    if "imagenet" in lower:
        return f"The perceptual loss used VGG16 with ImageNet weights ({perceptual}), as the published methods do."
    return f"The perceptual loss used the network “{perceptual}”."
