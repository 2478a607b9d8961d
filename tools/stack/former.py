"""The former backend of a stack: a first try without PULUMI_BACKEND_URL leaves an empty stack in `.state`."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.pulumi_cli import MISSING, attempt
from tools.stack import backend as backends
from tools.stack import backend_url, salt
from tools.stack.backend import Backend
from tools.stack.settings_file import SettingsFile


@dataclass(frozen=True)
class Former:
    """A backend that no longer matters, since it has no resources of the stack."""

    backend: Backend
    lock: str | None  # salt or key of its empty stack; None if the stack is gone

    def forget(self, file: SettingsFile) -> None:
        """Remove the memory of the backend, and the salt or key from the file if it is that of the empty stack.

        Those of any other state stay: they are the sign that a state of the stack exists somewhere.
        """
        backends.forget(file.name)
        if self.lock and self.lock in (file.document.get("encryptionsalt"), file.document.get("encryptedkey")):
            salt.forget_state(file.path)


def find(file: SettingsFile) -> Former | None:
    """Return the remembered backend if another one is exported and the remembered one has no resources.

    None if this is not certain: if it does not answer, or if settings are encrypted for it.
    """
    exported, remembered = backends.exported_url(os.environ), backends.recall(file.name)
    if remembered is None or not exported or backend_url.same(exported, remembered.url):
        return None
    if remembered.has_credentials or file.has_secrets:
        return None
    shown = attempt("stack", "export", "--stack", remembered.stack, env={backends.URL: remembered.url})
    if shown.returncode != 0:
        return Former(remembered, None) if MISSING.search(shown.stderr) else None
    deployment: Mapping[str, Any] = json.loads(shown.stdout).get("deployment") or {}
    if deployment.get("resources") or deployment.get("pending_operations"):
        return None
    state = (deployment.get("secrets_providers") or {}).get("state") or {}
    return Former(remembered, state.get("salt") or state.get("encryptedkey"))
