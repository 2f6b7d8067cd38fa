"""Square crops of the photographs of Leeds Sports Pose Extended, and the joints in them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.crops import Square, central_square, crop, normalise, square_around
from dkp_bench.datasets.downloaded import listed
from dkp_bench.datasets.file_images import in_threads
from dkp_bench.datasets.lsp.files import LspFiles
from dkp_bench.errors import DkpError
from dkp_bench.pictures import read_rgb
from dkp_bench.progress import Reporter

ENLARGE = 1.25
"""Side of the crop over the longer side of the visible joints' box: hands, feet and hair lie beyond the joints."""
LEAST_SIDE = 64
"""Side of the smallest crop in pixels of the photograph, where people are about 150 pixels long."""


class _Cropped(NamedTuple):
    """A part of a photograph, its pixels, the photograph's width and height, and what is wrong with it, if anything."""

    square: Square
    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    problem: str


def crop_all(files: LspFiles, size: int, mend: str, report: Reporter | None = None) -> dict[str, NDArray[Any]]:
    """Crop every photograph around its person, or in the middle where no joint is visible.

    Args:
        files: of the dataset.
        size: side of the crops in pixels.
        mend: what to do about damaged photographs.
        report: is told of the progress.

    Returns:
        ``crops`` ``(N, size, size, 3)`` uint8; ``joints`` ``(N, 14, 2)`` float32, normalised; ``visible`` ``(N, 14)``
        bool; ``squares`` ``(N, 3)`` int64: left, top and side of each crop in pixels of its photograph; ``sizes``
        ``(N, 2)`` float64: width and height of the photographs.

    Raises:
        DkpError: if photographs are damaged, naming them.
    """
    total = len(files.photographs)
    crops = np.empty((total, size, size, 3), dtype=np.uint8)
    joints = np.zeros((total, files.joints.shape[1], 2), dtype=np.float32)
    squares, sizes = np.empty((total, 3), dtype=np.int64), np.ones((total, 2))
    damaged = []
    for index, cropped in enumerate(in_threads(lambda i: _crop(files, i, size), range(total))):
        if cropped.problem:
            damaged.append(f"{files.photographs[index].name} ({cropped.problem})")
        else:
            shown, square = files.visible[index], cropped.square
            crops[index], sizes[index] = cropped.pixels, cropped.size
            squares[index] = square.left, square.top, square.side
            joints[index, shown] = normalise(files.joints[index, shown], square, size)
        if report:
            report(f"lsp: crops of {size} px", index + 1, total)
    if damaged:
        where = files.photographs[0].parent
        raise DkpError(f"lsp: {len(damaged)} of {total} photographs in {where} are damaged: {listed(damaged)}.", mend)
    return {"crops": crops, "joints": joints, "visible": files.visible, "squares": squares, "sizes": sizes}


def _crop(files: LspFiles, index: int, size: int) -> _Cropped:
    try:
        photograph = read_rgb(files.photographs[index])
    except (ValueError, OSError) as error:
        return _Cropped(Square(0, 0, 1), np.empty(0, dtype=np.uint8), (1, 1), str(error))
    points = files.joints[index, files.visible[index]]
    height, width = photograph.shape[:2]
    square = square_around(points, ENLARGE, LEAST_SIDE) if len(points) else central_square(width, height)
    return _Cropped(square, crop(photograph, square, size), (width, height), "")
