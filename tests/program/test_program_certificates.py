"""Certificates of Let's Encrypt in the whole program: with one manager, and with several."""

import json
from functools import cache

import pytest
from cryptography import x509

from tests.support.configs import target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import run_program
from tests.support.rows import rows
from tests.support.self_signed import self_signed

SHARING = {"traefik-copies", "traefik-issuer", "traefik-sharing"}


@cache
def engine(managers: int, *, acme: bool = True) -> FakePulumi:
    traefik = {"acme": {"email": "a@example.org"}} if acme else {}
    return run_program(target(managers=managers, domain="example.org", traefik=traefik)).engine


@cache
def own(managers: int, names: str, *, acme: bool = False) -> FakePulumi:
    """A target with a certificate of its operators for some names."""
    certificate, key = self_signed(*map(x509.DNSName, names.split()))
    traefik = {"certificate": certificate} | ({"acme": {"email": "a@example.org"}} if acme else {})
    document = target(managers=managers, domain="example.org", traefik=traefik)
    return run_program(document, secrets={"traefik_certificate_key": key}).engine


def before(made: FakePulumi, name: str) -> set[str]:
    """All that is there before a resource is made: what it, or a component that it is in, depends on."""
    found: set[str] = set()
    new = {name}
    while new:
        outer = {one for known in new for one in made.ancestors(known)}
        new = {one for known in outer for one in made.dependencies(known)} - found
        found |= new
    return found


def test_single_manager_has_no_certificate_sync() -> None:
    assert not SHARING & set(engine(1).options)
    assert "traefik-issued" in engine(1).finished


def test_no_acme_resources_without_acme_setting() -> None:
    assert not (SHARING | {"traefik-issued"}) & set(engine(3, acme=False).options)


def test_certificate_sync_starts_before_traefik_and_issuer_after() -> None:
    made = engine(3)
    assert made.finished >= SHARING
    assert "traefik-copies-converged" in before(made, "traefik-service")
    assert "traefik-converged" in before(made, "traefik-issuer-service")
    assert "traefik-data-folder" in before(made, "traefik-certificates-service")


@rows("managers, last", [(1, "traefik-converged"), (3, "traefik-issuer-converged")])
def test_certificate_report_runs_last(managers: int, last: str) -> None:
    made = engine(managers)
    assert last in before(made, "traefik-issued-look")
    assert made.parameters("traefik-issued-look")["NAMES"] == "example.org s3.example.org"


def test_self_signed_certificate_omits_names_with_acme_certificates() -> None:
    """Traefik asks for none that its default certificate has."""
    assert engine(1).inputs("traefik-certificate")["names"] == []
    assert engine(1, acme=False).inputs("traefik-certificate")["names"] == ["example.org", "s3.example.org"]


def test_certificate_sync_network_is_internal() -> None:
    made = engine(3)
    assert made.inputs("traefik-sharing-network")["internal"] is True
    assert made.inputs("traefik-sharing-network")["attachable"] is False


@rows("managers", [1, 3])
def test_own_certificate_is_there_before_traefik_and_no_self_signed_one(managers: int) -> None:
    made = own(managers, "example.org *.example.org")
    assert "traefik-own-certificate-converged" in before(made, "traefik-service")
    assert "traefik-certificate" not in made.options
    assert "traefik-secret-certificate-key" not in made.options


def test_acme_gets_certificates_for_names_that_the_own_one_lacks() -> None:
    made = own(1, "example.org", acme=True)
    assert made.parameters("traefik-issued-look")["NAMES"] == "s3.example.org"
    assert "traefik-issued" not in own(1, "example.org *.example.org", acme=True).options


def test_further_certificate_saves_those_of_the_names_in_it() -> None:
    domains = [{"main": "*.example.org", "sans": ["example.org"]}]
    acme = {"email": "a@example.org", "domains": domains, "dns_challenge": {"provider": "exoscale"}}
    login = json.dumps({"EXOSCALE_API_KEY": "EXO", "EXOSCALE_API_SECRET": "WORD"})
    document = target(managers=3, domain="example.org", traefik={"acme": acme})
    made = run_program(document, secrets={"traefik_dns_credentials": login}).engine
    assert made.parameters("traefik-issued-look")["NAMES"] == "*.example.org"
    secrets = {name for name in made.options if "secret-dns" in name}
    assert secrets == {
        "traefik-issuer-secret-dns-exoscale-api-key",
        "traefik-issuer-secret-dns-exoscale-api-secret",
    }


def test_own_certificate_without_the_name_of_s3_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    own.__wrapped__(1, "example.org")
    assert "traefik.certificate: is not for s3.example.org" in caplog.text
    caplog.clear()
    own.__wrapped__(1, "example.org *.example.org")
    assert "traefik.certificate" not in caplog.text
