"""The perceptual loss, against torchvision's VGG16 and the definition."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import vgg16

from dkp_bench.errors import DkpError
from dkp_bench.training.perceptual import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    TORCHVISION_FILE,
    WEIGHTS_VARIABLE,
    PerceptualLoss,
    PyramidLoss,
    Vgg16Loss,
    imagenet_weights_file,
    perceptual_loss,
    perceptual_name,
)

RELU_ENDS = (4, 9, 16, 23)
"""Where relu1_2, relu2_2, relu3_3 and relu4_3 end in torchvision's list of layers."""
NETWORKS = {"pyramid": PyramidLoss, "vgg16": lambda: Vgg16Loss(None)}


@pytest.fixture(scope="module", params=sorted(NETWORKS))
def build(request: pytest.FixtureRequest) -> Callable[[], PerceptualLoss]:
    return NETWORKS[request.param]


@pytest.fixture(scope="module")
def network(build: Callable[[], PerceptualLoss]) -> PerceptualLoss:
    return build()


def pictures(seed: int, count: int = 1) -> Tensor:
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_its_weights_come_from_no_seed_but_its_own(build: Callable[[], PerceptualLoss]) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = build().state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    for name, tensor in build().state_dict().items():
        assert torch.equal(tensor, first[name])


def test_it_measures_a_distance(network: PerceptualLoss) -> None:
    assert network(pictures(0), pictures(0)).item() == 0
    distance = network(pictures(0), pictures(1))
    assert distance.item() > 0
    assert distance.dtype == torch.float32
    torch.testing.assert_close(distance, network(pictures(1), pictures(0)))


def test_it_is_the_sum_of_the_mean_l1_of_the_features(network: PerceptualLoss) -> None:
    pairs = zip(network.features(pictures(0, 2)), network.features(pictures(1, 2)), strict=True)
    expected = sum((a.double() - b.double()).abs().mean().item() for a, b in pairs)
    assert network(pictures(0, 2), pictures(1, 2)).item() == pytest.approx(expected, rel=1e-5)


def test_the_gradient_reaches_the_first_image_alone(network: PerceptualLoss) -> None:
    image, target = pictures(0).requires_grad_(), pictures(1).requires_grad_()
    network(image, target).backward()
    assert image.grad is not None
    assert image.grad.abs().max() > 0
    assert target.grad is None
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in network.parameters())


def test_training_does_not_wake_it(network: PerceptualLoss) -> None:
    assert not any(module.training for module in nn.Sequential(network).train()[0].modules())


def test_the_pyramid_sees_the_image_and_three_halvings() -> None:
    maps = PyramidLoss(width=5).features(pictures(0))
    assert [tuple(part.shape[1:]) for part in maps] == [(3, 32, 32), (5, 32, 32), (10, 16, 16), (20, 8, 8)]
    assert torch.equal(maps[0], pictures(0))


def torchvision_layers(weights: dict[str, Tensor]) -> nn.Sequential:
    with torch.device("meta"):
        layers = vgg16(weights=None, init_weights=False).features
    layers = layers[: RELU_ENDS[-1]]
    layers.load_state_dict(weights, assign=True)
    return layers


def test_vgg16_is_torchvisions_cut_at_four_places() -> None:
    loss = Vgg16Loss(None)
    own = {name.removeprefix("features_"): tensor for name, tensor in loss.network.state_dict().items()}
    layers = torchvision_layers(own)
    image = F.interpolate((pictures(3) + 1) / 2, size=(224, 224), mode="bilinear", align_corners=False)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    expected = (image - mean) / std
    begin = 0
    for end, found in zip(RELU_ENDS, loss.features(pictures(3)), strict=True):
        expected = layers[begin:end](expected)
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
        begin = end


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as torchvision publishes it, with random numbers and without the classifier."""
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in vgg16(weights=None, init_weights=False).state_dict().items()}
    chance = torch.Generator().manual_seed(7)
    state = {name: torch.rand(shape, generator=chance) for name, shape in shapes.items() if "features" in name}
    path = tmp_path_factory.mktemp("published") / TORCHVISION_FILE
    torch.save(state, path)
    return path


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without ImageNet weights; returns the folder that torchvision downloads into."""
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda repository, file: None)
    return tmp_path / "hub" / "checkpoints"


@pytest.mark.usefixtures("bare_machine")
def test_the_weights_of_a_file_are_used_whole(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(published))
    state = torch.load(published, weights_only=True)
    loss = perceptual_loss("vgg16-imagenet")
    assert isinstance(loss, Vgg16Loss)
    loaded = loss.network.state_dict()
    assert loaded
    for name, tensor in loaded.items():
        assert torch.equal(tensor, state[name.replace("features_", "features.")])
    name = perceptual_name("vgg16-imagenet")
    assert name.startswith("vgg16-imagenet-")
    assert len(name) == len("vgg16-imagenet-") + 8
    assert perceptual_name("auto") == name


@pytest.mark.usefixtures("bare_machine")
def test_the_name_is_that_of_the_numbers_not_of_the_file(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = torch.load(published, weights_only=True)
    save_file(state, tmp_path / "same.safetensors")
    state["features.7.bias"][0] += 1
    save_file(state, tmp_path / "other.safetensors")
    names = []
    for path in (published, tmp_path / "same.safetensors", tmp_path / "other.safetensors"):
        monkeypatch.setenv(WEIGHTS_VARIABLE, str(path))
        names.append(perceptual_name("auto"))
    assert names[0] == names[1] != names[2]


def test_the_places_are_searched_in_order(
    published: Path, bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert imagenet_weights_file() is None
    hub_file = tmp_path / "model.safetensors"
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda repository, file: str(hub_file))
    assert imagenet_weights_file() == hub_file
    bare_machine.mkdir(parents=True)
    (bare_machine / TORCHVISION_FILE).symlink_to(published)
    assert imagenet_weights_file() == bare_machine / TORCHVISION_FILE
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(published))
    assert imagenet_weights_file() == published


@pytest.mark.usefixtures("bare_machine")
def test_a_hub_that_knows_the_file_is_absent_is_no_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda repository, file: object())
    assert imagenet_weights_file() is None


def test_without_weights_the_random_network_is_named_as_such(bare_machine: Path) -> None:
    assert perceptual_name("auto") == "vgg16-random"
    loss = perceptual_loss("auto")
    for name, tensor in Vgg16Loss(None).state_dict().items():
        assert torch.equal(loss.state_dict()[name], tensor)
    with pytest.raises(DkpError, match="ImageNet weights are not on this machine") as caught:
        perceptual_loss("vgg16-imagenet")
    assert TORCHVISION_FILE in caught.value.hint
    assert str(bare_machine) in caught.value.hint
    assert WEIGHTS_VARIABLE in caught.value.hint


@pytest.mark.usefixtures("bare_machine")
@pytest.mark.parametrize("choice", ["vgg16-random", "pyramid-random"])
def test_a_random_network_looks_for_no_weights(choice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WEIGHTS_VARIABLE, "nowhere.pth")
    assert perceptual_name(choice) == choice


@pytest.mark.usefixtures("bare_machine")
@pytest.mark.parametrize("choice", ["auto", "vgg16-imagenet"])
def test_a_variable_that_names_no_file_is_an_error(choice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WEIGHTS_VARIABLE, "nowhere.pth")
    with pytest.raises(DkpError, match=f"{WEIGHTS_VARIABLE} names nowhere.pth"):
        perceptual_loss(choice)


@pytest.mark.usefixtures("bare_machine")
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("damage", ["cut off", "a layer missing", "another shape", "not numbers"])
def test_a_file_that_does_not_fit_is_named(
    published: Path, suffix: str, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"vgg16{suffix}"
    if damage == "cut off":
        path.write_bytes(published.read_bytes()[:100_000])
    elif damage == "not numbers":
        path.write_text("<html>404</html>")
    else:
        state = {"features.0.bias": torch.zeros(64), "features.0.weight": torch.zeros(64, 3, 5, 5)}
        if damage == "another shape":
            state = torch.load(published, weights_only=True) | state
        (torch.save if suffix == ".pth" else save_file)(state, path)
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(path))
    with pytest.raises(DkpError, match="does not hold VGG16's weights") as caught:
        perceptual_loss("vgg16-imagenet")
    assert str(path) in caught.value.problem
    assert TORCHVISION_FILE in caught.value.hint
