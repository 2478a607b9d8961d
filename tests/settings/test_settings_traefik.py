"""Settings of Traefik that need each other, or a secret: refused by a line that says what is right."""

import json
from typing import Any

import pytest
from cryptography import x509

from components.errors import STAND_IN
from components.traefik.own_certificate import SETTING
from stacks.config import traefik_secrets
from tests.settings.loading import load, mistakes, refusals
from tests.support.configs import target
from tests.support.pulumi_run import Secret, run_program, value
from tests.support.rows import rows
from tests.support.self_signed import self_signed

CERTIFICATE, KEY = self_signed(x509.DNSName("example.org"))
_, OTHER_KEY = self_signed(x509.DNSName("example.org"))
OWN = target(domain="example.org", traefik={"certificate": CERTIFICATE})
PAIR = "not given; required: both a certificate and its key, or neither for a self-signed one"
LOGIN = {"EXOSCALE_API_KEY": "EXO", "EXOSCALE_API_SECRET": "WORD"}
EXAMPLE = '{"EXOSCALE_API_KEY": "EXO...", "EXOSCALE_API_SECRET": "..."}'


def acme(**changed: Any) -> dict[str, Any]:
    """Return a target with an ACME account."""
    return target(domain="example.org", traefik={"acme": {"email": "a@example.org"} | changed})


DNS = acme(dns_challenge={"provider": "exoscale"})


def test_own_certificate_and_its_key_need_each_other() -> None:
    assert mistakes(OWN) == [f"traefik_certificate_key: {PAIR}"]
    assert mistakes(target(), {"traefik_certificate_key": KEY}) == [f"traefik.certificate: {PAIR}"]
    assert load(OWN, {"traefik_certificate_key": KEY}).traefik.certificate == CERTIFICATE


def test_key_of_another_certificate_is_refused_and_not_repeated() -> None:
    (line,) = mistakes(OWN, {"traefik_certificate_key": OTHER_KEY})
    assert line.startswith(
        "traefik_certificate_key: the key of another certificate given; allowed: the key of the first"
    )
    assert OTHER_KEY.splitlines()[1] not in line


def test_certificate_of_another_domain_is_refused() -> None:
    document = OWN | {"domain": "example.net"}
    assert mistakes(document, {"traefik_certificate_key": KEY}) == [
        f"{SETTING}: a certificate of example.org given; allowed: a certificate of example.net, the setting domain"
    ]


def test_preview_without_secrets_accepts_their_stand_ins() -> None:
    assert load(OWN, {"traefik_certificate_key": STAND_IN})
    assert load(DNS, {"traefik_dns_credentials": STAND_IN})


def test_dns_challenge_and_its_login_need_each_other() -> None:
    both = (
        f"not given; required: both the DNS challenge and its provider's login as JSON, such as {EXAMPLE}, or neither"
    )
    assert mistakes(DNS) == [f"traefik_dns_credentials: {both}"]
    for document in (target(), acme()):
        assert mistakes(document, {"traefik_dns_credentials": json.dumps(LOGIN)}) == [
            f"traefik.acme.dns_challenge: {both}"
        ]
    assert load(DNS, {"traefik_dns_credentials": json.dumps(LOGIN)})


@rows(
    "login, line",
    [
        ("WORD", ": no object of variables given; allowed: JSON such as "),
        ("{}", ": no object of variables given; allowed: JSON such as "),
        ('["WORD"]', ": no object of variables given; allowed: JSON such as "),
        ('{"key": "WORD"}', '.key: "key" given; allowed: a variable of lego, such as EXOSCALE_API_KEY'),
        ('{"KEY": 1}', ".KEY: no text given; allowed: text in quotes, which is not empty"),
        ('{"KEY": ""}', ".KEY: no text given; allowed: text in quotes, which is not empty"),
        ('{"KEY_FILE": "/WORD"}', ".KEY_FILE: a path given; allowed: KEY, with the text of the file"),
        (
            '{"AWS_ACCESS_KEY_ID": "WORD"}',
            ".AWS_ACCESS_KEY_ID: given, which Traefik cannot read from a file; "
            "allowed: AWS_SHARED_CREDENTIALS, the text of a credentials file",
        ),
    ],
)
def test_wrong_login_is_refused_and_not_repeated(login: str, line: str) -> None:
    (found,) = mistakes(DNS, {"traefik_dns_credentials": login})
    assert found.startswith(f"traefik_dns_credentials{line}")
    assert "WORD" not in found


def test_login_is_handed_over_by_variables() -> None:
    engine = run_program(DNS, secrets={"traefik_dns_credentials": json.dumps(LOGIN)}).engine
    given = engine.inputs("traefik-secret-dns-exoscale-api-secret")["data"]
    assert "V09SRA==" in str(given)
    assert traefik_secrets.dns_credentials({"traefik_dns_credentials": value(Secret("x"))}) == {}


@rows("domains", [[{"main": "*.example.org"}], [{"main": "example.org", "sans": ["*.example.org"]}]])
def test_wildcard_needs_the_dns_challenge(domains: list[dict[str, Any]]) -> None:
    assert refusals(acme(domains=domains)) == [
        'traefik.acme.domains[0]: "*.example.org" given; allowed: names without *, '
        "or wildcards together with traefik.acme.dns_challenge"
    ]
    assert refusals(acme(domains=domains, dns_challenge={"provider": "exoscale"})) == []


@rows(
    "traefik, line",
    [
        (
            {"access_log_format": "json"},
            "traefik.access_log: false (the default); required: true, as traefik.access_log_format is json",
        ),
        (
            {"certificate": CERTIFICATE, "self_signed_days": 90},
            "traefik.self_signed_days: 90 given; allowed: only without traefik.certificate, "
            "which replaces the self-signed certificate",
        ),
        (
            {"hsts_max_age_s": 300},
            "traefik.hsts_max_age_s: 300 given; allowed: only with traefik.certificate or traefik.acme, "
            "as browsers then refuse a self-signed certificate without exception",
        ),
        (
            {"trusted_proxies": ["10.0.0.0/8", "0.0.0.0/0"]},
            "traefik.trusted_proxies[1]: 0.0.0.0/0 given, so any client could claim an operator's address; "
            "allowed: the networks of the load balancers, such as 192.0.2.0/24",
        ),
    ],
)
def test_setting_without_effect_or_safety_is_refused(traefik: dict[str, Any], line: str) -> None:
    assert refusals(target(traefik=traefik)) == [line]


@pytest.mark.parametrize("name", ["traefik_certificate_key", "traefik_dns_credentials"])
def test_secrets_of_traefik_are_refused_in_plain_text(name: str) -> None:
    lines = mistakes(target(), plain={name: '{"KEY": "WORD"}'})
    assert any(line.startswith(f"{name}: given in plain text; allowed: a secret") for line in lines)
    assert "WORD" not in str(lines)
