"""The register of ambiguities: what the paper leaves open (``reference/register.toml``), and the measured effects.

A run belongs to a value if its settings, those of the required methods included, differ from the subject's main variant
only in that one setting.
"""

import importlib.resources
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from dkp_bench.analysis.claims import Change, change_between
from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.required_settings import all_settings
from dkp_bench.analysis.scores import headline_score
from dkp_bench.errors import DkpError, shell_command
from dkp_bench.presets import dumped_settings_hash
from dkp_bench.strict import StrictModel, first_mistake
from dkp_bench.text_files import read_toml

PACKAGE, FILE = "dkp_bench.reference", "register.toml"


class Question(StrictModel):
    """One question that the paper leaves open, and its answer here.

    ``values`` are those of ``setting``, the default first, each with what it means; a question that is no setting of a
    ``method`` has an ``answer`` in words instead.
    """

    question: str = Field(min_length=1)
    setting: str = ""
    method: str = ""
    values: dict[str, str] = Field(default_factory=dict)
    answer: str = ""
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _is_answered(self) -> "Question":
        if bool(self.values) == bool(self.answer) or bool(self.method) != bool(self.values):
            raise ValueError("a setting of a method needs values, everything else an answer")
        return self

    @property
    def default(self) -> str:
        """The value that is used unless another one is asked for; empty where there are none."""
        return next(iter(self.values), "")

    def override(self, subject: str) -> str:
        """Return the name of the setting for ``--set`` when ``subject`` is trained."""
        return self.setting if self.method == subject else f"{self.method}.{self.setting}"


class Register(StrictModel):
    """The whole file."""

    question: tuple[Question, ...]


def read_register() -> tuple[Question, ...]:
    """Return the questions of the reference implementation.

    Raises:
        DkpError: if the file is missing or does not meet the schema.
    """
    path = Path(str(importlib.resources.files(PACKAGE) / FILE)).resolve()  # git follows no link
    restore = f"install dkp-bench again; in a checkout: {shell_command('git', 'checkout', '--', path)}"
    content = read_toml(path, hint=restore)
    try:
        return Register.model_validate(content).question
    except ValidationError as error:
        raise DkpError(f"{path}: not a valid register: {first_mistake(error)}", restore) from error


def effect(group: Group, question: Question, value: str, subject: str, intervals: Intervals) -> Change | None:
    """Return the change of the subject's headline score from its main variant to that with another value of a setting.

    It is None where no such variant was run in this group with seeds and depth maps of the main one.
    """
    main = next(iter(group.variants_of(subject)), None)
    wanted = main and _hash_with(group, main, question, value)
    if main is None or not wanted:
        return None
    for variant in group.variants_of(subject):
        if _hash(variant) == wanted and variant.depth == main.depth and variant is not main:
            return change_between(group, main, variant, headline_score(group), intervals)
    return None


def _hash_with(group: Group, main: Variant, question: Question, value: str) -> str:
    """Return the hash of the main variant's settings with one value changed; empty where they are not known."""
    settings = all_settings(main.runs[0], [run for variant in group.mains for run in variant.runs])
    if settings is None or question.method not in settings:
        return ""
    return dumped_settings_hash({**settings, question.method: {**settings[question.method], question.setting: value}})


def _hash(variant: Variant) -> str:
    return variant.runs[0].record.identity.preset_hash
