"""Every command that is printed is quoted: a path with a blank must not make another command of it."""

import ast
import re
from pathlib import Path

SUBCOMMANDS = (
    "check-baselines|check-method|cite|compare|data [a-z]+|doctor|freeze|list|new-method|predict|redraw|report|"
    "reproduce|run|runs|score|store|study|train|verify"
)
COMMAND = re.compile(
    rf"\b(?:rm|cd|curl|git (?:add|checkout|clone)|nox -s|dkp-bench (?:{SUBCOMMANDS})|python -m)\s[^\n'`]*\{{\}}"
)
"""A command with something from elsewhere in it: ``{}`` stands for what no ``shell_command`` has quoted."""
QUOTED = ("on_command_line", "of")
"""What a command is made of that :func:`shell_command` has quoted elsewhere."""


def templates(path: Path) -> list[str]:
    """The texts of a module's f-strings, with ``{}`` for each value but those that ``shell_command`` gives."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else _stand_in(part) for part in node.values)
            found.append("".join(map(str, parts)))
    return found


def _stand_in(part: ast.expr) -> str:
    value = part.value if isinstance(part, ast.FormattedValue) else part
    called = value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""
    name = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
    return "COMMAND" if called == "shell_command" or name in QUOTED else "{}"


def test_no_command_has_an_unquoted_word_in_it(repository: Path) -> None:
    unquoted = [
        f"{path.relative_to(repository)}: {text}"
        for path in sorted((repository / "dkp_bench").rglob("*.py"))
        for text in templates(path)
        if COMMAND.search(text)
    ]
    assert unquoted == []


def test_what_is_looked_for_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text('f"delete it: rm -r {path}"\nf"{a} and {shell_command(b)} or rm it"\nf"see dkp-bench {version}"')
    assert [bool(COMMAND.search(text)) for text in templates(path)] == [True, False, False]
