"""Settings and secrets of a stack, read from its configuration; no other module reads it."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import config as runtime_config
from pydantic import ValidationError

from components import catalog
from components.engine.registries import PASSWORDS_KEY, password_mistakes
from components.errors import NAMESPACE, refusal
from components.machines.registry import MODELS, provider_of
from components.machines.settings import SSH_KEY
from stacks.config import cross_validation, errors
from stacks.config.settings import Settings

SECRETS = {
    **{key: text for model in MODELS.values() for key, text in model.secrets.items()},
    SSH_KEY: "private key of `machines.ssh.public_key`, in OpenSSH format, without passphrase",
    **catalog.secrets(),
}
MAIL_LOGIN_MESSAGE = "the name and the password of a login to the mail server, or neither to do without"
SCALAR_KEYS = {"kind", "domain"}  # keys whose value is text; all others are objects

Secrets = Mapping[str, pulumi.Output[str]]  # key -> value of each secret that is set


def load() -> tuple[Settings, Secrets]:
    """Return settings and secrets of the stack.

    Errors: `pulumi.RunError`, before any resource, with a line for each mistake.
    Source: every key of the namespace, so that the program refuses misspelt keys.
    """
    prefix = f"{NAMESPACE}:"
    texts = {key.removeprefix(prefix): value for key, value in _configuration().items() if key.startswith(prefix)}
    settings, mistakes = parse({key: text for key, text in texts.items() if key not in SECRETS})
    mistakes += _secret_mistakes(texts, settings)
    if settings is None or mistakes:
        raise refusal(f"the configuration of this stack has {len(mistakes)} mistake(s)", mistakes)
    config = pulumi.Config(NAMESPACE)
    secrets = {key: config.get_secret(key) for key in SECRETS}
    return settings, {key: secret for key, secret in secrets.items() if secret is not None}


def parse(texts: Mapping[str, str]) -> tuple[Settings | None, list[str]]:
    """Return the settings in the raw texts of a configuration, or None and the mistakes in them."""
    document = {key: text if key in SCALAR_KEYS else _value(text) for key, text in texts.items()}
    try:
        settings = Settings.model_validate_json(json.dumps(document))
    except ValidationError as error:
        return None, errors.lines(error, Settings, SECRETS)
    mistakes = cross_validation.mistakes(settings)
    return (None, mistakes) if mistakes else (settings, [])


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _configuration() -> Mapping[str, str]:
    """Return all keys and values; the SDK has no public call that lists them."""
    return runtime_config.CONFIG.get() or runtime_config.get_config_env()


def _secret_mistakes(texts: Mapping[str, str], settings: Settings | None) -> list[str]:
    """Return a line for each secret that is in plain text, or that the settings require and the configuration lacks."""
    lines = [
        f"{key}: given in plain text; allowed: a secret, `pulumi config set --secret {NAMESPACE}:{key}`"
        for key in SECRETS
        if key in texts and not pulumi.runtime.is_config_secret(f"{NAMESPACE}:{key}")
    ]
    if settings is None:
        return lines
    lines += provider_of(settings.machines).missing_secrets(settings.machines, texts.keys())
    lines += password_mistakes(settings.engine.registries, texts.get(PASSWORDS_KEY))
    smtp = settings.monitoring.smtp
    username = smtp and smtp.username
    if (username is None) != ("smtp_password" not in texts):
        missing = "smtp_password" if username else "monitoring.smtp.username"
        lines.append(f"{missing}: not given; required: {MAIL_LOGIN_MESSAGE}")
    return lines
