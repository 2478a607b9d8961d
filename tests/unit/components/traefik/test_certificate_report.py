"""components/traefik/certificate_report.py: the report of an update on the certificates of ACME."""

from dataclasses import replace
from typing import Any

import pulumi

from components.traefik.acme import PRODUCTION
from components.traefik.certificate_report import IssuedCertificates, IssuedCertificatesArgs
from tests.support.builders import machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build
from tests.support.traefik import ACME

DNS = {"provider": "exoscale", "resolvers": [], "check": "authoritative", "delay_s": 30}


def report(fake_pulumi: FakePulumi, **changed: Any) -> dict[str, str]:
    acme = replace(ACME, **changed)
    build(lambda: IssuedCertificates("i", IssuedCertificatesArgs(acme=acme, machine=machine("manager-1"))))
    return fake_pulumi.parameters("i-look")


def test_report_looks_for_names_in_the_acme_storage(fake_pulumi: FakePulumi) -> None:
    assert report(fake_pulumi) == {
        "NAMES": "example.org s3.example.org",
        "SERVER": PRODUCTION,
        "STORAGE": "/data/traefik/acme.json",
        "SERVICE": "traefik",
        "PROVIDER": "",
        "PATIENCE_S": "60",
    }


def test_report_reads_errors_from_the_issuer(fake_pulumi: FakePulumi) -> None:
    assert report(fake_pulumi, shared=True)["SERVICE"] == "traefik-issuer"


def test_report_is_logged_in_the_update_and_shows_its_names(fake_pulumi: FakePulumi) -> None:
    report(fake_pulumi)
    assert fake_pulumi.inputs("i-look")["logging"] == "stderr"
    assert fake_pulumi.triggers("i-look") == ["manager-1-disk"]
    assert fake_pulumi.inputs("i") == {"names": ["example.org", "s3.example.org"]}
    assert fake_pulumi.children("i") == {"i-look"}
    assert "i" in fake_pulumi.finished


def test_report_of_the_dns_challenge_waits_longer_and_names_the_provider(fake_pulumi: FakePulumi) -> None:
    made = report(fake_pulumi, names=[], domains=[{"main": "*.example.org", "sans": []}], dns_challenge=DNS)
    assert {key: made[key] for key in ("NAMES", "PROVIDER", "PATIENCE_S")} == {
        "NAMES": "*.example.org",
        "PROVIDER": "exoscale",
        "PATIENCE_S": "210",
    }


def test_another_login_reports_again(fake_pulumi: FakePulumi) -> None:
    acme, login = replace(ACME, dns_challenge=DNS), [pulumi.Output.secret("WORD")]
    args = IssuedCertificatesArgs(acme=acme, machine=machine("manager-1"), credentials=login)
    build(lambda: IssuedCertificates("i", args))
    assert fake_pulumi.triggers("i-look") == ["manager-1-disk", "WORD"]
