"""Measure the code of dkp_bench: files, lines of code, imports and comments, now or at any commit.

    python tests/project/measure.py [COMMIT …]

prints a row for each commit and one for the working tree.
"""

import ast
import io
import subprocess
import sys
import tarfile
import tempfile
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

FOLDERS = ("dkp_bench", "baselines", "reference")
REPOSITORY = Path(__file__).parents[2]
NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
INSTRUCTIONS = ("# type:", "# noqa", "# mypy:", "# ruff:")


@dataclass(frozen=True)
class Measure:
    """Line counts of one module, or of many.

    Attributes:
        lines: all lines.
        code: lines with code; neither blank, nor a comment, nor part of a docstring.
        imports: lines of code that import.
        docstrings: lines of docstrings, those of attributes included.
        comments: comments, beside code or on a line of their own; instructions to ruff and mypy do not count.
    """

    lines: int = 0
    code: int = 0
    imports: int = 0
    docstrings: int = 0
    comments: int = 0

    def __add__(self, other: "Measure") -> "Measure":
        return Measure(*(one + another for one, another in zip(vars(self).values(), vars(other).values(), strict=True)))


def source_files(root: Path) -> list[Path]:
    """Return the modules of the package; the links to the folders beside it are not followed."""
    found = (path for folder in FOLDERS for path in (root / folder).rglob("*.py"))
    return sorted(path for path in found if not any(part.is_symlink() for part in (path, *path.parents)))


def module_name(root: Path, path: Path) -> str:
    """Return the name a module is imported by.

    >>> module_name(Path("/x"), Path("/x/baselines/autolink.py"))
    'dkp_bench.baselines.autolink'
    """
    parts = path.relative_to(root).with_suffix("").parts
    parts = parts if parts[0] == "dkp_bench" else ("dkp_bench", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def measure(source: str) -> Measure:
    """Count the lines of one module's source."""
    nodes = list(ast.walk(ast.parse(source)))
    texts = [n for n in nodes if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
    docstrings = _lines(n for n in texts if isinstance(n.value, ast.Constant) and isinstance(n.value.value, str))
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    code = {line for t in tokens if t.type not in NO_CODE for line in range(t.start[0], t.end[0] + 1)} - docstrings
    imports = _lines(n for n in nodes if isinstance(n, ast.Import | ast.ImportFrom))
    comments = sum(t.type == tokenize.COMMENT and not t.string.startswith(INSTRUCTIONS) for t in tokens)
    return Measure(len(source.splitlines()), len(code), len(imports), len(docstrings), comments)


def importers(root: Path) -> dict[str, set[str]]:
    """Return, for each module, the modules that import it or a name from it, inside functions too."""
    modules = {module_name(root, path): path for path in source_files(root)}
    found: dict[str, set[str]] = defaultdict(set)
    for name, path in modules.items():
        for imported in _imported(path):
            target = next((each for each in (imported, imported.rpartition(".")[0]) if each in modules), None)
            if target and target != name:
                found[target].add(name)
    return {name: found[name] for name in modules}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _lines(nodes: Iterator[ast.AST]) -> set[int]:
    return {line for node in nodes for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}  # type: ignore[attr-defined]


def _row(name: str, root: Path) -> list[object]:
    files = source_files(root)
    total = sum((measure(path.read_text(encoding="utf-8")) for path in files), Measure())
    few = [path for path in files if measure(path.read_text(encoding="utf-8")).code < 40]
    alone = {module for module, readers in importers(root).items() if len(readers) == 1}
    fragments = [path for path in few if module_name(root, path) in alone]
    return [
        *(name, len(files), total.lines, total.code, round(total.code / len(files))),
        *(f"{total.imports / total.code:.3f}", f"{total.docstrings / total.code:.2f}", total.comments, len(fragments)),
    ]


def _at(commit: str) -> list[object]:
    """Measure a commit of this repository."""
    command = ["git", "archive", commit, *FOLDERS]
    packed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True).stdout
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="tar")
        return _row(commit, Path(folder))


if __name__ == "__main__":
    head = ["", "files", "lines", "code", "code/file", "imports/code", "docstrings/code", "comments", "fragments"]
    print(tabulate([*map(_at, sys.argv[1:]), _row("now", REPOSITORY)], head))
