"""The language of hypotheses."""

import pytest

from dkp_bench.errors import DkpError
from dkp_bench.studies.language import parse_claim


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a < b", "a < b"),
        ("a > b", "b < a"),
        ("a>=b", "b <= a"),
        ("depth  ~  auto-link_2", "depth ~ auto-link_2"),
        ("a@6400/b@6400 > a@800/b@800", "a@800/b@800 < a@6400/b@6400"),
        ("a@exact+gaussian-0.18 <= b", "a@exact+gaussian-0.18 <= b"),
        ("a@output,cosine < a@L2,cka", "a@output,cosine < a@L2,cka"),
        ("follows follows a", "follows follows a"),
    ],
)
def test_what_is_read(text: str, read: str) -> None:
    assert str(parse_claim(text)) == read


def test_a_claim_about_every_level() -> None:
    claim = parse_claim("a@* < b@1/b@*")
    assert claim.every
    assert str(claim.at("0.5")) == "a@0.5 < b@1/b@0.5"
    assert claim.signs == (1, -1, 1)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a <", "< b", "a = b", "a < b < c", "a/b/c < d", "a@ < b", "a b < c", "a followsb", "a << b", "-a < b"],
)
def test_what_is_no_claim(text: str) -> None:
    with pytest.raises(DkpError, match="as a hypothesis") as caught:
        parse_claim(text)
    assert "student@0.1 < autolink" in caught.value.hint


def test_one_arm_follows_another_over_all_levels() -> None:
    with pytest.raises(DkpError, match="over all levels"):
        parse_claim("a@1 follows b")
