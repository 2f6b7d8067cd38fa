"""``keypoints.json``: what ``dkp-bench predict`` found on a person's photographs; ``docs/predict.md`` describes it."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

FILE = "keypoints.json"
FORMAT: Final = "dkp-bench keypoints 2"
UNIT: Final = "pixels (x, y) of the upright image"

Point = Annotated[tuple[FiniteFloat, FiniteFloat], Field(description="(x, y)")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeenSquare(_Strict):
    """The part of an image that the detector saw, in pixels: columns ``left`` to ``left + side - 1``, rows likewise."""

    left: int = Field(ge=0)
    top: int = Field(ge=0)
    side: int = Field(gt=0)


class SeenImage(_Strict):
    """One image, as it is shown: upright."""

    width: int = Field(gt=0, description="of the upright image, in pixels")
    height: int = Field(gt=0)
    orientation: int = Field(ge=1, le=8, description="Exif orientation of the file; 1 is upright as stored")
    square: SeenSquare
    drawing: str = Field(description="the drawn picture, relative to this file")
    drawing_scale: FiniteFloat = Field(gt=0, le=1, description="its size over the image's")


class LeftOut(_Strict):
    """A file or folder that was not predicted on, and why."""

    file: str
    why: str


class KeypointsFile(_Strict):
    """The whole file."""

    format: Literal["dkp-bench keypoints 2"] = FORMAT
    run: str = Field(description="the run's folder, as it was named")
    signature: str = Field(description="every choice behind the detector")
    note: str = Field(description="what the detector can do")
    unit: Literal["pixels (x, y) of the upright image"] = UNIT
    upright: Literal[True] = True
    keypoints: dict[str, list[Point]] = Field(description="of each image, by its name")
    images: dict[str, SeenImage] = Field(description="by the same names")
    skipped: list[LeftOut]
