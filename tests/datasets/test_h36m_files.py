from pathlib import Path

import pytest

from dkp_bench.datasets.h36m.files import IMAGES, LANDMARKS, MASKS, PARTS, SUBJECTS, Frame, list_published


def make(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def frame_files(frame: Frame) -> list[str]:
    return [frame.file(part) for part in PARTS]


@pytest.mark.parametrize("recording", ["Walking 1.54138969", "Walking.55011271", "Walking"])
def test_the_action_is_what_comes_before_a_blank_or_a_dot(recording: str) -> None:
    frame = Frame("S9", recording, "7")
    assert frame.action == "Walking"
    assert frame.sequence == f"S9/{recording}"


def test_frames_are_sorted_by_recording_and_number(tmp_path: Path) -> None:
    expected = [
        *(Frame("S1", "Greeting.54138969", number) for number in ("3", "20", "100")),
        Frame("S1", "Walking 1.54138969", "2"),
        Frame("S1", "Walking.54138969", "1"),
    ]
    published = list_published(make(tmp_path, *(name for frame in reversed(expected) for name in frame_files(frame))))
    assert published.frames("S1", IMAGES) == expected
    assert not published.frames("S5", IMAGES)
    assert not any(published.wrong_names(subject, part) for subject in SUBJECTS for part in PARTS)


def test_only_the_six_actions_are_listed(tmp_path: Path) -> None:
    make(tmp_path, *frame_files(Frame("S1", "Eating.54138969", "1")), "S1/WithBackground/.Walking.1/1.jpg")
    assert not any(list_published(tmp_path).listed.values())


def test_what_lacks_a_fellow_is_named_by_what_is_missing(tmp_path: Path) -> None:
    whole, no_mask, mask_alone = (Frame("S11", "Posing.54138969", number) for number in ("1", "2", "3"))
    names = [*frame_files(whole), no_mask.file(IMAGES), no_mask.file(LANDMARKS), mask_alone.file(MASKS)]
    published = list_published(make(tmp_path, *names))
    assert published.wrong_names("S11", IMAGES) == [f"{mask_alone.file(IMAGES)} is missing"]
    assert published.wrong_names("S11", MASKS) == [f"{no_mask.file(MASKS)} is missing"]
    assert published.wrong_names("S11", LANDMARKS) == [f"{mask_alone.file(LANDMARKS)} is missing"]


@pytest.mark.parametrize(
    "file", ["Posing/one.jpg", "Posing/1.JPG", "Posing/deep/1.jpg", "Posing 1.jpg", "Posing/.1.jpg"]
)
def test_what_is_no_frame_is_named(tmp_path: Path, file: str) -> None:
    wrong = list_published(make(tmp_path, f"S1/WithBackground/{file}")).wrong_names("S1", IMAGES)
    hidden = file.rpartition("/")[2].startswith(".")
    assert wrong == ([] if hidden else [f"S1/WithBackground/{file} is not <number>.jpg"])
