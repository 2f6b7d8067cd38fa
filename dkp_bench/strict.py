"""Schemas of files: what a file may hold and nothing else, and what is wrong with one that holds more."""

from pydantic import BaseModel, ConfigDict, ValidationError

from dkp_bench.errors import printable


class StrictModel(BaseModel):
    """The base of every schema of a file: an unknown key is an error, and what was read never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def first_mistake(error: ValidationError) -> str:
    """Return where the first mistake is and what it is, in one line that is fit for a terminal."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{printable('.'.join(map(str, first['loc']))) or 'the top level'}: {printable(first['msg'], 400)}"
