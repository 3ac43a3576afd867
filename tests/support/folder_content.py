"""What lies in a folder, to compare two."""


def bytes_of(folder):
    """The bytes of every file, at any depth, by its path inside the folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
