"""A check of the names that the user typed, before any import that takes seconds: a typo is reported at once."""

import re
from collections.abc import Sequence

from dkp_bench.errors import DkpError, printable

DEVICE = re.compile(r"auto|cpu|(cuda|mps|xpu)(:\d+)?")
DEVICES = "cpu, cuda, cuda:0, cuda:1, … or auto"


def check_names(
    methods: Sequence[str] = (),
    *,
    dataset: str | None = None,
    profile: str | None = None,
    device: str | None = None,
    overrides: Sequence[str] = (),
) -> None:
    """Check that the given names exist.

    Args:
        methods: names of methods to run; the methods that they require count for the overrides too.
        dataset: name of a dataset.
        profile: name of a profile.
        device: a device, or several with commas between them.
        overrides: the values of ``--set``.

    Raises:
        DkpError: if there is none of a name, with the nearest one that exists.
    """
    from dkp_bench.datasets import find_dataset
    from dkp_bench.methods import check_method_name
    from dkp_bench.presets import check_overrides, find_profile, parse_overrides, required_methods

    settings = parse_overrides(list(overrides))
    if profile is not None:
        find_profile(profile)
    if device is not None:
        _check_device(device)
    for name in methods:
        check_method_name(name)
    if dataset is not None:
        find_dataset(dataset)
    if settings:
        check_overrides(settings, [*methods, *required_methods(methods)])


def _check_device(device: str) -> None:
    for name in (part.strip() for part in device.split(",")):
        if not DEVICE.fullmatch(name):
            problem = f"cannot use the device {printable(repr(name))}: a device is {DEVICES}"
            raise DkpError(problem, "dkp-bench doctor lists what this machine has")
