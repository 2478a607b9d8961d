"""The secrets of Traefik: checks of a certificate's key, and the DNS provider's login by variables."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pulumi

from components.errors import STAND_IN, secret_command
from components.traefik import CERTIFICATE_KEY, DNS_CREDENTIALS
from components.traefik.own_certificate import SETTING, certificate_mistakes, key_mistakes
from stacks.config.settings import Settings

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
CHALLENGE = "traefik.acme.dns_challenge"
EXAMPLE = '{"EXOSCALE_API_KEY": "EXO...", "EXOSCALE_API_SECRET": "..."}'
SHARED_FILE = "AWS_SHARED_CREDENTIALS, the text of a credentials file"
UNREADABLE = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), SHARED_FILE)


def mistakes(texts: Mapping[str, str], settings: Settings) -> Iterator[str]:
    """Yield a line for each secret that does not fit the settings of Traefik; none repeats a secret.

    A secret that stands in for one that a preview may not see is accepted.
    """
    certificate, acme = settings.traefik.certificate, settings.traefik.acme
    key, credentials = texts.get(CERTIFICATE_KEY), texts.get(DNS_CREDENTIALS)
    if certificate is not None:
        yield from certificate_mistakes(certificate, settings.domain, datetime.now(UTC))
    if (certificate is None) != (key is None):
        missing = SETTING if certificate is None else CERTIFICATE_KEY
        yield f"{missing}: not given; required: both a certificate and its key, or neither for a self-signed one"
    elif certificate is not None and key is not None and key != STAND_IN:
        yield from key_mistakes(certificate, key)
    challenge = acme.dns_challenge if acme else None
    if (challenge is None) != (credentials is None):
        missing = CHALLENGE if challenge is None else DNS_CREDENTIALS
        what = f"both the DNS challenge and its provider's login as JSON, such as {EXAMPLE}, or neither"
        yield f"{missing}: not given; required: {what}"
    elif credentials is not None and credentials != STAND_IN:
        yield from _credential_mistakes(credentials)


def expanded(secrets: Mapping[str, pulumi.Output[str]], texts: Mapping[str, str]) -> dict[str, pulumi.Output[str]]:
    """Return each variable of the DNS provider's login as a secret, by `traefik_dns_credentials.<variable>`."""
    text = texts.get(DNS_CREDENTIALS)
    if text is None or text == STAND_IN:
        return {}

    def one(variable: str) -> pulumi.Output[str]:
        return pulumi.Output.secret(secrets[DNS_CREDENTIALS].apply(lambda login: str(json.loads(login)[variable])))

    return {f"{DNS_CREDENTIALS}.{variable}": one(variable) for variable in sorted(json.loads(text))}


def dns_credentials(secrets: Mapping[str, pulumi.Output[str]]) -> dict[str, pulumi.Output[str]]:
    """Return the DNS provider's login by variables of lego, from secrets that `expanded` is among."""
    prefix = f"{DNS_CREDENTIALS}."
    return {key.removeprefix(prefix): value for key, value in secrets.items() if key.startswith(prefix)}


def _credential_mistakes(text: str) -> Iterator[str]:
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not values:
        yield (
            f"{DNS_CREDENTIALS}: no object of variables given; allowed: JSON such as {EXAMPLE}, "
            f"`{secret_command(DNS_CREDENTIALS)} < login.json`"
        )
        return
    for name, value in values.items():
        at = f"{DNS_CREDENTIALS}.{name}"
        if not VARIABLE.fullmatch(name):
            yield f"{at}: {json.dumps(name)} given; allowed: a variable of lego, such as EXOSCALE_API_KEY"
        elif name.endswith("_FILE"):
            yield f"{at}: a path given; allowed: {name.removesuffix('_FILE')}, with the text of the file"
        elif name in UNREADABLE:
            yield f"{at}: given, which Traefik cannot read from a file; allowed: {UNREADABLE[name]}"
        elif not isinstance(value, str) or not value:
            yield f"{at}: no text given; allowed: text in quotes, which is not empty"
