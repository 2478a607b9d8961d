"""The one place that reads the stack's configuration."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import config as runtime_config
from pydantic import ValidationError

from components import catalog
from components.errors import NAMESPACE, refusal
from components.machines.registry import MODELS, provider_of
from components.machines.settings import SSH_KEY
from stacks.config import cross_validation, errors
from stacks.config.settings import Settings

SECRETS = {
    **{key: text for model in MODELS.values() for key, text in model.secrets.items()},
    SSH_KEY: "private half of `machines.ssh.public_key`, in OpenSSH format, without passphrase",
    **catalog.secrets(),
}
MAIL_LOGIN = "the name and the password of a login to the mail server, or neither to do without"
SCALAR_KEYS = {"kind", "domain"}  # the sections that are no objects

Secrets = Mapping[str, pulumi.Output[str]]  # those that are given, by key


def load() -> tuple[Settings, Secrets]:
    """Return settings and secrets of the stack.

    Errors: `pulumi.RunError`, before any resource, with one line per mistake.
    Source: every key of the namespace, so that a misspelt one is refused.
    """
    prefix = f"{NAMESPACE}:"
    given = {key.removeprefix(prefix): value for key, value in _configuration().items() if key.startswith(prefix)}
    settings, found = parse({key: value for key, value in given.items() if key not in SECRETS})
    found += _misplaced_secrets(given, settings)
    if settings is None or found:
        raise refusal(f"the configuration of this stack has {len(found)} mistake(s)", found)
    config = pulumi.Config(NAMESPACE)
    secrets = {key: config.get_secret(key) for key in SECRETS}
    return settings, {key: secret for key, secret in secrets.items() if secret is not None}


def parse(texts: Mapping[str, str]) -> tuple[Settings | None, list[str]]:
    """Return the settings of the raw texts of a configuration, or else the mistakes in them."""
    document = {key: text if key in SCALAR_KEYS else _value(text) for key, text in texts.items()}
    try:
        settings = Settings.model_validate_json(json.dumps(document))
    except ValidationError as error:
        return None, errors.lines(error, Settings, SECRETS)
    found = cross_validation.mistakes(settings)
    return (None, found) if found else (settings, [])


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _configuration() -> Mapping[str, str]:
    """Return all keys: the SDK has no public call that lists them."""
    return runtime_config.CONFIG.get() or runtime_config.get_config_env()


def _misplaced_secrets(given: Mapping[str, str], settings: Settings | None) -> list[str]:
    found = [
        f"{key}: given in plain text; allowed: a secret, `pulumi config set --secret {NAMESPACE}:{key}`"
        for key in SECRETS
        if key in given and not pulumi.runtime.is_config_secret(f"{NAMESPACE}:{key}")
    ]
    if settings is None:
        return found
    found += provider_of(settings.machines).missing_secrets(settings.machines, given.keys())
    smtp = settings.monitoring.smtp
    username = smtp and smtp.username
    if (username is None) != ("smtp_password" not in given):
        missing = "smtp_password" if username else "monitoring.smtp.username"
        found.append(f"{missing}: not given; required: {MAIL_LOGIN}")
    return found
