"""The distillation term against a naive float64 oracle, and what it must not depend on."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from dkp_bench.reference.distill_dkp import cosine_similarity

seeds = st.integers(0, 2**32 - 1)
embeddings = st.sampled_from(["logits", "probabilities"])
overs = st.sampled_from(["image", "keypoint", "pixel"])
BATCH, K, SIZE = 2, 3, 4


def maps(seed: int) -> Tensor:
    return 3 * torch.randn(BATCH, K, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def oracle(student: Tensor, teacher: Tensor, embedding: str, over: str) -> float:
    pair = [maps.numpy().astype(np.float64) for maps in (student, teacher)]
    if embedding == "probabilities":
        pair = [np.array([[softmax(one) for one in image] for image in maps]) for maps in pair]
    if over == "image":
        vectors = [[maps[b].ravel() for b in range(BATCH)] for maps in pair]
    elif over == "keypoint":
        vectors = [[maps[b, k].ravel() for b in range(BATCH) for k in range(K)] for maps in pair]
    else:
        places = [(b, y, x) for b in range(BATCH) for y in range(SIZE) for x in range(SIZE)]
        vectors = [[maps[b, :, y, x] for b, y, x in places] for maps in pair]
    return float(np.mean([a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(*vectors, strict=True)]))


@given(seeds, seeds, embeddings, overs)
def test_it_is_its_definition(student: int, teacher: int, embedding: str, over: str) -> None:
    found = cosine_similarity(maps(student), maps(teacher), embedding, over)
    assert found.shape == ()
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(oracle(maps(student), maps(teacher), embedding, over), abs=1e-5)


@given(seeds, embeddings, overs)
def test_equal_maps_have_the_similarity_one(seed: int, embedding: str, over: str) -> None:
    assert cosine_similarity(maps(seed), maps(seed), embedding, over).item() == pytest.approx(1, abs=1e-5)


@given(seeds, overs)
def test_opposite_scores_have_the_similarity_minus_one(seed: int, over: str) -> None:
    assert cosine_similarity(-maps(seed), maps(seed), "logits", over).item() == pytest.approx(-1, abs=1e-5)


@given(seeds, seeds, embeddings, overs)
def test_it_is_bounded(student: int, teacher: int, embedding: str, over: str) -> None:
    lowest = 0 if embedding == "probabilities" else -1
    assert lowest - 1e-6 <= cosine_similarity(maps(student), maps(teacher), embedding, over).item() <= 1 + 1e-6


@given(seeds, seeds, overs, st.floats(1e-2, 1e2))
def test_scores_may_be_scaled(student: int, teacher: int, over: str, factor: float) -> None:
    plain = cosine_similarity(maps(student), maps(teacher), "logits", over)
    scaled = cosine_similarity(factor * maps(student), maps(teacher), "logits", over)
    torch.testing.assert_close(scaled, plain, atol=1e-5, rtol=0)


@given(seeds, seeds, overs)
def test_probabilities_do_not_see_a_constant_added_to_a_map(student: int, teacher: int, over: str) -> None:
    shift = torch.tensor([-7.0, 0.5, 20.0]).view(1, K, 1, 1)
    plain = cosine_similarity(maps(student), maps(teacher), "probabilities", over)
    shifted = cosine_similarity(maps(student) + shift, maps(teacher), "probabilities", over)
    torch.testing.assert_close(shifted, plain, atol=1e-5, rtol=0)


@given(seeds, embeddings, overs)
def test_the_gradient_reaches_the_student_alone(seed: int, embedding: str, over: str) -> None:
    student, teacher = maps(seed).requires_grad_(), maps(seed + 1).requires_grad_()
    cosine_similarity(student, teacher, embedding, over).backward()
    assert student.grad is not None
    assert student.grad.isfinite().all()
    assert student.grad.abs().max() > 0
    assert teacher.grad is None


@pytest.mark.parametrize("over", ["image", "keypoint", "pixel"])
def test_half_precision_scores_are_compared_in_full_precision(over: str) -> None:
    student, teacher = maps(0).bfloat16(), maps(1).bfloat16()
    found = cosine_similarity(student, teacher, "logits", over)
    assert found.item() == pytest.approx(oracle(student.float(), teacher.float(), "logits", over), abs=1e-5)
