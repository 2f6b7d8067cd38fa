"""A folder of runs as a table of 80 columns and as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dkp_bench.analysis.comparable import Variant
from dkp_bench.analysis.find_runs import variants_of
from dkp_bench.analysis.labels import distinct_names
from dkp_bench.analysis.seed_scores import SeedScores
from dkp_bench.declared import declared
from dkp_bench.errors import DkpError, printable, unknown_name
from dkp_bench.runs.listing import Listing
from dkp_bench.runs.run import Run
from dkp_bench.runs.signature import is_signed
from dkp_bench.text import WIDTH, entry, folded

BEGIN = "to begin: dkp-bench train autolink mannequin"


def chosen(
    listing: Listing,
    root: Path,
    *,
    dataset: str | None = None,
    profile: str | None = None,
    method: str | None = None,
    signature: str | None = None,
) -> Listing:
    """Return the runs that were asked for; with a signature, only finished ones, as no others have one.

    Raises:
        DkpError: if there is no run on that dataset or of that method, or none with that signature.
    """
    for field, name in {"dataset": dataset, "profile": profile, "method": method}.items():
        if name is not None:
            listing = _of(listing, root, field, name)
    if signature is None:
        return listing
    signed = tuple(run for run in listing.runs if _is_signed(run, signature))
    if not signed:
        hint = "the stored baselines are looked through by: dkp-bench runs --runs results/baselines --signature HASH"
        raise DkpError(f"no run in {root} has the signature {printable(signature)!r}", hint)
    return Listing(signed, (), (), ())


def _of(listing: Listing, root: Path, field: str, name: str) -> Listing:
    """Return the runs whose ``field`` has this value; the rest are known by their folders' names."""
    folder = name.replace(":", ".")
    found = Listing(
        tuple(run for run in listing.runs if getattr(run.record.identity, field) == name),
        tuple(each for each in listing.unfinished if folder in each.path.parts),
        tuple(path for path in listing.aside if folder in path.parts),
        tuple(each for each in listing.damaged if folder in each.path.parts),
        tuple(path for path in listing.smoke if folder in path.parts),
    )
    if found == Listing((), (), (), ()):
        there = {str(getattr(run.record.identity, field)) for run in listing.runs}
        raise unknown_name(f"{field} among the runs in {root}", name, there or ["none"])
    return found


def runs_text(root: Path, listing: Listing) -> str:
    """Return the table of finished runs, and below it the folders that are none."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in listing.runs:
        groups.setdefault((run.record.identity.dataset, run.record.identity.profile), []).append(run)
    parts = [_group(*place, runs) for place, runs in sorted(groups.items())]
    begun = [f"{each.path}{'' if each.step is None else f', at step {each.step:,}'}" for each in listing.unfinished]
    parts += _block("unfinished, the command that began it goes on with it", begun)
    parts += _block("set aside, for a newer run has its place", map(str, listing.aside))
    parts += _block("smoke runs, no results", map(str, listing.smoke))
    parts += _block("damaged", (f"{each.path}: {each.why}" for each in listing.damaged))
    return "\n\n".join(parts) or f"{root} holds no run\n{BEGIN}"


def runs_object(root: Path, listing: Listing) -> dict[str, Any]:
    """Return the object that ``dkp-bench runs --json`` prints; docs/scripts.md describes its keys."""
    return {
        "root": str(root),
        "runs": [_run_object(run, variant) for variant in _variants(listing.runs) for run in variant.runs],
        "unfinished": [{"path": str(each.path), "step": each.step} for each in listing.unfinished],
        "set_aside": [str(path) for path in listing.aside],
        "smoke": [str(path) for path in listing.smoke],
        "damaged": [{"path": str(each.path), "why": each.why} for each in listing.damaged],
    }


def run_object(run: Run) -> dict[str, Any]:
    """Return a run and its scores, as ``dkp-bench score --json`` prints them."""
    record, headline = run.record, run.headline_protocol
    return {
        "path": str(run.path),
        **record.identity.model_dump(),
        "inputs": record.inputs,
        "settings": record.settings,
        "overrides": record.overrides,
        "scores": [asdict(score) for score in record.scores],
        "signature": run.signature(headline) if headline else None,
        "short_signature": run.short_signature(headline) if headline else None,
        "finished": record.provenance.finished,
        "fit_seconds": record.timings.fit_seconds,
        "accelerator": record.provenance.accelerator,
        "processor": record.provenance.processor,
    }


def _run_object(run: Run, variant: Variant) -> dict[str, Any]:
    found = declared(variant.method)
    return {"name": found.name if found else variant.method, "variant": variant.settings_label, **run_object(run)}


def _variants(runs: Iterable[Run]) -> list[Variant]:
    places: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        identity = run.record.identity
        places.setdefault((identity.dataset, identity.profile, identity.method), []).append(run)
    return [variant for _, of_one in sorted(places.items()) for variant in variants_of(of_one)]


def _group(dataset: str, profile: str, runs: Sequence[Run]) -> str:
    """Return the runs on one dataset at one profile: a row for each variant, the best first."""
    variants = _variants(runs)
    names = dict(zip(map(id, variants), distinct_names(variants), strict=True))
    first = next((run.headline for run in runs if run.headline), None)
    kind = "not scored"
    if first:
        direction = "higher" if first.higher_is_better else "lower"
        kind = f"{first.metric} under {first.protocol}, {first.unit}, {direction} is better"
        sign = -1 if first.higher_is_better else 1
        values = {id(each): each.measured(first.protocol, first.metric) for each in variants}
        variants.sort(key=lambda each: sign * found.mean if (found := values[id(each)]) else float("inf"))
    rows = [_row(names[id(each)], each, values[id(each)] if first else None) for each in variants]
    head = folded(f"{printable(dataset)}, {profile} profile: {kind}")
    return "\n".join([head, *_lines([("method", "seeds", "score", "finished (UTC)", "folder"), *rows])])


def _row(name: str, variant: Variant, measured: SeedScores | None) -> tuple[str, ...]:
    last = max(run.record.provenance.finished for run in variant.runs)
    folder = variant.runs[0].path if len(variant.runs) == 1 else variant.runs[0].path.parent
    seeds = ",".join(map(str, variant.seeds))
    return printable(name), seeds, measured.text(2) if measured else "–", last[:16].replace("T", " "), str(folder)


def _lines(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows as aligned lines; if they are wider than 80 columns, the last cell of each goes below it."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    cells = [[f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)] for row in rows]
    whole = [f"  {'  '.join(row)}".rstrip() for row in cells]
    if max(map(len, whole)) <= WIDTH:
        return whole
    heads, *others = [f"  {'  '.join(row[:-1])}".rstrip() for row in cells]
    return [heads, *(line for head, row in zip(others, rows[1:], strict=True) for line in (head, f"    {row[-1]}"))]


def _block(title: str, lines: Iterable[str]) -> list[str]:
    named = [entry("  ", printable(line, 1000)) for line in lines]
    return ["\n".join([f"{title}:", *named])] if named else []


def _is_signed(run: Run, asked: str) -> bool:
    return any(is_signed(run.record.identity, score.protocol, asked) for score in run.record.scores)
