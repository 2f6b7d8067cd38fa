"""Human3.6M in the simplified form of Zhang et al. (CVPR 2018): six actions, 128 px crops, 32 joints."""

from pathlib import Path

from dkp_bench.datasets.base import Skeleton
from dkp_bench.datasets.licensed import LicensedDataset

SUBJECTS = (1, 5, 6, 7, 8, 9, 11)
"""Subjects 1, 5, 6, 7, 8, 9 are for training, 11 for testing."""
ACTIONS = ("Directions", "Discussion", "Posing", "Waiting", "Greeting", "Walking")
PARTS = ("WithBackground", "BackgroudMask", "Landmarks")
"""Folders of a subject; the second one is spelt like this in the archive."""

_LEG = ("hip", "knee", "ankle", "ball of foot", "toes")
_ARM = ("clavicle", "shoulder", "elbow", "wrist", "second wrist", "thumb", "little finger", "second little finger")


class HumanWithBackground(LicensedDataset):
    """Human3.6M as it was filmed; the annotated joints are the 32 of the motion capture.

    The joint that both arms begin with is not named by any source; it is called clavicle here.
    """

    name = "h36m"
    summary = "Human3.6M (simplified), with background: 128 px, 32 joints; a licence is needed, no loader yet"
    licence = "Human3.6M licence, academic use"
    title = "Human3.6M (simplified)"
    files = "h36m"
    protocols = ("autolink-fixed", "autolink-fixed+intercept", "no-swap+intercept")
    skeleton = Skeleton(
        names=(
            "hip",
            *(f"right {part}" for part in _LEG),
            *(f"left {part}" for part in _LEG),
            "pelvis",
            "thorax",
            "neck",
            "head centre",
            "head back",
            *(f"left {part}" for part in _ARM),
            *(f"right {part}" for part in _ARM),
        ),
        pairs=(*((i, i + 5) for i in range(1, 6)), *((i, i + 8) for i in range(16, 24))),
        bones=(
            *((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 6), (6, 7), (7, 8), (8, 9), (9, 10)),
            *((0, 12), (12, 13), (13, 14), (14, 15)),
            *((13, 17), (17, 18), (18, 19), (19, 21), (19, 22)),
            *((13, 25), (25, 26), (26, 27), (27, 29), (27, 30)),
        ),
    )
    request = (
        "request the Human3.6M licence at http://vision.imar.ro/human3.6m",
        "download human_images.tar.gz, the simplified archive of lmdis-rep (Zhang et al., CVPR 2018:"
        " http://www.ytzhang.net/projects/lmdis-rep), and unpack it",
    )
    layout = (
        f"S{{{','.join(map(str, SUBJECTS))}}}/WithBackground/<Action>[ k].<camera>/<number>.jpg   128×128 images",
        "S…/BackgroudMask/<Action>[ k].<camera>/<number>.png    masks (the folder is spelt like this)",
        "S…/Landmarks/<Action>[ k].<camera>/<number>.mat        keypoints_2d, 32×2 (y, x) in [0, 1]",
        f"with the actions {', '.join(ACTIONS)}",
    )

    def missing(self, folder: Path) -> list[str]:
        lacks = []
        for part in (f"S{subject}/{part}" for subject in SUBJECTS for part in PARTS):
            if not (folder / part).is_dir():
                lacks.append(part)
                continue
            recordings = [item.name for item in (folder / part).iterdir() if item.is_dir()]
            lacks += [f"{part}/{action}…" for action in ACTIONS if not any(r.startswith(action) for r in recordings)]
        return lacks


class HumanWithoutBackground(HumanWithBackground):
    """The same images with the background replaced by mid-grey, as AutoLink and Distill-DKP use them."""

    name = "h36m-nobg"
    summary = "Human3.6M (simplified), without background: 128 px, 32 joints; a licence is needed, no loader yet"
