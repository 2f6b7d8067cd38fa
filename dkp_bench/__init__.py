"""dkp-bench: does depth-guided distillation find better keypoints?"""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dkp_bench.api import score as score

__version__ = "0.1.0"

# OpenCV reads it when it is imported: no picture of more pixels is decoded, whoever asks (picture_headers.MOST_PIXELS).
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**27))


def __getattr__(name: str) -> Any:
    """Import what is asked for by name when it is asked for: ``import dkp_bench`` alone takes no time."""
    if name == "score":
        from dkp_bench.api import score

        return score
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
