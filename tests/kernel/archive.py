"""An archive of files for a guest, which is a disk of the guest."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path


def write_archive(path: Path, files: Mapping[str, str]) -> None:
    """Write a tar archive with files that only root may read below `root` and `etc/ssh`, by their names from /."""
    with tarfile.open(path, "w") as archive:
        for name, text in files.items():
            content = text.encode()
            private = name.startswith(("root/", "etc/ssh/"))
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o600 if private else 0o644
            archive.addfile(entry, io.BytesIO(content))
