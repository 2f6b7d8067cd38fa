"""The signature: one line that names each choice behind a score."""

from dkp_bench.records.schema import Identity


def signature(identity: Identity, protocol: str) -> str:
    """``key:value|key:value|…`` in the order of :class:`Identity`, the scoring protocol last but one."""
    fields = identity.model_dump()
    version = fields.pop("version")
    pairs = [f"{key}:{value}" for key, value in fields.items()]
    return "|".join([*pairs, f"protocol:{protocol}", f"version:{version}"])
