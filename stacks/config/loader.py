"""Settings and secrets of a stack, read from its configuration; no other module reads it."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import config as runtime_config
from pydantic import ValidationError

from components import catalog
from components.engine.registries import PASSWORDS_KEY, password_mistakes
from components.errors import NAMESPACE, STAND_IN, count, refusal, secret_command
from components.machines.registry import MODELS, provider_of
from components.machines.settings import FORMER_SSH_KEY, SSH_KEY
from stacks.config import computer, cross_validation, errors, receivers_validation, traefik_secrets, warnings
from stacks.config.blame import without_blame
from stacks.config.settings import Settings

SECRETS = {
    **{key: text for model in MODELS.values() for key, text in model.secrets.items()},
    SSH_KEY: "private key of `machines.ssh.public_key`, in OpenSSH format, without passphrase",
    FORMER_SSH_KEY: "former private key, while machines learn the new `ssh_private_key`",
    **catalog.secrets(),
}
MAIL_LOGIN_MESSAGE = "the user name and the password of the mail server, or neither for a server without login"
MORE = " (there may be more after you correct these)"  # checks between sections run after those within
SCALAR_KEYS = {"kind", "domain"}  # keys whose value is text; all others are objects

Secrets = Mapping[str, pulumi.Output[str]]  # key -> value of each secret that is set, and of each part of one


def load() -> tuple[Settings, Secrets]:
    """Return settings and secrets of the stack.

    Errors: `pulumi.RunError`, before any resource, with a line for each mistake.
    Source: every key of the namespace, so that the program refuses misspelt keys.
    """
    prefix = f"{NAMESPACE}:"
    texts = {key.removeprefix(prefix): value for key, value in _configuration().items() if key.startswith(prefix)}
    own = _document({key: text for key, text in texts.items() if key not in SECRETS})
    settings, mistakes = _on_this_computer(own)
    more = MORE if settings is None else ""
    if settings is not None:
        mistakes += cross_validation.mistakes(settings)
    previewed = _secrets_of_a_preview(texts, settings)
    mistakes += _secret_mistakes(texts, settings, previewed)
    if settings is None or mistakes:
        raise refusal(f"the configuration of this stack has {count(len(mistakes), 'mistake')}{more}", mistakes)
    warnings.log(settings, texts.keys() & SECRETS.keys())
    config = pulumi.Config(NAMESPACE)
    secrets = {key: secret for key in SECRETS if (secret := config.get_secret(key)) is not None}
    return settings, secrets | traefik_secrets.expanded(secrets, texts) | dict(previewed)


def parse(texts: Mapping[str, str]) -> tuple[Settings | None, list[str]]:
    """Return the settings in the raw texts of a configuration, or None and the mistakes in them."""
    settings, mistakes = within_sections(texts)
    if settings is not None:
        mistakes = cross_validation.mistakes(settings)
    return (None, mistakes) if mistakes else (settings, [])


def within_sections(texts: Mapping[str, str]) -> tuple[Settings | None, list[str]]:
    """Return the settings before the checks between sections, or None and the mistakes within sections."""
    own = _document(texts)
    return _validate(own, own)


def _document(texts: Mapping[str, str]) -> dict[str, Any]:
    return {key: text if key in SCALAR_KEYS else _value(text) for key, text in texts.items()}


def _on_this_computer(own: Mapping[str, Any]) -> tuple[Settings | None, list[str]]:
    """Return the settings of a stack, on local machines completed by those of this computer, or the mistakes."""
    if not computer.is_local(own):
        return _validate(own, own)
    found, lines = computer.read(computer.FILE)
    if found is None and not lines and not computer.has_image(own) and not pulumi.runtime.is_dry_run():
        lines = [f"machines.image: not given, and {computer.PLACE} is missing; {computer.WRITE}"]
    settings, mistakes = _validate(computer.under(own, found or {}), own)
    if found and mistakes and not _validate(own, own)[1]:
        lines = [f"machines: a setting of {computer.PLACE} is wrong; {computer.WRITE} again"]
    return settings, [*lines, *mistakes]


def _validate(document: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[Settings | None, list[str]]:
    """Return the settings in a document, or None and the mistakes in it; `own` has what the user gave."""
    try:
        return Settings.model_validate_json(json.dumps(document)), []
    except ValidationError as error:
        return None, without_blame(errors.lines(error, Settings, SECRETS), own)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _configuration() -> Mapping[str, str]:
    """Return all keys and values; the SDK has no public call that lists them."""
    return runtime_config.CONFIG.get() or runtime_config.get_config_env()


def _secrets_of_a_preview(texts: Mapping[str, str], settings: Settings | None) -> Secrets:
    """Return stand-ins for secrets that only an update needs, so that a new stack can be previewed without them."""
    if settings is None or not pulumi.runtime.is_dry_run():
        return {}
    missing = [key for key in settings.machines.required_secrets if key not in texts]
    for key in missing:
        pulumi.log.warn(
            f"{NAMESPACE}:{key}: not given. The preview does not need it, but `make up` does: {secret_command(key)}"
        )
    return {key: pulumi.Output.secret(STAND_IN) for key in missing}


def _secret_mistakes(texts: Mapping[str, str], settings: Settings | None, previewed: Secrets) -> list[str]:
    """Return a line for each secret that is in plain text, or that the settings require and the configuration lacks."""
    lines = [
        f"{key}: given in plain text; allowed: a secret, `{secret_command(key)}`"
        for key in SECRETS
        if key in texts and not pulumi.runtime.is_config_secret(f"{NAMESPACE}:{key}")
    ]
    if settings is None:
        return lines
    lines += provider_of(settings.machines).missing_secrets(settings.machines, {*texts, *previewed})
    lines += password_mistakes(settings.engine.registries, texts.get(PASSWORDS_KEY))
    smtp = settings.monitoring.smtp
    username = smtp and smtp.username
    if (username is None) != ("smtp_password" not in texts):
        missing = "smtp_password" if username else "monitoring.smtp.username"
        lines.append(f"{missing}: not given; required: {MAIL_LOGIN_MESSAGE}")
    given = texts.keys() | previewed.keys()
    return [*lines, *traefik_secrets.mistakes(texts, settings), *receivers_validation.mistakes(settings, given)]
