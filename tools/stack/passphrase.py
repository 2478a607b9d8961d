"""Where the passphrase of a state comes from, which encrypts its secrets."""

from collections.abc import Mapping
from pathlib import Path

from tools.stack import backend_url
from tools.stack.settings_file import SettingsFile

PASSPHRASE, PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"
EXPORTED, GENERATED, KEY_SERVICE = "exported", "generated", "key service"  # sources of passphrases beside files
MISSING = "missing"  # none is exported, and the state is not in `.state`; this is never remembered


def own_file(environment: Mapping[str, str]) -> str | None:
    """Return the path of the user's own file with a passphrase."""
    path = environment.get(PASSPHRASE_FILE)
    return path if path and not path.endswith("/.state/passphrase") else None


def source(file: SettingsFile, url: str, environment: Mapping[str, str], checkout: Path) -> str:
    """Return EXPORTED, GENERATED, KEY_SERVICE, MISSING or the path of the user's file, for a state at a URL.

    The generated passphrase is in this checkout. So it is only for a state in this checkout: a state that is elsewhere
    outlives the checkout, and nobody could read its secrets then.
    """
    if file.secrets_provider or (backend_url.is_cloud(url) and "encryptionsalt" not in file.document):
        return KEY_SERVICE
    if environment.get(PASSPHRASE) is not None:
        return EXPORTED
    return own_file(environment) or (GENERATED if backend_url.same(url, backend_url.own(checkout)) else MISSING)
