"""Names of images in files from the internet, which must not lead out of a dataset's folder."""

from pathlib import PurePosixPath


def name_problem(name: object) -> str:
    """What is wrong with the name of an image relative to a folder; nothing if it is as a listing would have it."""
    if not isinstance(name, str):
        return f"the name is of the type {type(name).__name__}, not text"
    if not name.strip():
        return "the name is empty"
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in name.replace("\\", "/").split("/"):
        return f"the name {name!a} leads out of the folder"
    if "\\" in name:
        return f"the name {name[:100]!a} has backslashes; write / in their place"
    if not name.isprintable() or str(path) != name or len(name) > 255:
        return f"{name[:100]!a} is no name of a file"
    return ""
