"""Runs scenarios of several processes, for ``test_parallel.py``: ``python forked.py FOLDER``.

One process that imports everything once and never computes itself forks those that do, with the environment that
``torchrun`` gives them. What they print goes to ``FOLDER/SCENARIO/out0``, ``err0``, …, and how they end to ``codes``.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch._dynamo  # what PyTorch imports at the first step takes seconds: once is enough
import torch.distributed as dist
from numpy.typing import NDArray
from torch import nn

import dkp_bench.datasets
from dkp_bench import cli
from dkp_bench.baselines.autolink import AutoLink, AutoLinkSettings
from dkp_bench.datasets import ArrayImages
from dkp_bench.errors import DkpError
from dkp_bench.methods import FitContext, find_method
from dkp_bench.training import distributed, loop
from dkp_bench.training.batches import Batch
from dkp_bench.training.checkpoint import CHECKPOINT_FILE
from dkp_bench.training.inference import save_module
from dkp_bench.training.loop import Losses, Trainable, TrainingSettings

FIXTURES = Path(__file__).parents[1] / "fixtures"
SECONDS = 120
"""After these a process that waits for ever is killed, so that the test fails and nothing is left behind."""
SMALL = {
    "steps": 4,
    "batch_size": 4,
    "keypoints": 4,
    "detector_width": 4,
    "decoder_width": 2,
    "perceptual": "pyramid-random",
}


class Toy(Trainable):
    """Convolutions on image and depth with noise for each image, and nothing that looks at other images."""

    reads_depth = True

    def __init__(self, stop: int | None = None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Conv2d(4, 6, 3), nn.Tanh(), nn.Conv2d(6, 2, 3))
        self.stop, self.step = stop, 0

    def losses(self, batch: Batch, generator: torch.Generator) -> Losses:
        if self.step == self.stop:
            raise KeyboardInterrupt
        self.step += 1
        assert batch.depth is not None
        noise = batch.drawn(lambda count: torch.randn(count, 4, 1, 1, generator=generator))
        output = self.model(torch.cat([batch.rgb, batch.depth[:, None]], dim=1) + noise)
        loss = (output - 0.3).square().mean()
        return Losses(total=loss, parts={"mean": output.mean()})


def images() -> ArrayImages:
    rng = np.random.default_rng(0)
    return ArrayImages(rng.integers(0, 256, (10, 64, 64, 3), dtype=np.uint8), rng.random((10, 64, 64)))


def train_toy(folder: Path, stop: int | None = None) -> None:
    settings = TrainingSettings(steps=6, batch_size=8, learning_rate=0.01, precision="fp32")
    toy = Toy(stop)
    result = loop.train(toy, images(), settings, FitContext(3, "cpu", folder))
    save_module(toy.model, folder / f"weights{distributed.rank()}")
    (folder / f"curves{distributed.rank()}.json").write_text(json.dumps(dict(result.curves)))


def toy(folder: Path) -> None:
    """Trains the toy to the end."""
    with distributed.session():
        train_toy(folder)


def interrupted_toy(folder: Path) -> None:
    """Stops the toy before its fourth step, starts again and trains to the end."""
    loop.CHECKPOINT_SECONDS = -1
    with distributed.session():
        try:
            train_toy(folder, stop=3)
        except KeyboardInterrupt:
            assert distributed.on_main(lambda: torch.load(folder / CHECKPOINT_FILE)["step"]) == 3
        train_toy(folder)


def autolink(folder: Path) -> None:
    """Trains a small AutoLink, whose batch normalisation has buffers."""
    with distributed.session():
        method = AutoLink(AutoLinkSettings.model_validate(SMALL), 64)
        method.fit(images(), FitContext(0, "cpu", folder))
        method.save(folder / f"weights{distributed.rank()}")


def train(folder: Path) -> None:
    """Types ``dkp-bench train``."""
    type_train("autolink", "--seeds", "0,1")


def train_again(folder: Path) -> None:
    """Types it again: the runs are finished."""
    os.chdir(folder.with_name("train2"))
    train(folder)


def unknown_method(folder: Path) -> None:
    """An error of every process before anything began."""
    type_train("autolin")


def unequal_shares(folder: Path) -> None:
    """An error of every process in the middle."""
    type_train("autolink", "--set", "batch_size=5")


def bad_file_of_one(folder: Path) -> None:
    """An error of the second process while the first trains on."""
    read = ArrayImages.rgb

    def fail(self: ArrayImages, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        if distributed.rank() == 1:
            raise DkpError("photo.jpg is cut off", "get it again")
        return read(self, indices)

    ArrayImages.rgb = fail
    type_train("autolink")


def bad_predictions(folder: Path) -> None:
    """A user's error of the main process while the others wait."""
    type_train("own_method:Diverged", settings={})


def crash_in_predict(folder: Path) -> None:
    """A programmer's error of the main process while the others wait."""

    def fail(*_: Any) -> Any:
        raise ZeroDivisionError("a bug")

    find_method("own_method:Corner").predict = fail
    type_train("own_method:Corner", settings={})


def type_train(method: str, *more: str, settings: dict[str, object] = SMALL) -> None:
    chosen = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    sys.argv = ["dkp-bench", "train", method, "squares", *chosen, *more]
    try:
        cli.main()
    except SystemExit as end:
        if end.code:
            raise


PLAN: tuple[tuple[Callable[[Path], None], int], ...] = (
    (toy, 1),
    (toy, 2),
    (toy, 4),
    (interrupted_toy, 2),
    (autolink, 2),
    *((scenario, 2) for scenario in (train, train_again, unknown_method, unequal_shares)),
    *((scenario, 2) for scenario in (bad_file_of_one, bad_predictions, crash_in_predict)),
)
"""The scenarios, and of how many processes each."""


def main(folder: Path) -> None:
    """All scenarios, one after the other."""
    dkp_bench.datasets.__path__.append(str(FIXTURES / "small_datasets"))
    sys.path.insert(0, str(FIXTURES))
    find_method("own_method:Corner")
    for scenario, size in PLAN:
        place = folder / f"{scenario.__name__}{size}"
        place.mkdir()
        with kept_store() as port:
            children = [started(scenario, place, rank, size, port) for rank in range(size)]
            codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        (place / "codes").write_text(json.dumps(codes))


@contextmanager
def kept_store() -> Iterator[int]:
    """The port of a store that a process of its own keeps.

    The store serves from a thread, and a process that forks beside a running thread may hand its children a lock that
    nobody opens again: one of several hundred then waited for ever. The process that forks the others has no threads.
    """
    reading, writing = os.pipe()
    keeper = os.fork()
    if not keeper:
        signal.alarm(SECONDS)
        store = dist.TCPStore("localhost", 0, is_master=True, wait_for_workers=False)
        os.write(writing, str(store.port).encode())
        os.close(writing)
        signal.pause()
    os.close(writing)
    with os.fdopen(reading) as port:
        yield int(port.read())
    os.kill(keeper, signal.SIGKILL)
    os.waitpid(keeper, 0)


def started(scenario: Callable[[Path], None], place: Path, rank: int, size: int, port: int) -> int:
    child = os.fork()
    if child:
        return child
    signal.alarm(SECONDS)
    os.chdir(place)
    numbers = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "MASTER_PORT": port}
    os.environ |= {name: str(number) for name, number in numbers.items()}
    os.environ |= {"MASTER_ADDR": "localhost", "TORCHELASTIC_USE_AGENT_STORE": "True"}
    for stream, name in ((sys.stdout, "out"), (sys.stderr, "err")):
        os.dup2(os.open(f"{name}{rank}", os.O_WRONLY | os.O_CREAT), stream.fileno())
    code: Any = 1
    try:
        scenario(place)
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
