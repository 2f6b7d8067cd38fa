"""The published numbers: the file in the repository and the refusal of mistakes."""

from pathlib import Path

import pytest

from dkp_bench.analysis.published import Published, read_published, verified_notes
from dkp_bench.errors import DkpError
from dkp_bench.scoring import PROTOCOLS


def test_the_file_of_the_repository_is_valid(repository: Path) -> None:
    published = read_published(repository / "results" / "published.toml")
    stated = {delta.dataset: delta.stated_for for delta in published.delta}
    assert stated == {"h36m": "Human3.6M", "h36m-nobg": "Human3.6M", "taichi": "Taichi", "deepfashion": "DeepFashion"}
    assert {published.report.baseline, published.report.subject} <= set(published.report.order)
    keys = [(number.stated_for, number.method, number.metric) for number in published.published]
    assert len(set(keys)) == len(keys)


def test_the_first_screen_tells_of_studies_that_there_are(repository: Path, literature: Published) -> None:
    there = {path.stem for path in (repository / "results" / "studies").glob("*.toml")}
    assert {"budget", "teacher-sees"} <= {*literature.report.studies} <= there


def test_the_two_settings_of_human36m_have_the_same_numbers_beside_them(repository: Path) -> None:
    """Which of the two a number is for could not be read."""
    published = read_published(repository / "results" / "published.toml")
    with_background, without, *_ = published.delta
    own = {"dataset", "command"}
    assert with_background.model_dump(exclude=own) == without.model_dump(exclude=own)
    assert "could not be read" in with_background.verified
    human = [number for number in published.published if number.stated_for == "Human3.6M"]
    assert {number.datasets for number in human} == {("h36m", "h36m-nobg")}


def test_a_number_is_of_a_metric_that_its_protocol_reports(repository: Path) -> None:
    scored = [
        number for number in read_published(repository / "results" / "published.toml").published if number.protocol
    ]
    assert {number.method for number in scored} == {"AutoLink", "StableKeypoints"}
    for number in scored:
        metrics = {metric.name: metric for metric in PROTOCOLS[str(number.protocol)].metrics}
        assert metrics[number.metric].higher_is_better == number.higher_is_better
        assert metrics[number.metric].unit in number.unit


def test_the_subject_has_no_absolute_number(repository: Path) -> None:
    """None could be read anywhere: what the changes would mean in absolute terms is inferred, not published."""
    published = read_published(repository / "results" / "published.toml")
    names = {number.method.lower().replace("-", "_") for number in published.published}
    assert published.report.subject not in names
    literature = {dataset for number in published.published for dataset in number.datasets}
    assert not {entry.dataset for entry in published.stand_in} & literature


def test_the_papers_tables_hold_no_numbers_and_name_what_is_known(repository: Path) -> None:
    """Their numbers come from the other entries, so no number stands in two places."""
    published = read_published(repository / "results" / "published.toml")
    known = {(number.stated_for, number.metric) for number in published.published}
    known |= {(delta.stated_for, delta.metric) for delta in published.delta}
    methods = {number.method for number in published.published}
    for table in published.table:
        assert {(column.stated_for.removesuffix(" (WB)"), column.metric) for column in table.column} <= known
        assert {dataset for column in table.column for dataset in column.datasets} <= set(published.datasets)
        assert {row.method for row in table.row} - {""} <= set(published.report.order)
    main = next(table for table in published.table if table.name == "main")
    assert {row.name for row in main.row if not row.method} | {"AutoLink"} == methods


def test_ppls_numbers_are_those_of_single_images(literature: Published) -> None:
    found = {number.metric: number for number in literature.published if number.method == "PPL"}
    assert {metric: str(number.value) for metric, number in found.items()} == {
        "mean_l2": "2.23",
        "summed_mae": "298.60",
    }
    assert all("another frame of the same video" in number.verified for number in found.values())


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
        ('protocol = "autolink"', 'protocol = "autolnk"', "autolink"),
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


def test_what_holds_for_several_is_said_once() -> None:
    entries = [("a", "read twice"), ("b", "read once"), ("c", "read twice")]
    assert verified_notes(entries) == ("a, c: read twice.", "b: read once.")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match="nowhere"):
        read_published(tmp_path / "nowhere.toml")
