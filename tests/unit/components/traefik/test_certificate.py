"""components/traefik/certificate.py: the self-signed certificate that Traefik serves without a public one."""

from typing import Any

from components.traefik.certificate import SelfSignedCertificate, SelfSignedCertificateArgs
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, value


def certificate(**changed: Any) -> SelfSignedCertificate:
    given = {"addresses": ["192.0.2.1", "192.0.2.2"], "names": [], "days": 100}
    return build(lambda: SelfSignedCertificate("cert", SelfSignedCertificateArgs(**{**given, **changed})))


def test_certificate_names_the_addresses_of_the_managers(fake_pulumi: FakePulumi) -> None:
    certificate()
    assert fake_pulumi.inputs("cert-cert")["ipAddresses"] == ["192.0.2.1", "192.0.2.2"]
    assert fake_pulumi.inputs("cert-cert")["subject"] == {"commonName": "nuvla-swarm"}
    assert "dnsNames" not in fake_pulumi.inputs("cert-cert")


def test_certificate_names_all_names_with_the_first_as_subject(fake_pulumi: FakePulumi) -> None:
    certificate(names=["example.org", "s3.example.org"])
    assert fake_pulumi.inputs("cert-cert")["dnsNames"] == ["example.org", "s3.example.org"]
    assert fake_pulumi.inputs("cert-cert")["subject"] == {"commonName": "example.org"}
    assert fake_pulumi.inputs("cert") == {"names": ["example.org", "s3.example.org"], "days": 100}


def test_certificate_lifetime_follows_the_setting_and_renews_in_the_last_month(fake_pulumi: FakePulumi) -> None:
    certificate()
    inputs = fake_pulumi.inputs("cert-cert")
    assert inputs["allowedUses"] == ["digital_signature", "server_auth"]
    assert (inputs["validityPeriodHours"], inputs["earlyRenewalHours"]) == (2400, 720)


def test_certificate_key_is_secret(fake_pulumi: FakePulumi) -> None:
    made = certificate()
    assert value(made.key) == Secret("PRIVATE-KEY-PEM:cert-key")
    assert value(made.cert) == "SELF-SIGNED-PEM:cert-cert"
    assert fake_pulumi.children("cert") == {"cert-key", "cert-cert"}
    assert "cert" in fake_pulumi.finished
