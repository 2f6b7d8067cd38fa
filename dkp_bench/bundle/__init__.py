"""Frozen results that can be cited: making a bundle, verifying one, and how to cite it."""
