"""Depth maps: how they are estimated, how they are stored, and how they enter a detector."""
