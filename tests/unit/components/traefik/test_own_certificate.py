"""components/traefik/own_certificate.py: checks of a certificate that operators bring."""

from datetime import UTC, datetime, timedelta

import pulumi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from components.traefik.own_certificate import certificate_mistakes, key_mistakes, own_names, uncovered
from tests.support.rows import rows
from tests.support.self_signed import signed

NOW = datetime(2030, 6, 1, tzinfo=UTC)
VALID = (NOW - timedelta(days=1), NOW + timedelta(days=90))
NAME = x509.DNSName("swarm.example.org")
CA = signed(valid=VALID, subject="CA")
OTHER_CA = signed(valid=VALID, subject="other CA")
CERTIFICATE, KEY = signed(NAME, x509.DNSName("*.swarm.example.org"), valid=VALID, subject="swarm", signer=CA)
OTHER_KEY = signed(NAME, valid=VALID)[1]
ENDED, _ = signed(NAME, valid=(NOW - timedelta(days=91), NOW - timedelta(days=1)), subject="swarm")
EARLY, _ = signed(NAME, valid=(NOW + timedelta(days=1), NOW + timedelta(days=91)), subject="swarm")
NAMELESS, _ = signed(valid=VALID)
RENEW = (
    "a certificate that is valid today; set the renewed one and its key, or remove traefik.certificate and "
    "traefik_certificate_key to serve the self-signed one"
)
CHAIN = "the certificate in PEM, then each CA certificate that signed the one before it"


@rows("chain", [CERTIFICATE, CERTIFICATE + CA[0], f"subject=CN = swarm\r\n{CERTIFICATE.rstrip()}\n\n{CA[0]}".strip()])
def test_certificate_with_or_without_chain_is_accepted(chain: str) -> None:
    assert list(certificate_mistakes(chain, "swarm.example.org", NOW)) == []
    assert list(key_mistakes(chain, KEY)) == []


@rows("domain", [None, "a.swarm.example.org"])
def test_wildcard_and_missing_domain_are_accepted(domain: str | None) -> None:
    assert list(certificate_mistakes(CERTIFICATE, domain, NOW)) == []


@rows(
    "title, chain, domain, line",
    [
        ("ended", ENDED, None, f"CN=swarm given, valid from 2030-03-02 to 2030-05-31; allowed: {RENEW}"),
        ("early", EARLY, None, f"CN=swarm given, valid from 2030-06-02 to 2030-08-31; allowed: {RENEW}"),
        ("text", "AAAA", None, f"text that is no certificate given; allowed: {CHAIN}, -----BEGIN CERTIFICATE-----"),
        ("empty", "", None, f"text that is no certificate given; allowed: {CHAIN}, -----BEGIN CERTIFICATE-----"),
        (
            "chain",
            CERTIFICATE + OTHER_CA[0],
            None,
            f"CN=other CA given after CN=swarm, which it did not sign; allowed: {CHAIN}",
        ),
        (
            "name",
            CERTIFICATE,
            "a.b.swarm.example.org",
            "a certificate of swarm.example.org, *.swarm.example.org given; "
            "allowed: a certificate of a.b.swarm.example.org, the setting domain",
        ),
        ("no name", NAMELESS, None, "a certificate of no DNS name given; allowed: a certificate with DNS names"),
        (
            "key",
            CERTIFICATE + KEY,
            None,
            "a private key given; allowed: certificates alone; remove it from the stack's file, and set it "
            "by `pulumi config set --stack prod --secret nuvla-swarm:traefik_certificate_key < key.pem`",
        ),
    ],
)
def test_wrong_certificate_is_refused_by_one_line(
    monkeypatch: pytest.MonkeyPatch, title: str, chain: str, domain: str | None, line: str
) -> None:
    monkeypatch.setattr(pulumi, "get_stack", lambda: "prod")
    assert list(certificate_mistakes(chain, domain, NOW)) == [f"traefik.certificate: {line}"]


def with_passphrase(key: str) -> str:
    loaded = serialization.load_pem_private_key(key.encode(), password=None)
    encryption = serialization.BestAvailableEncryption(b"word")
    return loaded.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


@rows(
    "title, key, line",
    [
        ("other", OTHER_KEY, "the key of another certificate given; allowed: the key of the first one in "),
        ("CA's", CA[1], "the key of another certificate given; allowed: the key of the first one in "),
        ("text", "WORD", "text that is no key given; allowed: a key in PEM, -----BEGIN PRIVATE KEY-----"),
        ("certificate", CERTIFICATE, "text that is no key given; allowed: a key in PEM, -----BEGIN PRIVATE KEY-----"),
        (
            "passphrase",
            with_passphrase(KEY),
            "a key with a passphrase given; allowed: a key without one, as `openssl pkey -in key.pem` prints it",
        ),
    ],
)
def test_wrong_key_is_refused_and_not_repeated(title: str, key: str, line: str) -> None:
    (found,) = key_mistakes(CERTIFICATE + CA[0], key)
    assert found.startswith(f"traefik_certificate_key: {line}")
    assert "WORD" not in found


def test_names_are_those_of_the_first_certificate() -> None:
    assert own_names(CERTIFICATE + CA[0]) == ["swarm.example.org", "*.swarm.example.org"]
    assert own_names(None) == []


def test_uncovered_names_are_those_that_clients_refuse() -> None:
    assert uncovered(CERTIFICATE, ["swarm.example.org", "s3.swarm.example.org", "other.example.org"]) == [
        "other.example.org"
    ]
