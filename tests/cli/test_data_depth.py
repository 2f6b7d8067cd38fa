import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from typer.testing import Result

from dkp_bench.datasets.lsp.dataset import Lsp
from dkp_bench.depth.store import DepthStore
from dkp_bench.imaging import read_rgb

Call = Callable[..., Result]
LEVIT = ("--model", "dpt_levit_224")


class Brightness(nn.Module):
    """The mean of the colours as depth, in place of a network."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, image: Tensor) -> Tensor:
        return image.mean(dim=1) * self.gain + 1


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks load at once."""
    monkeypatch.setattr(
        "dkp_bench.depth.estimate.load", lambda model, weights, seed: Brightness().requires_grad_(False)
    )


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DKP_BENCH_DEPTH", "DKP_BENCH_LSP"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "no weights").mkdir()
    monkeypatch.setenv("DKP_BENCH_MIDAS", str(tmp_path / "no weights"))


@pytest.fixture
def lsp(tmp_path: Path, publish: Callable[[str, Path], Path]) -> Path:
    """15 photographs in the published layout."""
    return publish("lsp", tmp_path / "lspet")


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Three images, one of them in a subfolder and lying on its side."""
    folder, rng = tmp_path / "album", np.random.default_rng(0)
    (folder / "2024, summer").mkdir(parents=True)
    for name in ("a.png", "b.PNG"):
        cv2.imwrite(str(folder / name), rng.integers(0, 256, (20, 30, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 30), (9, 90, 200)).save(folder / "2024, summer" / "c.jpg", exif=exif)
    (folder / "notes.txt").write_text("no image")
    return folder


@pytest.mark.usefixtures("_quick")
def test_what_lies_among_the_images_and_is_none_is_left_out_and_named(album: Path, call: Call) -> None:
    shutil.copytree(album / "2024, summer", album / ".ipynb_checkpoints")
    (album / "._a.png").write_bytes(b"\0")
    (album / "gone.jpg").symlink_to(album / "nowhere")
    (album / "2024, summer" / "round").symlink_to(album)
    (album / "folder.jpg").mkdir()
    answer = call("data", "depth", album, *LEVIT, "--random", "--limit", 1)
    assert answer.exit_code == 0, answer.output
    told = " ".join(answer.stdout.split())
    assert "images left out 4: ._a.png (hidden), .ipynb_checkpoints/ (hidden), 2024, summer/round/" in told
    assert "missing 2 of 3" in told


def test_a_network_fills_the_store_of_a_dataset(lsp: Path, call: Call) -> None:
    answer = call("data", "depth", "lsp", "--data", lsp, "--model", "dpt_swin2_tiny_256", "--random", "--limit", 2)
    assert answer.exit_code == 0, answer.output
    store = DepthStore(lsp / "depth" / "dpt_swin2_tiny_256-random0")
    assert store.missing(f"images/im{number:05}.jpg" for number in (1, 2, 3)) == ["images/im00003.jpg"]
    depth = store.read("images/im00001.jpg")
    assert depth.shape == (150, 140)
    assert depth.std() > 0


@pytest.mark.usefixtures("_quick")
def test_it_says_what_was_done_and_goes_on(lsp: Path, call: Call) -> None:
    command = ("data", "depth", "lsp", "--data", lsp, *LEVIT, "--random", "--seed", 7, "--device", "cpu")
    first = call(*command, "--limit", 4)
    store = lsp / "depth" / "dpt_levit_224-random7"
    head = f"model    dpt_levit_224 on cpu\nweights  RANDOM, seed 7: no depth, only a trial\nstore    {store}\n"
    assert first.stdout.startswith(head)
    made, missing, _ = first.stdout.removeprefix(head).split("\n")
    assert re.fullmatch(r"made     4 maps in \d+ s, \d+\.\d\d images/s", made)
    assert missing == "missing  11 of 15; the same command without --limit makes them"
    assert "depth by dpt_levit_224-random7: 4 of 4" in first.stderr
    gap = Lsp(64, cache=lsp / "cache", data=lsp).why_no_depth()
    assert gap is not None
    assert f"data depth lsp --data {lsp} --model dpt_levit_224 --random --seed 7" in gap.hint
    (store / "images" / "im00002.jpg.png").write_bytes(b"damaged")
    second = call(*command)
    made, kept, _ = second.stdout.removeprefix(head).split("\n")
    assert re.fullmatch(r"made     12 maps in \d+ s, \d+\.\d\d images/s, 1 of them in place of damaged ones", made)
    assert kept == "kept     3 maps that were there"
    assert call(*command).stdout.removeprefix(head) == "kept     15 maps that were there\n"
    dataset = Lsp(64, cache=lsp / "cache", data=lsp)
    assert dataset.why_no_depth() is None
    assert dataset.images("test").depth(np.arange(3)).std() > 0


@pytest.mark.usefixtures("_quick")
def test_weights_are_known_by_their_sha256(lsp: Path, tmp_path: Path, call: Call) -> None:
    weights = tmp_path / "midas.pt"
    weights.write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    answer = call("data", "depth", "lsp", "--data", lsp, *LEVIT, "--weights", weights)
    assert answer.exit_code == 0, answer.output
    assert f"\nweights  {weights}\nsha256   {digest}\n" in answer.stdout
    assert "RANDOM" not in answer.stdout
    about = json.loads((lsp / "depth" / f"dpt_levit_224-{digest[:8]}" / "store.json").read_text())
    assert (about["model"], about["weights"], about["pixels"]) == ("dpt_levit_224", digest, "as stored")
    assert "seed" not in about
    assert "224×224 px" in about["transform"]
    (fill,) = about["fills"]
    assert fill["weights_file"] == "midas.pt"
    assert fill["packages"]["torch"] == torch.__version__.partition("+")[0]


@pytest.mark.usefixtures("_quick")
def test_any_folder_of_images_will_do(album: Path, call: Call) -> None:
    command = ("data", "depth", album, *LEVIT, "--random")
    answer = call(*command)
    assert answer.exit_code == 0, answer.output
    assert f"store    {album / 'depth' / 'dpt_levit_224-random0'}\n" in answer.stdout
    store = DepthStore(album / "depth" / "dpt_levit_224-random0")
    assert store.about["pixels"] == "upright, as EXIF says"
    names = ["2024, summer/c.jpg", "a.png", "b.PNG"]
    assert store.missing(names) == []
    assert store.read("2024, summer/c.jpg").shape == (40, 30)
    assert "kept     3 maps" in call(*command).stdout, "maps are no images"


@pytest.mark.usefixtures("_quick")
def test_a_damaged_image_is_named_and_the_others_get_their_maps(album: Path, call: Call) -> None:
    (album / "b.PNG").write_bytes((album / "b.PNG").read_bytes()[:99])
    answer = call("data", "depth", album, *LEVIT, "--random")
    assert answer.exit_code == 2
    assert "error: 1 of 3 photographs are damaged" in answer.stderr
    assert f"{album / 'b.PNG'}: it ends too early" in answer.stderr
    assert DepthStore(album / "depth" / "dpt_levit_224-random0").missing(["a.png", "b.PNG"]) == ["b.PNG"]


def test_ctrl_c_says_how_far_it_came(album: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Brightness):
        def forward(self, image: Tensor) -> Tensor:
            if (album / "depth" / "dpt_levit_224-random0" / "maps.csv").exists():
                raise KeyboardInterrupt
            return super().forward(image)

    monkeypatch.setattr("dkp_bench.depth.estimate.load", lambda model, weights, seed: Stopped().requires_grad_(False))
    answer = call("data", "depth", album, *LEVIT, "--random", "--batch-size", 1)
    assert answer.exit_code == 130
    assert "stopped with 1 of 3 maps; the same command goes on from here" in answer.stderr


@pytest.mark.usefixtures("_quick")
def test_what_does_not_fit_into_memory_is_told(album: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr("dkp_bench.depth.estimate.estimate", full)
    answer = call("data", "depth", album, *LEVIT, "--random")
    assert answer.exit_code == 2
    assert "the memory of cpu does not hold a batch of 3 photographs" in answer.stderr
    assert "--batch-size 1" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("lsp", *LEVIT), ("dpt_levit_224.pt of the MiDaS v3_1 release", "204 MB")),
        (("lsp",), ("dpt_beit_large_512.pt of the MiDaS v3_1 release", "1582 MB")),
        (("lsp", "--random", "--weights", "x.pt"), ("--weights and --random exclude each other",)),
        (("lsp", "--random", *LEVIT), ("error: lsp: no folder with its files was named", "lspet_dataset.zip")),
        (("lsp", "--model", "dpt_levitt_224"), ("unknown MiDaS model 'dpt_levitt_224'. Did you mean 'dpt_levit_224'",)),
        (("lspe", "--random"), ("unknown dataset 'lspe'. Did you mean 'lsp'?",)),
        (("./nowhere", "--random"), ("there is no folder ./nowhere",)),
        (("no weights", "--random"), ("there is no JPEG or PNG image in no weights",)),
        (("mannequin", "--random"), ("mannequin has no photographs to estimate depth from: its depth is exact",)),
    ],
)
def test_mistakes_are_answered_before_any_work(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call("data", "depth", *arguments)
    assert answer.exit_code == 2
    for part in told:
        assert part in answer.stderr
    assert not (tmp_path / "cache").exists()


def test_its_help_imports_nothing_heavy() -> None:
    heavy = "{'numpy', 'cv2', 'scipy', 'torch', 'timm', 'PIL'}"
    code = f"import sys, dkp_bench.cli.data.depth; print(sorted({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert loaded == "[]"


@pytest.mark.usefixtures("_quick")
def test_maps_are_those_of_their_photographs(lsp: Path, call: Call) -> None:
    call("data", "depth", "lsp", "--data", lsp, *LEVIT, "--random")
    store = DepthStore(lsp / "depth" / "dpt_levit_224-random0")
    for name in ("images/im00001.jpg", "images/im00015.jpg"):
        bright, depth = read_rgb(lsp / name).mean(axis=2), store.read(name)
        assert np.corrcoef(cv2.blur(bright, (9, 9)).ravel(), cv2.blur(depth, (9, 9)).ravel())[0, 1] > 0.9
