"""Bundles, frozen results that can be cited: how they are made, verified and cited."""
