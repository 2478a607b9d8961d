"""components/traefik/certificate_report.py: the report of an update on the certificates of ACME."""

from dataclasses import replace
from typing import Any

from components.traefik.acme import PRODUCTION
from components.traefik.certificate_report import IssuedCertificates, IssuedCertificatesArgs
from tests.support.builders import machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build
from tests.support.traefik import ACME


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
