"""What the studies say of their hypotheses, in sentences for the first screen."""

from collections.abc import Collection, Mapping, Sequence

from dkp_bench.errors import shell_command
from dkp_bench.studies.language import Claim
from dkp_bench.studies.measured import StudyResults
from dkp_bench.studies.verdicts import ClaimResult, Verdict, verdicts
from dkp_bench.text import cut_short, number, seeds, signed

MOST = 3
"""Comparisons that a sentence gives the numbers of."""


def refuted_hypotheses(studies: Mapping[str, StudyResults]) -> list[str]:
    """Return each hypothesis of any study that the runs refute in a sentence, and in the next the numbers that do."""
    return [
        sentence
        for name, results in studies.items()
        for verdict in verdicts(results)
        if verdict.decision == "refuted"
        for sentence in (
            f"Refuted: {_statement(verdict)} (study {name}).",
            f"{_comparisons([each for each in verdict.findings if each.outcome == 'refuted'], results)}.",
        )
    ]


def answers(studies: Mapping[str, StudyResults], names: Collection[str]) -> list[str]:
    """Return what some studies say apart from refuted hypotheses: supported ones, undecided ones, what was not run.

    Args:
        studies: what is measured of each, by name.
        names: of those to tell of.
    """
    told = {name: results for name, results in studies.items() if name in names}
    return [sentence for name, results in told.items() for sentence in _answers(name, results)]


def is_told(results: StudyResults) -> bool:
    """Return whether the runs say anything of a study's hypotheses, be it that they leave them open."""
    return any(verdict.decision != "not run" for verdict in verdicts(results))


def _answers(name: str, results: StudyResults) -> list[str]:
    if not is_told(results):
        command = shell_command("dkp-bench", "study", name)
        return [f"Not run: {results.design.study.question} “{command}” runs it."]
    found = verdicts(results)
    supported = [_sentence(name, verdict, results) for verdict in found if verdict.decision == "supported"]
    left_open = [verdict for verdict in found if verdict.decision in ("undecided", "not run")]
    return [*supported, *([_open_sentence(name, left_open, results)] if left_open else [])]


def _open_sentence(name: str, left_open: Sequence[Verdict], results: StudyResults) -> str:
    """Return the hypotheses of a study that the runs leave undecided, and those not run; of a single one, why."""
    if len(left_open) == 1:
        return _sentence(name, left_open[0], results)
    sentences = []
    for decision in ("undecided", "not run"):
        same = [_statement(verdict) for verdict in left_open if verdict.decision == decision]
        sentences += [f"{decision.capitalize()}: {'; '.join(same)} (study {name})."] if same else []
    return " ".join(sentences)


def _sentence(name: str, verdict: Verdict, results: StudyResults) -> str:
    """Return a hypothesis with its verdict, and the comparisons that support it or why it is not decided."""
    why = _comparisons(verdict.findings, results) if verdict.decision == "supported" else verdict.reason
    return f"{verdict.decision.capitalize()}: {_statement(verdict)} ({why}; study {name})."


def _statement(verdict: Verdict) -> str:
    return verdict.hypothesis.statement.removesuffix(".")


def _comparisons(findings: Sequence[ClaimResult], results: StudyResults) -> str:
    """Return comparisons with their intervals: ``depth against AutoLink: −12.0 % [−15.0 to −9.0 %] on mannequin``."""
    titles = {arm.name: arm.title for arm in results.design.study.arm}
    shown, rest = cut_short(findings, MOST)
    common = dict.fromkeys(f"{each.place.profile} profile, {seeds(each.seeds)}" for each in findings)
    parts = [f"{_in_words(each.claim, titles)}: {_value(each)} on {each.place.dataset}" for each in shown]
    return "; ".join([*parts, *([rest] if rest else []), " or ".join(common)])


def _in_words(claim: Claim, titles: Mapping[str, str]) -> str:
    """Return what is compared with what; a ratio of two errors as ``student at 0.1 / AutoLink``."""
    one, other = (
        " / ".join(" at ".join([titles[term.arm], *([", ".join(term.levels)] if term.levels else [])]) for term in side)
        for side in (claim.smaller, claim.larger)
    )
    return f"{one} {'follows' if claim.relation == 'follows' else 'against'} {other}"


def _value(finding: ClaimResult) -> str:
    """Return the number of a comparison with its interval: a change in %, or a correlation."""
    if finding.value is None or finding.interval is None:
        return "no number"
    ends = finding.interval.low, finding.interval.high
    if finding.claim.relation == "follows":
        low, high = (number(end, 2) for end in ends)
        return f"correlation {number(finding.value, 2)} [{low} to {high}] over {finding.levels} levels"
    low, high = (signed(end, 1) for end in ends)
    return f"{signed(finding.value, 1)} % [{low} to {high} %]"
