"""The salt that Pulumi writes into the file of a stack, `encryptionsalt`.

It belongs to the secrets in that file alone: the state has a salt of its own. Without it, a file that git tracks stays
as it is after a trial.
"""

import re
import shutil
from pathlib import Path

from tools.stack import settings_file

SALT = re.compile(r"^encryptionsalt:.*\n?", re.MULTILINE)
SALT_OR_KEY = re.compile(r"^(?:encryptionsalt|encryptedkey):.*\n?", re.MULTILINE)


def forget(path: Path) -> None:
    """Remove the salt from the file of a stack of local machines that has no encrypted settings."""
    if settings_file.read(path).is_local:
        _remove(SALT, path)


def forget_state(path: Path) -> None:
    """Remove salt and key of a state that was removed, unless a setting is encrypted with them."""
    _remove(SALT_OR_KEY, path)


def _remove(lines: re.Pattern[str], path: Path) -> None:
    place = path.resolve()  # a link stays one
    text = place.read_bytes().decode()  # as they are: also the ends of lines
    if settings_file.read(path).has_secrets or not lines.search(text):
        return
    new = place.with_name(f".{path.name}.new")  # which .gitignore has
    new.write_bytes(lines.sub("", text).encode())
    shutil.copymode(place, new)
    new.replace(place)
