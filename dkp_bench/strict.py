"""What is wrong with a file that does not meet its schema, in one line."""

from pydantic import ValidationError

from dkp_bench.errors import printable


def first_mistake(error: ValidationError) -> str:
    """Where the first mistake is, and what it is; both are fit for a terminal, whatever stands in the file."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{printable('.'.join(map(str, first['loc']))) or 'the top level'}: {printable(first['msg'], 400)}"
