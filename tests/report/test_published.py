"""The published numbers: the file in the repository and the refusal of mistakes."""

from pathlib import Path

import pytest

from dkp_bench.errors import DkpError
from dkp_bench.report.published import read_published


def test_the_file_of_the_repository_is_valid(repository: Path) -> None:
    published = read_published(repository / "results" / "published.toml")
    assert [delta.dataset for delta in published.delta] == ["h36m", "taichi", "deepfashion"]
    assert {published.report.baseline, published.report.subject} <= set(published.report.order)
    keys = [(number.dataset, number.method, number.metric) for number in published.published]
    assert len(set(keys)) == len(keys)


def test_the_subject_has_no_absolute_number(repository: Path) -> None:
    """None could be read anywhere: what the changes would mean in absolute terms is inferred, not published."""
    published = read_published(repository / "results" / "published.toml")
    names = {number.method.lower().replace("-", "_") for number in published.published}
    assert published.report.subject not in names
    assert not {entry.dataset for entry in published.stand_in} & {number.dataset for number in published.published}


def test_digits_survive_reading(repository: Path) -> None:
    published = read_published(repository / "results" / "published.toml")
    assert "316.10" in {str(number.value) for number in published.published}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("baseline =", "basline =", "report"),
        ('metric = "mean_l2"\nvalue', 'metric = "mean_l2"\ntypo = 1\nvalue', "typo"),
        ("value = 2.76", "value = nan", "value"),
        ("value = 2.76", 'value = "much"', "value"),
        ("https://arxiv.org/abs/2410.14700", "javascript:alert(1)", "url"),
        ("[report]", "[report", "TOML"),
    ],
)
def test_a_mistake_is_named(repository: Path, tmp_path: Path, old: str, new: str, named: str) -> None:
    text = (repository / "results" / "published.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "published.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DkpError, match=named) as caught:
        read_published(path)
    assert str(path) in caught.value.problem


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match="nowhere"):
        read_published(tmp_path / "nowhere.toml")
