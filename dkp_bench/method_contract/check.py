"""Looking at all rules, one after the other."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dkp_bench.errors import DkpError, last_line
from dkp_bench.method_contract.rules import RULES, Rule
from dkp_bench.method_contract.subject import BrokenRuleError, Subject


@dataclass(frozen=True)
class Outcome:
    """What was found of one rule.

    Attributes:
        rule: the rule.
        state: ``ok``, ``broken``, or ``not checked`` because a rule that it needs is broken.
        seen: what was seen of a broken rule; of one that was not checked, the rule to mend first.
    """

    rule: Rule
    state: Literal["ok", "broken", "not checked"]
    seen: str = ""


def check_method(subject: Subject) -> Iterator[Outcome]:
    """The outcome of every rule in turn. Whatever the method raises is the outcome of a rule and passes no further."""
    culprits: dict[str, str] = {}
    for rule in RULES:
        culprit = next((culprits[name] for name in rule.needs if name in culprits), None)
        seen = None if culprit else _look(rule, subject)
        if culprit or seen:
            culprits[rule.name] = culprit or rule.name
        if culprit:
            yield Outcome(rule, "not checked", culprit)
        else:
            yield Outcome(rule, "broken", seen) if seen else Outcome(rule, "ok")


def _look(rule: Rule, subject: Subject) -> str | None:
    """What is wrong, None if the rule is kept."""
    try:
        rule.check(subject)
    except BrokenRuleError as error:
        return str(error)
    except DkpError as error:
        return f"{error.problem} ({error.hint})" if error.hint else error.problem
    except (Exception, SystemExit) as error:
        return last_line(error, inspect.getfile(subject.kind))
    return None
