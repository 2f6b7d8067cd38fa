"""Rules of ``save`` and ``load``: what was learned comes back, and what is not there is an error one can read."""

from contextlib import suppress
from pathlib import Path

import numpy as np

from dkp_bench.errors import DkpError
from dkp_bench.method_contract.subject import IMAGES, BrokenRuleError, Subject
from dkp_bench.methods import Method

RESERVED = frozenset(
    {"record.json", "predictions.npz", "samples.npz", "samples.png", "code.txt", "checkpoint.pt", "fitted.json"}
)
"""Files that a run itself writes into its folder."""


def saves_files_of_its_own(subject: Subject) -> None:
    """``save`` writes files, no folders, under names that a run does not use."""
    for path in sorted(subject.saved.iterdir()):
        if path.name in RESERVED:
            raise BrokenRuleError(f"save writes {path.name}, which is a file of the run's own")
        if not path.is_file():
            raise BrokenRuleError(f"save writes the folder {path.name}")


def loads_what_it_saved(subject: Subject) -> None:
    """A new instance that loads what a fitted one saved predicts the same."""
    loaded = subject.create()
    loaded.load(subject.saved)
    if not np.array_equal(subject.predict(loaded), subject.points):
        raise BrokenRuleError("a new instance that loads what was saved predicts something else")


def refuses_what_does_not_fit(subject: Subject) -> None:
    """Files that are missing, cut off, or hold another number of keypoints, are a DkpError."""
    names = sorted(path.name for path in subject.saved.iterdir())
    if not names:
        return
    _expect_refusal("from a folder without the files", subject.create(), subject.new_folder("empty"))
    cut = subject.new_folder("cut")
    for name in names:
        content = (subject.saved / name).read_bytes()
        (cut / name).write_bytes(content[: len(content) // 2])
    _expect_refusal("from files that are cut off", subject.create(), cut)
    _refuses_another_count(subject)


def _refuses_another_count(subject: Subject) -> None:
    """With one keypoint more in the settings, loading is refused, or gives an instance that predicts one more."""
    if "keypoints" not in type(subject.settings).model_fields:
        return
    how, wanted = "with one keypoint more in the settings", subject.fitted.keypoints + 1
    method = subject.create(subject.settings.model_copy(update={"keypoints": wanted}))
    if _loads(how, method, subject.saved):
        with suppress(Exception):
            if subject.predict(method).shape == (IMAGES, wanted, 2):
                return
        raise BrokenRuleError(f"loading {how} passes in silence, and it does not predict one more")


def _expect_refusal(how: str, method: Method, folder: Path) -> None:
    if _loads(how, method, folder):
        raise BrokenRuleError(f"loading {how} passes in silence")


def _loads(how: str, method: Method, folder: Path) -> bool:
    """Whether the files are loaded; False where they are refused with a DkpError."""
    try:
        method.load(folder)
    except DkpError:
        return False
    except Exception as error:
        raise BrokenRuleError(f"loading {how} raises {type(error).__name__}, not a DkpError") from error
    return True
