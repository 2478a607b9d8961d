"""components/traefik/certificate_report.py: what an update says of certificates."""

from dataclasses import replace
from typing import Any

from components.traefik.acme import PRODUCTION
from components.traefik.certificate_report import IssuedCertificates, IssuedCertificatesArgs
from tests.support.builders import machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build
from tests.unit.components.traefik.test_acme import ACME


def look(fake_pulumi: FakePulumi, **changed: Any) -> dict[str, str]:
    acme = replace(ACME, **changed)
    build(lambda: IssuedCertificates("i", IssuedCertificatesArgs(acme=acme, machine=machine("manager-1"))))
    return fake_pulumi.parameters("i-look")


def test_it_looks_for_the_names_in_the_file_on_the_machine(fake_pulumi: FakePulumi) -> None:
    assert look(fake_pulumi) == {
        "NAMES": "example.org s3.example.org",
        "SERVER": PRODUCTION,
        "STORAGE": "/data/traefik/acme.json",
        "SERVICE": "traefik",
    }


def test_it_asks_the_one_that_gets_them_why_it_has_not(fake_pulumi: FakePulumi) -> None:
    assert look(fake_pulumi, shared=True)["SERVICE"] == "traefik-issuer"


def test_it_says_so_in_the_updates_output_and_shows_its_names(fake_pulumi: FakePulumi) -> None:
    look(fake_pulumi)
    assert fake_pulumi.inputs("i-look")["logging"] == "stderr"
    assert fake_pulumi.triggers("i-look") == ["manager-1-disk"]
    assert fake_pulumi.inputs("i") == {"names": ["example.org", "s3.example.org"]}
    assert fake_pulumi.children("i") == {"i-look"}
    assert "i" in fake_pulumi.finished
