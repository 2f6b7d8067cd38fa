"""The settings of the methods that a run's method requires, such as those of its teacher."""

import itertools
from collections.abc import Iterable, Mapping

from dkp_bench.declared import declared
from dkp_bench.presets import dumped_settings_hash
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import SettingValue

SettingsByMethod = Mapping[str, Mapping[str, SettingValue]]


def required_settings(run: Run, beside: Iterable[Run]) -> SettingsByMethod | None:
    """Return the settings of the required methods, by their names; None where they cannot be known.

    A record of dkp-bench 0.1.0 does not hold them, only a hash over them and its own settings. By this hash, the runs
    of the required methods that it was trained on are found among ``beside``.

    Args:
        run: the run in question.
        beside: runs of the same dataset and profile.
    """
    if run.record.required_settings is not None:
        return run.record.required_settings
    method, runs = run.record.identity.method, tuple(beside)
    found = declared(method) if ":" not in method else None  # of a module that a record names, nothing is looked up
    required = found.requires if found else ()
    candidates = [[one.record.settings for one in runs if one.record.identity.method == name] for name in required]
    for chosen in itertools.product(*candidates):
        settings = dict(zip(required, chosen, strict=True))
        if dumped_settings_hash({method: run.record.settings, **settings}) == run.record.identity.preset_hash:
            return settings
    return None


def all_settings(run: Run, beside: Iterable[Run]) -> SettingsByMethod | None:
    """Return the settings of a run's method and of those it requires, by name; None where they cannot be known."""
    required = required_settings(run, beside)
    return None if required is None else {run.record.identity.method: run.record.settings, **required}
