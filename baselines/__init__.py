"""The methods to compare with: one readable file each."""

if __name__ == "baselines":  # the root of a checkout is on the path: a second copy, whose classes are other ones
    raise ImportError("baselines is imported as dkp_bench.baselines", name="baselines")
