"""The sections of the report, one file each, in reading order."""

SECTIONS = (
    "yours",
    "matrix",
    "deltas",
    "studies",
    "paper",
    "results",
    "protocols",
    "ablation",
    "joints",
    "samples",
    "curves",
    "costs",
    "register",
    "literature",
    "provenance",
)
