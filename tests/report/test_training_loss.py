"""Whether the training loss had settled."""

from collections.abc import Callable

import pytest

from dkp_bench.analysis.published import Published
from dkp_bench.report import build_report
from dkp_bench.runs.run import Run

MakeRun = Callable[..., Run]


def test_the_part_of_the_fall_that_came_late(run: MakeRun, published: Published) -> None:
    steps = list(range(10, 210, 10))
    falling = [10.0 - place / 2 for place in range(20)]
    settled = [10.0, 10.0, *[5.0] * 18]
    runs = [
        run("base", curves={"step": steps, "loss": falling}),
        run("taught", curves={"step": steps, "loss": settled}),
        run("still", perceptual="none"),
    ]
    (section,) = (section for section in build_report(runs, published).sections if section.anchor == "training")
    rows = {row[1].text: [cell.text for cell in row[2:]] for row in section.tables[0].rows}
    # tenths of twenty values are two: 9.75 at the start, 5.75 half-way, 3.25 at three quarters, 0.75 at the end
    assert rows == {
        "base": ["200", "9.750", "5.750", "0.750", "27.8 %"],
        "taught": ["200", "10.000", "5.000", "5.000", "0.0 %"],
    }


@pytest.mark.parametrize("curves", [{}, {"step": [1], "loss": []}, {"loss": [1.0]}])
def test_without_a_loss_there_is_no_row(curves: dict[str, list[float]], run: MakeRun, published: Published) -> None:
    anchors = [section.anchor for section in build_report([run(curves=curves)], published).sections]
    assert "training" not in anchors
