"""The bundles that were frozen stay what they were: what somebody cites can be verified for ever."""

from pathlib import Path

import pytest

from dkp_bench.bundle.verify import verify

FROZEN = sorted((Path(__file__).parents[2] / "results" / "bundles").glob("dkp-bench-results-*"))


@pytest.mark.parametrize("bundle", FROZEN, ids=lambda path: path.name)
def test_nothing_is_wrong_with_it(bundle: Path) -> None:
    found = verify(bundle, lambda *_: None)
    assert found.bundle
    assert found.scores > 0
    assert found.problems == ()
