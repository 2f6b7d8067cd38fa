"""Names that were typed, checked before anything that takes seconds to import: a typo is answered at once."""

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
    """Make sure that there is what these names say; what is not given is not checked.

    Args:
        methods: methods to run; what they require is known from them.
        dataset: a dataset.
        profile: a profile.
        device: a device, or several with commas between them.
        overrides: what ``--set`` gave.

    Raises:
        DkpError: with the nearest name there is.
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
