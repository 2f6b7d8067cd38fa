"""``nox -s fuzz -- --seconds 600``: damaged files for every reader, and what came of it."""

import argparse
import sys
from pathlib import Path

import cv2
import torch

from fuzz.campaign import fuzz
from fuzz.readers import all_readers


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s fuzz --", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="how long (default: %(default)s)")
    parser.add_argument("--inputs", type=float, default=float("inf"), help="how many at most")
    parser.add_argument("--seed", type=int, default=0, help="decides every damage (default: %(default)s)")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="folder for findings (%(default)s)")
    parser.add_argument("readers", nargs="*", help="which ones, by a part of the name; all if none is named")
    arguments = parser.parse_args()
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    wanted = [r for r in all_readers() if not arguments.readers or any(part in r.name for part in arguments.readers)]
    if not wanted:
        parser.error(f"no reader is called so; known: {', '.join(reader.name for reader in all_readers())}")
    limits = {"seed": arguments.seed, "seconds": arguments.seconds, "inputs": arguments.inputs}
    outcome = fuzz(wanted, keep=arguments.keep, **limits)
    print(outcome.in_words())
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
