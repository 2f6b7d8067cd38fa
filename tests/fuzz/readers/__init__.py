"""The readers that are fuzzed: each file of this folder has some in its ``READERS``; a new file enters by itself."""

import importlib
import pkgutil

from fuzz.reader import Reader


def all_readers() -> list[Reader]:
    """Every reader, sorted by name."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return sorted((reader for module in modules for reader in module.READERS), key=lambda reader: reader.name)
