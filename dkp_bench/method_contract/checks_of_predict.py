"""Checks of ``predict``, of each image by itself and every time the same, and of ``save`` and ``load``."""

from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from dkp_bench.errors import DkpError
from dkp_bench.method_contract.subject import IMAGES, BrokenRuleError, Subject
from dkp_bench.methods import Method
from dkp_bench.training import inference

NEAR = 1.5
"""Distance from the centre at which a keypoint may lie: the image ends at 1."""
FOLLOWS, CLEARLY = 0.75, 0.3
"""A keypoint with such a correlation to where something is follows it; and so much more to one thing than another."""
LARGER = 128
"""Pixels; the size of the profiles ``small`` and ``paper``."""
TOLERANCE = 1e-5
"""Allowed for rounding when images are computed in other batches; a thousandth of a pixel at 128 px is 1.6e-5."""


def predicts_keypoints(subject: Subject) -> None:
    """Check that ``predict`` ends and returns float32 ``(images, keypoints, 2)``."""
    points, wanted = subject.points, (IMAGES, subject.fitted.keypoints, 2)
    if not isinstance(points, np.ndarray):
        raise BrokenRuleError(f"predict returns a {type(points).__name__}, not a NumPy array")
    if points.shape != wanted:
        raise BrokenRuleError(f"predict returns the shape {points.shape}, not {wanted}")
    if points.dtype != np.float32:
        raise BrokenRuleError(f"predict returns {points.dtype}, not float32")


def predicts_finite_numbers(subject: Subject) -> None:
    """Check that no coordinate is NaN or infinite."""
    wrong = np.argwhere(~np.isfinite(subject.points).all(axis=2))
    if len(wrong):
        raise BrokenRuleError(f"image {wrong[0][0]}, keypoint {wrong[0][1]} is not finite")


def predicts_positions_in_the_image(subject: Subject) -> None:
    """Check that keypoints are (x, y) in [−1, 1] or a little outside."""
    farthest = float(np.abs(subject.points).max())
    if farthest > NEAR:
        guess = ": these look like pixels" if farthest <= subject.size and subject.points.min() >= 0 else ""
        raise BrokenRuleError(f"a coordinate is {farthest:.4g} from the centre, and the image ends at 1{guess}")
    moves = bool((subject.points != subject.points[:1]).any())
    if moves and subject.points.min() >= 0:
        # Keypoints that follow the made-up images are on both sides of their middle.
        highest = f"{subject.points.max():.4g}"
        raise BrokenRuleError(f"no coordinate is negative, the largest is {highest}: is 0 to 1 the image here?")
    _expect_x_before_y(subject)


def _expect_x_before_y(subject: Subject) -> None:
    """Raise if keypoints follow the discs of the made-up images with x and y exchanged, and none does as it should.

    A regression onto joints would hide it. The sign of a correlation tells nothing: what is drawn to the background
    goes the other way.
    """
    others = subject.predict(subject.fitted, subject.images(variation=1))
    points = np.concatenate([subject.points, others])  # in two dozen images chance would make keypoints follow anything
    follows = _correlations(points, np.concatenate([subject.centres(), subject.centres(1)]))
    straight, exchanged = follows[:, [0, 1], [0, 1]].min(axis=1), follows[:, [0, 1], [1, 0]].min(axis=1)
    if exchanged.max() > FOLLOWS and exchanged.max() > straight.max() + CLEARLY:
        keypoint = int(exchanged.argmax())
        raise BrokenRuleError(
            f"keypoint {keypoint} follows what is in the images with x and y exchanged: x comes first"
        )


def _correlations(points: NDArray[np.float32], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlate each coordinate of K keypoints with each of the centres over images: ``(K, 2, 2)``, without signs."""
    scaled = []
    for values in (points.astype(np.float64), centres[:, None]):
        apart = values - values.mean(axis=0)
        length = np.linalg.norm(apart, axis=0)
        scaled.append(apart / np.where(length > 0, length, np.inf))  # what never moves follows nothing
    return np.asarray(np.abs(np.einsum("nka,nb->kab", scaled[0], scaled[1][:, 0])))


def predicts_twice_the_same(subject: Subject) -> None:
    """Check that predicting changes nothing that a later prediction depends on."""
    method, points = subject.fitted, subject.points
    subject.predict(method, subject.images(variation=1))
    _compare(subject.predict(method), points, 0, "predicting again, after other images")


def predicts_each_image_by_itself(subject: Subject) -> None:
    """Check that an image's keypoints depend on neither the other images, their order, nor the size of a batch."""
    backwards = np.arange(IMAGES)[::-1]
    for what, order in {
        "in another order": backwards,
        "seven images": np.arange(7),
        "one image": np.array([5]),
    }.items():
        images = subject.images(order)
        _compare(subject.predict(subject.fitted, images), subject.points[order], TOLERANCE, f"predicting {what}")
    for batch_size in (1, 7):
        with patch.object(inference, "BATCH_SIZE", batch_size):
            _compare(subject.predict(subject.fitted), subject.points, TOLERANCE, f"in batches of {batch_size}")


def draws_edge_maps(subject: Subject) -> None:
    """Check that edge maps, where there are any, are float32 ``(images, H, W)`` in [0, 1]."""
    maps, wanted = subject.fitted.edge_maps(subject.images()), (IMAGES, subject.size, subject.size)
    if maps is None:
        return
    if maps.shape != wanted or maps.dtype != np.float32:
        raise BrokenRuleError(f"edge_maps returns {maps.dtype} of the shape {maps.shape}, not float32 of {wanted}")
    if not (maps.min() >= 0 and maps.max() <= 1):
        raise BrokenRuleError(f"edge maps range from {maps.min():.4g} to {maps.max():.4g}, not within 0 and 1")


def works_at_another_size(subject: Subject) -> None:
    """Check that, made for larger images and fitted on them, it keeps the rules of what is predicted there, too."""
    larger = Subject(subject.kind, subject.new_folder("larger"), subject.overrides, size=LARGER)
    for rule in (predicts_keypoints, predicts_finite_numbers, predicts_positions_in_the_image, draws_edge_maps):
        try:
            rule(larger)
        except BrokenRuleError as error:
            raise BrokenRuleError(f"with images of {LARGER} px, {error}") from error


def _compare(found: NDArray[np.float32], expected: NDArray[np.float32], tolerance: float, what: str) -> None:
    if found.shape != expected.shape:
        raise BrokenRuleError(f"{what} gives the shape {found.shape} instead of {expected.shape}")
    apart = np.abs(found - expected)
    if not (apart <= tolerance).all():
        image = apart.reshape(len(apart), -1).max(axis=1).argmax()
        raise BrokenRuleError(f"{what} moves keypoints of its image {image} by up to {apart.max():.2g}")


RESERVED = frozenset(
    {"record.json", "predictions.npz", "samples.npz", "samples.png", "code.txt", "checkpoint.pt", "fitted.json"}
)
"""Files that a run itself writes into its folder."""


def saves_files_of_its_own(subject: Subject) -> None:
    """Check that ``save`` writes files, no folders, under names that a run does not use."""
    for path in sorted(subject.saved.iterdir()):
        if path.name in RESERVED:
            raise BrokenRuleError(f"save writes {path.name}, which is a file of the run's own")
        if not path.is_file():
            raise BrokenRuleError(f"save writes the folder {path.name}")


def loads_what_it_saved(subject: Subject) -> None:
    """Check that a new instance that loads what a fitted one saved predicts the same."""
    loaded = subject.create()
    loaded.load(subject.saved)
    if not np.array_equal(subject.predict(loaded), subject.points):
        raise BrokenRuleError("a new instance that loads what was saved predicts something else")


def refuses_what_does_not_fit(subject: Subject) -> None:
    """Check that files that are missing, cut off, or hold another number of keypoints, are a DkpError."""
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
    """Check that loading with one keypoint more in the settings is refused, or then predicts one more."""
    if "keypoints" not in type(subject.settings).model_fields:
        return
    how, wanted = "with one keypoint more in the settings", subject.fitted.keypoints + 1
    method = subject.create(subject.settings.model_copy(update={"keypoints": wanted}))
    if _loads(how, method, subject.saved):
        with suppress(Exception):
            if subject.predict(method).shape == (IMAGES, wanted, 2):
                return
        raise BrokenRuleError(f"loading {how} raises no error, and it does not predict one more")


def _expect_refusal(how: str, method: Method, folder: Path) -> None:
    if _loads(how, method, folder):
        raise BrokenRuleError(f"loading {how} raises no error")


def _loads(how: str, method: Method, folder: Path) -> bool:
    """Return whether the files are loaded; False where they are refused with a DkpError."""
    try:
        method.load(folder)
    except DkpError:
        return False
    except Exception as error:
        raise BrokenRuleError(f"loading {how} raises {type(error).__name__}, not a DkpError") from error
    return True
