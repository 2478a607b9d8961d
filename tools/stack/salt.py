"""The salt that Pulumi writes into the file of a stack, `encryptionsalt`.

It belongs to the secrets in that file alone: the state has a salt of its own. Without it, a file that git tracks stays
as it is after a trial.
"""

import re
import shutil
from pathlib import Path

from tools.stack import settings_file

SALT = re.compile(r"^encryptionsalt:.*\n?", re.MULTILINE)


def forget(path: Path) -> None:
    """Remove the salt from the file of a stack of local machines that has no encrypted settings."""
    file = settings_file.read(path)
    place = path.resolve()  # a link stays one
    text = place.read_bytes().decode()  # as they are: also the ends of lines
    if not file.is_local or file.has_secrets or not SALT.search(text):
        return
    new = place.with_name(f".{path.name}.new")  # which .gitignore has
    new.write_bytes(SALT.sub("", text).encode())
    shutil.copymode(place, new)
    new.replace(place)
