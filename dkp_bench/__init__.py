"""dkp-bench: does depth-guided distillation find better keypoints?

What a script or a notebook needs, each imported when it is first asked for, so that ``import dkp_bench`` itself takes
no time (docs/notebook.md shows them at work):

    open_dataset, find_method     a dataset and a method by name
    RunSpec, run                  what to train, and its finished run
    load_runs, load_baselines     finished runs: yours, and those that come with the benchmark
    compare, comparison_text      a run beside others, with intervals and p-values
    score                         keypoints that were made elsewhere, scored
    soft_argmax, draw_edges       the differentiable pieces, for a method of one's own
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers and editors: at run time __getattr__ imports the same from _HOMES
    from dkp_bench.api import compare as compare
    from dkp_bench.api import load_baselines as load_baselines
    from dkp_bench.api import run as run
    from dkp_bench.api import score as score
    from dkp_bench.datasets import open_dataset as open_dataset
    from dkp_bench.errors import DkpError as DkpError
    from dkp_bench.methods import find_method as find_method
    from dkp_bench.ops import draw_edges as draw_edges
    from dkp_bench.ops import edge_index as edge_index
    from dkp_bench.ops import soft_argmax as soft_argmax
    from dkp_bench.report.compare import comparison_text as comparison_text
    from dkp_bench.runs.run import Run as Run
    from dkp_bench.runs.run import load_runs as load_runs
    from dkp_bench.runs.spec import RunSpec as RunSpec

__version__ = "0.1.0"

_HOMES = {
    "DkpError": "dkp_bench.errors",
    "Run": "dkp_bench.runs.run",
    "RunSpec": "dkp_bench.runs.spec",
    "compare": "dkp_bench.api",
    "comparison_text": "dkp_bench.report.compare",
    "draw_edges": "dkp_bench.ops",
    "edge_index": "dkp_bench.ops",
    "find_method": "dkp_bench.methods",
    "load_baselines": "dkp_bench.api",
    "load_runs": "dkp_bench.runs.run",
    "open_dataset": "dkp_bench.datasets",
    "run": "dkp_bench.api",
    "score": "dkp_bench.api",
    "soft_argmax": "dkp_bench.ops",
}
"""Where each public name is defined."""

__all__ = list(_HOMES)

# OpenCV reads it when it is imported: no picture of more pixels is decoded, whoever asks (picture_headers.MOST_PIXELS).
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**27))


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return what tab completion offers: the public names, imported or not."""
    return [*_HOMES, "__version__"]
