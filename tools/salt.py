"""Command that takes the salt out of the file of a stack of local machines: `python -m tools.salt STACK`.

Pulumi writes a line `encryptionsalt` into the file of every stack. It belongs to the secrets in that file alone: the
state has a salt of its own. Without it, a file that git tracks stays as it is after a trial. A file with encrypted
settings, or of a stack whose machines are elsewhere, keeps it.
"""

import re
import sys
from pathlib import Path

from tools.provider import CHECKOUT, machines_of

SALT = re.compile(r"^encryptionsalt:.*\n?", re.MULTILINE)
ENCRYPTED = re.compile(r"\bsecure[\"']?\s*:")


def forget(stack: str, checkout: Path = CHECKOUT) -> None:
    """Remove the line of the salt, if nothing needs it."""
    path = checkout / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    if not path.exists() or machines_of(stack, checkout).get("provider") != "local":
        return
    text = path.read_text(encoding="utf-8")
    if ENCRYPTED.search(text) or not SALT.search(text):
        return
    new = path.with_name(f".{path.name}.new")  # which .gitignore has
    new.write_text(SALT.sub("", text), encoding="utf-8")
    new.replace(path)


if __name__ == "__main__":
    forget(sys.argv[1])
