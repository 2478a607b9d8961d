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
from tools.stack.passphrase import GENERATED
from tools.stack.settings_file import CHECKOUT, SettingsFile


@dataclass(frozen=True)
class Former:
    """A backend that no longer matters, since it has no resources of the stack."""

    backend: Backend
    made_file: bool  # whether the salt or key in the stack's file is that of the empty stack

    def forget(self, file: SettingsFile, *, found: bool) -> None:
        """Remove the memory of the backend, and its salt or key from the file, unless the stack is `found` elsewhere.

        Those of any other state stay: they are the sign that a state of the stack exists somewhere.
        """
        backends.forget(file.name)
        if self.made_file and not found:
            salt.forget_state(file.path)


def find(file: SettingsFile) -> Former | None:
    """Return the remembered backend if another one is exported and the remembered one has no resources.

    Without a memory, it is the backend of this checkout, if the salt in the file is that of the stack there: plain
    `pulumi stack init` remembers nothing. None if this is not certain: if the backend does not answer, or if settings
    are encrypted for it.
    """
    exported, remembered = backends.exported_url(os.environ), backends.recall(file.name)
    former = remembered or Backend(file.name, backend_url.own(CHECKOUT), GENERATED)
    if not exported or backend_url.same(exported, former.url) or (remembered is None and not file.has_state):
        return None
    if former.has_credentials or file.has_secrets:
        return None
    shown = attempt("stack", "export", "--stack", former.stack, env={backends.URL: former.url})
    if shown.returncode != 0:
        return Former(former, made_file=False) if remembered and MISSING.search(shown.stderr) else None
    deployment: Mapping[str, Any] = json.loads(shown.stdout).get("deployment") or {}
    if deployment.get("resources") or deployment.get("pending_operations"):
        return None
    state = (deployment.get("secrets_providers") or {}).get("state") or {}
    lock = state.get("salt") or state.get("encryptedkey")
    made_file = bool(lock) and lock in (file.document.get("encryptionsalt"), file.document.get("encryptedkey"))
    return Former(former, made_file) if remembered or made_file else None
