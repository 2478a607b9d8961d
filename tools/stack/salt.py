"""The salt that Pulumi writes into the file of a stack, `encryptionsalt`.

It belongs to the secrets in that file alone: the state has a salt of its own. Without it, a file that git tracks stays
as it is after a trial.
"""

import re
from pathlib import Path

from tools.stack import settings_file

SALT = re.compile(r"^encryptionsalt:.*\n?", re.MULTILINE)


def forget(path: Path) -> None:
    """Remove the salt from the file of a stack of local machines that has no encrypted settings."""
    file = settings_file.read(path)
    text = path.read_text(encoding="utf-8")
    if not file.is_local or file.has_secrets or not SALT.search(text):
        return
    new = path.with_name(f".{path.name}.new")  # which .gitignore has
    new.write_text(SALT.sub("", text), encoding="utf-8")
    new.replace(path)
