"""Distill-DKP, its teacher and its controls, and the register of what the paper leaves open."""

if __name__ == "reference":  # the root of a checkout is on the path: a second copy, whose classes are other ones
    raise ImportError("reference is imported as dkp_bench.reference", name="reference")
