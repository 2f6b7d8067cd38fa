"""What is wrong with a file that does not meet its schema, in one line."""

from pydantic import ValidationError


def first_mistake(error: ValidationError) -> str:
    """Where the first mistake is, and what it is."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the top level'}: {first['msg']}"
