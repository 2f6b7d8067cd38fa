"""Comparison of one method with others on the same test images."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dkp_bench.analysis.comparable import Variant
from dkp_bench.analysis.differences import Difference, differences, joint_differences, tiers
from dkp_bench.analysis.find_baselines import find_baselines
from dkp_bench.analysis.find_runs import choose
from dkp_bench.analysis.labels import names_of
from dkp_bench.analysis.measurement import Measurement, find_annotations, measure, measure_joints, resampling_of
from dkp_bench.analysis.run_names import locate
from dkp_bench.errors import DkpError, unknown_name
from dkp_bench.runs.annotations import Annotations
from dkp_bench.runs.predictions import score_under
from dkp_bench.runs.rescore import update_command
from dkp_bench.scoring import PROTOCOLS, Score
from dkp_bench.statistics import Estimate


@dataclass(frozen=True, eq=False)
class ComparedBaseline:
    """A method that the candidate is compared with.

    Attributes:
        name: of the method; differs from that of the candidate.
        difference: the candidate minus this one.
        joints: the same difference for each joint, by its name; empty where the metric has no value for each joint.
    """

    name: str
    difference: Difference
    joints: Mapping[str, Estimate]

    @property
    def measurement(self) -> Measurement:
        """The number of this method."""
        return self.difference.other


@dataclass(frozen=True, eq=False)
class Comparison:
    """One method compared with others on the same images.

    Attributes:
        name: of the candidate.
        candidate: its number.
        baselines: in the order asked for.
        tiers: the names of all of them in tiers, the best first.
        pairs: number of pairs that p-values are corrected for.
        images: number of test images.
        sequences: number of sequences that they are from; None where every image is independent.
        notes: one for each path that was taken to mean more, or less, than it names.
    """

    name: str
    candidate: Measurement
    baselines: tuple[ComparedBaseline, ...]
    tiers: tuple[tuple[str, ...], ...]
    pairs: int
    images: int
    sequences: int | None
    notes: tuple[str, ...] = ()

    @property
    def measurements(self) -> dict[str, Measurement]:
        """Every method's number by its name, the candidate first."""
        return {self.name: self.candidate} | {each.name: each.measurement for each in self.baselines}

    def tier(self, name: str) -> int:
        """Return the tier of a method, from 1."""
        return next(place for place, names in enumerate(self.tiers, start=1) if name in names)


def compare_run(
    folder: Path,
    root: Path,
    methods: Sequence[str] = (),
    *,
    protocol: str | None = None,
    metric: str | None = None,
    allowed: Collection[str] = (),
) -> Comparison:
    """Compare a finished run, or all seeds of a method, with other methods.

    Args:
        folder: of the run, or of the seeds: :func:`dkp_bench.analysis.find_runs.choose` says what it means; or a name,
            ``METHOD@DATASET``.
        root: results root of the stored methods.
        methods: stored methods, folders of runs and names such as ``METHOD@DATASET:PROFILE``; all that are stored for
            the dataset and profile if empty.
        protocol: any that applies to the dataset, also one that the runs were not scored under; by default that of the
            dataset's headline.
        metric: one of its numbers; the first by default.
        allowed: fields of the signature that may differ nevertheless.

    Raises:
        DkpError: if something is missing, damaged or unknown, or if methods may not be compared.
    """
    chosen = choose(locate(folder, root))
    candidate = chosen.variant
    further = _further_protocol(candidate, protocol)
    score = None if further else find_score(candidate, protocol, metric)
    others = find_baselines(root, candidate, methods, allowed)
    baselines = [each.variant for each in others]
    runs = [run for variant in (candidate, *baselines) for run in variant.runs]
    annotations = find_annotations(runs, [root])
    if annotations is None:
        who = runs[0].record.identity
        problem = f"nowhere beside the runs are the annotations of {who.dataset}, content {who.dataset_hash}"
        raise DkpError(problem, f"this writes them: {update_command(runs[0])}")
    if further:
        candidate = _scored_under(candidate, annotations, further)
        baselines = [_scored_under(each, annotations, further) for each in baselines]
    score = score or find_score(candidate, protocol, metric)
    found = compare_variants(candidate, baselines, annotations, score.protocol, score.metric)
    return replace(found, notes=tuple(each.note for each in (chosen, *others) if each.note))


def compare_variants(
    candidate: Variant, baselines: Sequence[Variant], annotations: Annotations, protocol: str, metric: str
) -> Comparison:
    """Compare a method with others under a protocol.

    Args:
        candidate: the method in question.
        baselines: others on the same images; never empty.
        annotations: of those images.
        protocol: one that all were scored under, or ``on-figure``.
        metric: one of its numbers.

    Raises:
        DkpError: as :func:`dkp_bench.analysis.measurement.measure` does.
    """
    resampling = resampling_of(annotations)
    variants = (candidate, *baselines)
    measured = [measure(variant, annotations, protocol, metric, resampling) for variant in variants]
    joints = [measure_joints(variant, annotations, protocol, metric) for variant in variants]
    between = differences(measured, resampling)
    names = names_of(variants)
    by_joint = [joint_differences(joints[0], each, resampling) for each in joints[1:]]
    name_of = dict(zip(measured, names, strict=True))
    return Comparison(
        names[0],
        measured[0],
        tuple(
            ComparedBaseline(name_of[other], between[measured[0], other], each)
            for other, each in zip(measured[1:], by_joint, strict=True)
        ),
        tuple(tuple(name_of[each] for each in tier) for tier in tiers(measured, between)),
        len(between),
        len(annotations.test),
        None if resampling.clusters is None else len(set(resampling.clusters.tolist())),
    )


def find_score(candidate: Variant, protocol: str | None, metric: str | None) -> Score:
    """Return the score to compare by: that of the protocol and metric, the dataset's headline by default.

    Raises:
        DkpError: if the candidate has no such score, naming the nearest protocol or metric, or if neither high nor low
            values of it are better.
    """
    scores = candidate.runs[0].record.scores
    if not scores:
        raise DkpError(f"{candidate.runs[0].path} has no scores", update_command(candidate.runs[0]))
    chosen = protocol or scores[0].protocol
    of_protocol = {score.metric: score for score in scores if score.protocol == chosen}
    if not of_protocol:
        raise unknown_name("protocol", chosen, {score.protocol for score in scores} | PROTOCOLS.keys())
    name = metric or next(iter(of_protocol))
    if name not in of_protocol:
        raise unknown_name(f"metric of {chosen}", name, of_protocol)
    if of_protocol[name].higher_is_better is None:
        others = [metric for metric, score in of_protocol.items() if score.higher_is_better is not None]
        problem = f"{name} of {chosen} has no better and worse, so it compares nothing"
        raise DkpError(problem, f"choose another: --metric {' or '.join(others)}")
    return of_protocol[name]


def _further_protocol(candidate: Variant, protocol: str | None) -> str:
    """Return the protocol if it exists and the candidate's record has no score of it; else an empty string."""
    recorded = {score.protocol for score in candidate.runs[0].record.scores}
    return protocol if protocol in PROTOCOLS and protocol not in recorded else ""


def _scored_under(variant: Variant, annotations: Annotations, protocol: str) -> Variant:
    """Return the same runs with scores of a protocol that they were not recorded under."""
    return replace(variant, runs=tuple(score_under(run, annotations, [protocol]) for run in variant.runs))
