"""A study as its file describes it: ``results/studies/NAME.toml``; docs/studies.md says how to write one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from dkp_bench.errors import DkpError, printable, unknown_name
from dkp_bench.runs.cells import LARGEST, CellTable, cell_tables
from dkp_bench.shipped import all_shipped
from dkp_bench.strict import StrictModel, first_mistake
from dkp_bench.studies.language import Claim, parse_claim
from dkp_bench.text_files import read_toml

STUDIES = "studies"
FROM_ARM = ("methods", "set", "depth")
"""What a table of cells that names arms has from them."""
HOW_TO_WRITE = "docs/studies.md says how a study is written"


def _printed(text: str) -> str:
    """Return a text with single blanks; raise ValueError for one that would steer a terminal."""
    plain = " ".join(text.split())
    if printable(plain, len(plain)) != plain:
        raise ValueError("a text has characters that cannot be shown")
    return plain


Text = Annotated[str, AfterValidator(_printed)]
Words = Annotated[Text, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]


class Axis(StrictModel):
    """What is varied.

    Attributes:
        name: one word, for tables.
        varies: the setting, as ``key`` or ``method.key``, or ``depth`` or ``size``.
        label: what stands at the axis of a picture.
        scale: how levels are laid out; ``category`` keeps the order of the file.
        times: a setting that a level is multiplied by where it is drawn: steps times ``batch_size`` are images.
        levels: what levels mean, by name; all of them, in their order, if any is named.
        question: what a reader asks who meets this axis; for a study that varies several things one at a time.
        why: why the default is what it is.
    """

    name: Name
    varies: Words
    label: Text = ""
    scale: Literal["category", "linear", "log"] = "category"
    times: str = ""
    levels: dict[Text, Text] = Field(default_factory=dict)
    question: Text = ""
    why: Text = ""


class Arm(StrictModel):
    """One of the things that are compared: a method with settings; a study has it at every level that concerns it.

    Attributes:
        name: what hypotheses call it.
        method: a method's name, or ``module:Class``.
        label: what tables call it; its name if left out.
        settings: those that make it what it is, whatever the axes vary.
        depth: the depth maps that it is given, unless an axis varies these; the only ones there if empty.
    """

    name: Name
    method: Words
    label: Text = ""
    settings: dict[str, Any] = Field(default_factory=dict, alias="set")
    depth: str = ""

    @property
    def title(self) -> str:
        """Its label, or else its name."""
        return self.label or self.name


class Hypothesis(StrictModel):
    """A statement that the runs can refute.

    Attributes:
        name: one word.
        statement: in a sentence.
        refuted_by: what would refute it, in words.
        holds_if: the same in the language of :mod:`dkp_bench.studies.language`; all of these must hold.
        where: on how many of the datasets each must hold.
        margin: the smallest change of an error that matters, in %.
        correlation: the least correlation at which one error counts as following another.
    """

    name: Name
    statement: Words
    refuted_by: Words
    holds_if: Annotated[list[str], Field(min_length=1)]
    where: Literal["all"] | Annotated[int, Field(ge=1)] = "all"
    datasets: list[str] = Field(default_factory=list)
    margin: float = Field(2.0, gt=0, le=50, allow_inf_nan=False)
    correlation: float = Field(0.8, gt=0, lt=1)

    @property
    def claims(self) -> list[Claim]:
        """What must hold, parsed."""
        return [parse_claim(text) for text in self.holds_if]

    def asks_of(self, dataset: str) -> bool:
        """Return whether it is judged on a dataset."""
        return not self.datasets or dataset in self.datasets


class AnsweredQuestion(StrictModel):
    """A question that is answered in words, as no setting answers it otherwise."""

    question: Words
    setting: Text = ""
    answer: Words
    why: Words


class Study(StrictModel):
    """The whole file.

    Attributes:
        title: a few words.
        question: what is asked.
        why: why anyone should.
        chooses: the split that settings are chosen on; empty where none is chosen.
        reports: the split that hypotheses are judged on; empty for a study that only chooses.
        profile: a remark on the profile and the budget.
        against: the arm that the report tells changes against: at the same levels, where these concern it.
        left_open: whether its axes are what a publication leaves open: the report lists them in its register.
        axis: what is varied; without any, the arms themselves are the levels.
        arm: what is compared.
        cells: what is run.
        hypothesis: what the runs may refute.
        settled: what else was asked.
    """

    title: Words
    question: Words
    why: Words
    chooses: Literal["", "val"] = ""
    reports: Literal["", "test"] = "test"
    profile: Text = ""
    against: str = ""
    left_open: bool = False
    axis: list[Axis] = Field(default_factory=list)
    arm: Annotated[list[Arm], Field(min_length=1)]
    cells: Annotated[list[CellTable], Field(min_length=1)]
    hypothesis: list[Hypothesis] = Field(default_factory=list)
    settled: list[AnsweredQuestion] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check_names(self) -> "Study":
        """Refuse names that are there twice, and hypotheses about arms that are not there."""
        for kind in ("axis", "arm", "hypothesis"):
            names = [each.name for each in getattr(self, kind)]
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{kind} {name} is there twice")
        if self.against and self.against not in [arm.name for arm in self.arm]:
            raise ValueError(f"against names no arm: {self.against}")
        for hypothesis in self.hypothesis:
            self._check_terms(hypothesis)
        return self

    def _check_terms(self, hypothesis: Hypothesis) -> None:
        try:
            terms = [term for claim in hypothesis.claims for term in claim.terms]
            for term in terms:
                self.named_arm(term.arm)
                if len(term.levels) > len(self.axis):
                    raise DkpError(f"{term} names {len(term.levels)} levels, and there are {len(self.axis)} axes")
        except DkpError as error:
            hint = f"; {error.hint}" if error.hint else ""
            raise ValueError(f"hypothesis {hypothesis.name}: {error.problem}{hint}") from error

    @property
    def against_title(self) -> str:
        """What tables call the arm that changes are told against; empty where there is none."""
        return self.named_arm(self.against).title if self.against else ""

    def named_arm(self, name: str) -> Arm:
        """Return the arm of that name.

        Raises:
            DkpError: if there is none.
        """
        found = {arm.name: arm for arm in self.arm}
        if name not in found:
            raise unknown_name("arm", name, found)
        return found[name]


def read_study(path: Path) -> Study:
    """Read the file of a study.

    Raises:
        DkpError: if it cannot be read, is not TOML, or is no study; it says what is wrong.
    """
    content = read_toml(path, hint=HOW_TO_WRITE, largest=LARGEST)
    cells = content.get("cells")
    tables = cell_tables(str(path), _of_arms(path, cells, content.get("arm"))) if isinstance(cells, list) else cells
    try:
        return Study.model_validate({**content, "cells": tables} if "cells" in content else content)
    except ValidationError as error:
        raise DkpError(f"{path}: no study: {first_mistake(error)}", HOW_TO_WRITE) from error


def _of_arms(path: Path, cells: list[Any], arms: Any) -> list[Any]:
    """Return cells as a plan has them: a table that names ``arms`` stands for one of each arm's method and settings.

    Raises:
        DkpError: if a table names an arm that is not there, or says by itself what its arms say.
    """
    listed = [arm for arm in arms if isinstance(arm, dict)] if isinstance(arms, list) else []
    known = {str(arm.get("name")): arm for arm in listed}
    found: list[Any] = []
    for number, table in enumerate(cells, start=1):
        if not isinstance(table, dict) or not isinstance(table.get("arms"), list):
            found.append(table)
            continue
        where = f"{path}, [[cells]] number {number}"
        if said := [key for key in FROM_ARM if key in table]:
            raise DkpError(f"{where}: it names arms and says {' and '.join(said)}", "an arm says these itself")
        rest = {key: value for key, value in table.items() if key != "arms"}
        for name in map(str, table["arms"]):
            if name not in known:
                raise DkpError(f"{where}: {unknown_name('arm', name, known).problem}", HOW_TO_WRITE)
            given = {key: known[name][key] for key in ("set", "depth") if key in known[name]}
            found.append({**rest, "methods": [known[name].get("method")], **given})
    return found


def is_study(path: Path) -> bool:
    """Return whether a file asks a question, as a study does and a plan does not; False where it cannot be read."""
    try:
        return "question" in read_toml(path, largest=LARGEST)
    except DkpError:
        return False


def study_files() -> Mapping[str, Path]:
    """Return the files of all studies by name: those here, then those that come with the benchmark.

    A study of one's own does not hide the others; one of the same name takes the place of that one.
    """
    return {path.stem: path for folder in reversed(all_shipped(STUDIES)) for path in sorted(folder.glob("*.toml"))}


def find_study(name: str) -> Path:
    """Return the file of the study of that name, or at that path.

    Raises:
        DkpError: if there is none; it lists those there are.
    """
    path = Path(name)
    if path.is_file() or path.suffix or len(path.parts) != 1:
        return path
    known = study_files()
    if name not in known:
        unknown = unknown_name("study", name, known)
        raise DkpError(unknown.problem, f"{unknown.hint}\none of your own: results/studies/NAME.toml; {HOW_TO_WRITE}")
    return known[name]
