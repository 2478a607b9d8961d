"""components/traefik/certificate_report.py: what an update says of certificates."""

from dataclasses import replace
from typing import Any

from components.traefik.acme import PRODUCTION
from components.traefik.certificate_report import IssuedCertificates, IssuedCertificatesArgs
from tests.mocked import Engine, build
from tests.unit.parts import machine
from tests.unit.test_traefik_acme import ACME


def look(engine: Engine, **changed: Any) -> dict[str, str]:
    acme = replace(ACME, **changed)
    build(lambda: IssuedCertificates("i", IssuedCertificatesArgs(acme=acme, machine=machine("manager-1"))))
    return engine.parameters("i-look")


def test_it_looks_for_the_names_in_the_file_on_the_machine(engine: Engine) -> None:
    assert look(engine) == {
        "NAMES": "example.org s3.example.org",
        "SERVER": PRODUCTION,
        "STORAGE": "/data/traefik/acme.json",
        "SERVICE": "traefik",
    }


def test_it_asks_the_one_that_gets_them_why_it_has_not(engine: Engine) -> None:
    assert look(engine, shared=True)["SERVICE"] == "traefik-issuer"


def test_it_says_so_in_the_updates_output_and_shows_its_names(engine: Engine) -> None:
    look(engine)
    assert engine.inputs("i-look")["logging"] == "stderr"
    assert engine.triggers("i-look") == ["manager-1-disk"]
    assert engine.inputs("i") == {"names": ["example.org", "s3.example.org"]}
    assert engine.children("i") == {"i-look"}
    assert "i" in engine.finished
