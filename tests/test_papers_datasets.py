"""The sessions of the paper's datasets, driven end to end on miniatures in the published layouts."""

import re
import runpy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import nox.registry
import numpy as np
import pytest
from typer.testing import Result

from dkp_bench.datasets import open_dataset
from dkp_bench.depth.store import open_for_writing
from dkp_bench.imaging import read_rgb
from dkp_bench.methods import built_in_methods, find_method
from dkp_bench.runs.run import Run, load_runs

Call = Callable[..., Result]
FILES = {"h36m": "h36m", "h36m-nobg": "h36m", "taichi": "taichi", "deepfashion": "deepfashion"}
HEADLINE = {
    "h36m": ("autolink", "mean_l2", "−47.15 %"),
    "h36m-nobg": ("autolink", "mean_l2", "−47.15 %"),
    "taichi": ("autolink-taichi", "summed_mae", "−5.67 %"),
    "deepfashion": ("autolink-deepfashion", "pck", "+1.3 %"),
}
TINY = [
    word
    for setting in ("steps=2", "batch_size=4", "keypoints=4", "detector_width=2", "decoder_width=2")
    for word in ("--set", setting)
]


@pytest.fixture(scope="module")
def command(repository: Path) -> Callable[..., list[str]]:
    """What the noxfile runs for a dataset."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        nox.registry.reset()
        function: Callable[..., list[str]] = runpy.run_path("noxfile.py")["reproduce_command"]
        return function


@pytest.fixture(scope="module", params=FILES)
def workplace(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    repository: Path,
    publish: Callable[[str, Path], Path],
) -> Iterator[tuple[str, Path]]:
    """A dataset's name and its miniature; the working directory is as in a fresh clone."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "results").mkdir()
    (folder / "results" / "published.toml").write_bytes((repository / "results" / "published.toml").read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DKP_BENCH_CACHE", str(folder / "cache"))
        yield request.param, publish(FILES[request.param], folder / "data")


@pytest.fixture(scope="module")
def session(workplace: tuple[str, Path], command: Callable[..., list[str]], call: Call) -> Callable[..., Result]:
    """Runs a dataset's session at the tiny profile."""
    name, data = workplace

    def run(*arguments: str) -> Result:
        program, *words = command(name, ["--data", str(data), "--profile", "tiny", *TINY, *arguments])
        assert program == "dkp-bench"
        return call(*words)

    return run


@pytest.fixture(scope="module")
def refused(session: Callable[..., Result]) -> Result:
    """The session before there are depth maps."""
    return session()


@pytest.fixture(scope="module")
def finished(refused: Result, workplace: tuple[str, Path], session: Callable[..., Result]) -> Result:
    """The session once there are."""
    name, data = workplace
    dataset = open_dataset(name, 64, cache=Path("cache"), data=data)
    dataset.prepare()
    store = open_for_writing(data / "depth", "made-up", {"model": "brightness"})
    store.add({image: read_rgb(path).mean(axis=2) for image, path in dataset.photographs().items()})
    answer = session()
    assert answer.exit_code == 0, answer.output
    return answer


def runs() -> dict[str, Run]:
    return {run.record.identity.method: run for run in load_runs(Path("results/runs"))}


def test_without_depth_maps_it_stops_and_says_how_to_make_them(refused: Result, workplace: tuple[str, Path]) -> None:
    name, data = workplace
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"error: {name} has no depth maps")
    assert f"dkp-bench data depth {name} --data {data}" in refused.stderr
    assert "--without-depth" in refused.stderr
    assert "Traceback" not in refused.output


def test_every_method_is_trained_and_scored(finished: Result, workplace: tuple[str, Path]) -> None:
    made = runs()
    assert sorted(made) == sorted(built_in_methods())
    for method, run in made.items():
        assert run.record.identity.dataset == workplace[0]
        sees_depth = find_method(method).needs_depth()
        assert run.record.identity.depth == ("made-up" if sees_depth else "none")
        assert (run.headline_protocol, run.record.scores[0].metric) == HEADLINE[workplace[0]][:2]
        assert np.isfinite([score.value for score in run.record.scores]).all()


def test_it_scores_under_every_protocol_that_applies(finished: Result, workplace: tuple[str, Path]) -> None:
    found = {score.protocol for score in runs()["autolink"].record.scores} - {"on-figure"}
    promised = set(open_dataset(workplace[0], 64, cache=Path("cache")).protocols)
    assert promised - found == ({"keypointgan"} if "h36m" in workplace[0] else set()), "4 keypoints are not 32 joints"


def test_the_measured_change_stands_beside_the_published_one(finished: Result, workplace: tuple[str, Path]) -> None:
    published = HEADLINE[workplace[0]][2]
    closing = finished.stdout.rpartition("[7/7]")[2]
    assert re.search(rf"published +{re.escape(published)}", closing)
    assert re.search(rf"measured +[−+]?\d+\.\d %.*{workplace[0]}", closing)
    report = Path("results/report/report.md").read_text(encoding="utf-8")
    assert published in report
    assert max(map(len, finished.stdout.splitlines())) <= 80


def test_a_second_call_trains_nothing(finished: Result, session: Callable[..., Result]) -> None:
    assert "7 runs, 7 of them finished before" in session().stdout


def test_the_published_size_is_the_default(command: Callable[..., list[str]]) -> None:
    for name in FILES:
        assert command(name, []) == ["dkp-bench", "reproduce", name, "--profile", "paper"]


def test_several_gpus_have_a_process_each(command: Callable[..., list[str]]) -> None:
    words = command("h36m", ["--gpus", "4", "--seeds", "0,1"])
    assert words[0] == "torchrun"
    assert words[words.index("--nproc-per-node") + 1] == "4"
    assert words[words.index("reproduce") :] == ["reproduce", "h36m", "--profile", "paper", "--seeds", "0,1"]


def test_the_published_size_is_not_begun_on_a_cpu(
    workplace: tuple[str, Path], command: Callable[..., list[str]], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    answer = call(*command(workplace[0], ["--data", str(workplace[1])])[1:])
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: the paper profile wants a GPU, and this machine has none\n")
    assert "tiny and laptop run on a CPU" in answer.stderr


class Brightness:
    """Stands for a MiDaS network: what is bright is near."""

    store_name = "brightness-0000"
    weights = "0" * 64
    identity: ClassVar[dict[str, str]] = {"model": "brightness", "weights": weights}
    circumstances: ClassVar[dict[str, str]] = {"device": "cpu"}

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def joins(self, height: int, width: int) -> tuple[int, int]:
        return height, width

    def __call__(self, photographs: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [photograph.mean(axis=2, dtype=np.float32) for photograph in photographs]


def test_with_the_weights_at_hand_the_session_estimates_the_depth_itself(
    tmp_path: Path,
    repository: Path,
    publish: Callable[[str, Path], Path],
    command: Callable[..., list[str]],
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "published.toml").write_bytes((repository / "results" / "published.toml").read_bytes())
    (tmp_path / "dpt_beit_large_512.pt").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DKP_BENCH_MIDAS", str(tmp_path))
    monkeypatch.setattr("dkp_bench.depth.estimate.MidasEstimator", Brightness)
    data = publish("deepfashion", tmp_path / "data")
    answer = call(*command("deepfashion", ["--data", str(data), "--profile", "tiny", *TINY])[1:])
    assert answer.exit_code == 0, answer.output
    assert "\nmade     54 maps in " in answer.stdout
    assert runs()["distill_dkp"].record.identity.depth == "brightness-0000"
