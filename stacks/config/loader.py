"""The one place that reads the stack's configuration."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime import config as runtime_config
from pydantic import ValidationError

from stacks.config import errors
from stacks.config.settings import Settings

NAMESPACE = "nuvla-swarm"
SECRETS = {
    "exoscale_api_key": "API key of Exoscale; EXOSCALE_API_KEY of the environment if unset",
    "exoscale_api_secret": "secret of the API key; EXOSCALE_API_SECRET of the environment if unset",
    "ssh_private_key": "private half of `machines.ssh.public_key`, in OpenSSH format, without passphrase",
    "smtp_password": "password of `monitoring.smtp.username`",
    "alert_webhook_url": "URL that Alertmanager sends alerts to",
}
OWN_KEY = "both halves of your own SSH key, or none to have one made"
API_KEY = ("exoscale_api_key", "exoscale_api_secret")
MAIL_LOGIN = "the name and the password of a login to the mail server, or neither to do without"
PLAIN_TEXT = {"kind", "domain"}  # the sections that are no objects


@dataclass(frozen=True)
class Secrets:
    """What must not be read in plain text anywhere."""

    exoscale_api_key: pulumi.Output[str] | None
    exoscale_api_secret: pulumi.Output[str] | None
    ssh_private_key: pulumi.Output[str] | None
    smtp_password: pulumi.Output[str] | None
    alert_webhook_url: pulumi.Output[str] | None


def refusal(what: str, lines: Sequence[str]) -> pulumi.RunError:
    """The error that says what is wrong, and of which settings: a line of each begins with its path."""
    return pulumi.RunError("\n".join([f"{what}:", *(f"  {NAMESPACE}:{line}" for line in lines)]))


def load() -> tuple[Settings, Secrets]:
    """Settings and secrets of the stack.

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
    return settings, Secrets(**{key: config.get_secret(key) for key in SECRETS})


def parse(texts: Mapping[str, str]) -> tuple[Settings | None, list[str]]:
    """Settings from the raw texts of a configuration, or else the mistakes in them."""
    document = {key: text if key in PLAIN_TEXT else _value(text) for key, text in texts.items()}
    try:
        return Settings.model_validate_json(json.dumps(document)), []
    except ValidationError as error:
        return None, errors.lines(error, Settings, SECRETS)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _configuration() -> Mapping[str, str]:
    """All keys: the SDK has no public call that lists them."""
    return runtime_config.CONFIG.get() or runtime_config.get_config_env()


def _misplaced_secrets(given: Mapping[str, str], settings: Settings | None) -> list[str]:
    found = [
        f"{key}: given in plain text; allowed: a secret, `pulumi config set --secret {NAMESPACE}:{key}`"
        for key in SECRETS
        if key in given and not pulumi.runtime.is_config_secret(f"{NAMESPACE}:{key}")
    ]
    if settings:
        smtp, machines = settings.monitoring.smtp, settings.machines
        pairs = [
            ("monitoring.smtp.username", smtp and smtp.username, "smtp_password", MAIL_LOGIN),
        ]
        if machines.provider != "existing":
            pairs.append(("machines.ssh.public_key", machines.ssh.public_key, "ssh_private_key", OWN_KEY))
        elif "ssh_private_key" not in given:
            found.append("ssh_private_key: not given; required: the key that opens the machines, in OpenSSH format")
        if machines.provider == "exoscale":
            found += _missing_api_key(given)
        for setting, value, secret, reason in pairs:
            if (value is None) != (secret not in given):
                found.append(f"{secret if value else setting}: not given; required: {reason}")
    return found


def _missing_api_key(given: Mapping[str, str]) -> list[str]:
    """The plugin reads the environment itself, and would say what it misses in words of its own."""
    missing = [key for key in API_KEY if key not in given and not os.environ.get(key.upper())]
    if not missing:
        return []
    variables = " and ".join(key.upper() for key in API_KEY)
    return [
        f"{', '.join(missing)}: not given; required: an API key of your Exoscale organization and its secret, "
        f"as secrets of the stack or as {variables} in the environment"
    ]
