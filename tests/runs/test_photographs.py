"""A person's photographs: every format comes out as it is shown, and what is none is told from what is broken."""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from dkp_bench.errors import DkpError
from dkp_bench.runs.photographs import DRAWN_BY, Found, find_photographs, others_in_words, read_photograph

WIDTH, HEIGHT = 12, 8


def blocks() -> Image.Image:
    """Four blocks of colour, none like another: what is turned or mirrored is seen."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    pixels[:4, :6], pixels[:4, 6:], pixels[4:, :6], pixels[4:, 6:] = (
        (250, 5, 5),
        (5, 250, 5),
        (5, 5, 250),
        (240, 240, 9),
    )
    return Image.fromarray(pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "png", "tif", "webp"])
def test_a_photograph_is_turned_as_its_exif_says(kind: str, orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{kind}"
    blocks().save(path, exif=exif, quality=100)
    rgb, found = read_photograph(path)
    with Image.open(path) as picture:
        shown = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"), dtype=int)
    assert found == orientation
    assert rgb.shape == shown.shape == ((HEIGHT, WIDTH, 3) if orientation < 5 else (WIDTH, HEIGHT, 3))
    assert abs(rgb - shown).mean() < 2  # decoders of JPEG differ a little


FORMATS: dict[str, Callable[[Image.Image, Path], None]] = {
    "a.gif": lambda image, path: image.save(path, save_all=True, append_images=[image.rotate(180)]),
    "a.bmp": lambda image, path: image.save(path),
    "a.ppm": lambda image, path: image.save(path),
    "a.jp2": lambda image, path: image.save(path, irreversible=False),
    "pages.tiff": lambda image, path: image.save(path, save_all=True, append_images=[image.rotate(180)]),
    "no-ending": lambda image, path: image.save(path, "WEBP", lossless=True),
    "see-through.webp": lambda image, path: image.convert("RGBA").save(path, lossless=True),
    "palette.png": lambda image, path: image.quantize(8).save(path),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_come_out_alike(name: str, tmp_path: Path) -> None:
    FORMATS[name](blocks(), tmp_path / name)
    rgb, orientation = read_photograph(tmp_path / name)
    assert orientation == 1
    np.testing.assert_allclose(rgb, np.asarray(blocks()), atol=2)


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.pgm"])
def test_sixteen_bits_become_eight(name: str, tmp_path: Path) -> None:
    grey = np.linspace(0, 65535, 20).astype(np.uint16).reshape(4, 5)
    Image.fromarray(grey).save(tmp_path / name)
    np.testing.assert_allclose(read_photograph(tmp_path / name).rgb[..., 0], grey / 257, atol=1)


def floating(path: Path) -> None:
    Image.fromarray(np.ones((4, 4), dtype=np.float32)).save(path)


def heic(path: Path) -> None:
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))


def cut(path: Path) -> None:
    Image.effect_noise((64, 64), 50).convert("RGB").save(path)
    path.write_bytes(path.read_bytes()[:-300])


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "float.tif": (floating, "floating-point"),
    "phone.heic": (heic, "pip install 'pillow-heif'"),
    "phone.JPG": (heic, "pip install 'pillow-heif'"),
    "short.gif": (cut, "it is damaged"),
    "short.tif": (cut, "it is damaged"),
    "short.bmp": (cut, "it is damaged"),
    "short.webp": (cut, "it is damaged"),
    "short.avif": (cut, "it is damaged"),
    "short.jpg": (cut, "it ends too early"),
    "short.png": (cut, "it ends too early"),
    "film.jpg": (lambda path: path.write_bytes(b"\0\0\0\x18ftypisom" + bytes(100)), "it is no image"),
    "empty.png": (Path.touch, "it is empty"),
    "text.jpg": (lambda path: path.write_text("text IEND", encoding="utf-8"), "it is no image"),
    "start.jpg": (lambda path: path.write_bytes(b"\xff\xd8\xff"), "it ends too early"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_says_why(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    make, why = BROKEN[name]
    make(tmp_path / name)
    with pytest.raises(ValueError, match=why):
        read_photograph(tmp_path / name)


def test_heic_is_read_where_the_package_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package registers a reader of Pillow's by the name HEIF; here it is one that finds a BMP in the file."""

    def register() -> None:
        monkeypatch.setattr(
            "dkp_bench.runs.photographs.Image.open",
            lambda file, formats: (
                real(type(file)(file.read()[16:])) if formats == ("HEIF",) else real(file, "r", formats)
            ),
        )

    real = Image.open
    blocks().save(tmp_path / "inside.bmp")
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x10ftypheic" + bytes(4) + (tmp_path / "inside.bmp").read_bytes())
    monkeypatch.setitem(sys.modules, "pillow_heif", SimpleNamespace(register_heif_opener=register))
    np.testing.assert_array_equal(read_photograph(tmp_path / "a.heic").rgb, np.asarray(blocks()))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder as people have them."""
    folder = tmp_path / "photos"
    (folder / "sub" / "deep").mkdir(parents=True)
    for name in ("a.jpg", "a.png", "sub/a.jpg", "sub/deep/B.WEBP"):
        blocks().save(folder / name)
    for name in ("._a.jpg", ".DS_Store", "notes.txt", "film.mp4", "more.txt", "README"):
        (folder / name).write_bytes(b"\0")
    (folder / "folder.jpg").mkdir()
    blocks().save(folder / "folder.jpg" / "c.gif")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    (folder / ".thumbnails").mkdir()
    (folder / "up").symlink_to("..")
    return folder


def names(found: Found) -> list[str]:
    return [photograph.name for photograph in found.photographs]


def test_a_folder_gives_its_images_and_says_what_it_left_out(photos: Path) -> None:
    found = find_photographs([photos], photos / "out")
    assert names(found) == ["a.jpg", "a.png", "folder.jpg/c.gif", "sub/a.jpg", "sub/deep/B.WEBP"]
    assert dict(found.left_out)["._a.jpg"] == "hidden"
    assert dict(found.left_out)[".thumbnails/"] == "hidden"
    assert dict(found.failed) == {"gone.jpg": "a link that leads nowhere"}
    assert found.others == Counter({".txt": 2, ".mp4": 1, "no ending": 1})
    assert others_in_words(found.others) == "2 .txt, 1 .mp4, 1 no ending"


def test_names_are_relative_to_the_folder_that_holds_all(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos)
    out = Path("out")
    assert names(find_photographs([Path("a.jpg")], out)) == ["a.jpg"]
    assert names(find_photographs([Path("sub/a.jpg")], out)) == ["a.jpg"]
    assert names(find_photographs([Path("a.jpg"), Path("sub/a.jpg")], out)) == ["a.jpg", "sub/a.jpg"]
    assert names(find_photographs([Path("sub"), Path("folder.jpg")], out)) == [
        "folder.jpg/c.gif",
        "sub/a.jpg",
        "sub/deep/B.WEBP",
    ]
    twice = [Path("sub"), Path("sub/a.jpg"), photos / "sub" / "deep", Path("sub/../sub/a.jpg")]
    assert names(find_photographs(twice, out)) == ["a.jpg", "deep/B.WEBP"]


def test_a_file_is_taken_by_its_content_when_it_is_named(photos: Path) -> None:
    assert names(find_photographs([photos / "README"], photos / "out")) == ["README"]
    assert find_photographs([photos / "gone.jpg"], photos / "out").failed == (
        ("gone.jpg", "a link that leads nowhere"),
    )
    with pytest.raises(DkpError, match=r"there is no file or folder .*nowhere"):
        find_photographs([photos / "a.jpg", photos / "nowhere"], photos / "out")


def test_results_are_never_taken_for_photographs(photos: Path) -> None:
    mark = PngInfo()
    mark.add_text("Software", DRAWN_BY)
    for place in (photos / "out", photos / "earlier"):
        place.mkdir()
        blocks().save(place / "a.jpg.png", pnginfo=mark)
    found = find_photographs([photos], photos / "out")
    assert not {name for name in names(found) if "out/" in name or "earlier/" in name}
    assert dict(found.left_out)["out/"] == "results are written there"
    assert dict(found.left_out)["earlier/a.jpg.png"] == "drawn by dkp-bench predict"
