"""Lines of a recording without what belongs to one computer: folders, and passwords."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

DOTS = "•" * 12
SECRETS = ("password", "access_key", "secret_key")  # names of outputs that `make status` prints
MACHINE_PATH = re.compile(r"(?:(?<![\w.~/-])|(?<=file://))/(?:home|root|tmp|work|var|Users|private|mnt)/[^\s'\"]*")


def secrets(outputs: Mapping[str, Any]) -> set[str]:
    """Return the secrets among the outputs of a stack that `make status` prints."""
    logins = [*(outputs.get("logins") or {}).values(), outputs.get("s3") or {}]
    return {login[name] for login in logins for name in SECRETS if login.get(name)}


class Redaction:
    """Replaces folders by names that hold for everybody, and secrets by dots."""

    def __init__(self, clone: Path, home: Path, hidden: Iterable[str] = ()):
        folders = {str(clone): "~/nuvla-swarm", str(home): "~"}
        self._replaced = {**folders, **{text: DOTS for text in hidden if text}}

    def __call__(self, text: str) -> str:
        """Return the text for everybody.

        Errors: `ValueError` if it still has a folder of the computer.
        """
        for old in sorted(self._replaced, key=len, reverse=True):
            text = text.replace(old, self._replaced[old])
        if found := MACHINE_PATH.search(text):
            raise ValueError(f"the recording has a folder of this computer, {found[0]}: replace it in {__name__}")
        return text
