"""Decisions about numbers: which may be compared, how far they are apart, and what that says of published ones."""
