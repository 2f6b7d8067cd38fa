"""The signature: one line that names each choice behind a score."""

from dkp_bench.records.schema import Identity


def signature(identity: Identity, protocol: str) -> str:
    """``key:value|key:value|…`` in the order of :class:`Identity`, the scoring protocol last but one."""
    fields = identity.model_dump()
    version = fields.pop("version")
    pairs = [f"{key}:{value}" for key, value in fields.items()]
    return "|".join([*pairs, f"protocol:{protocol}", f"version:{version}"])


def differing_fields(one: Identity, other: Identity) -> list[str]:
    """Names of the choices in which two runs differ."""
    return [name for name in Identity.model_fields if getattr(one, name) != getattr(other, name)]
