"""components/engine/certificates.py: the CA of Docker's API and the certificates that it signs."""

from typing import Any

import pulumi
import pytest

from components.engine.certificates import Certificates, CertificatesArgs
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, start, value

YEARS_10 = 3650 * 24
HOLDERS = ("manager-1", "program", "operator", "nuvla")


def certificates(**changed: Any) -> Certificates:
    given = {"generation": 1, "server_days": 730, "client_days": 365, "domain": None}
    servers: dict[str, list[pulumi.Input[str]]] = {"manager-1": ["192.0.2.1", "10.0.0.1"]}
    return build(lambda: Certificates("certs", CertificatesArgs(**{**given, "servers": servers, **changed})))


def test_preview_shows_lifetimes_generation_and_names_but_no_address(fake_pulumi: FakePulumi) -> None:
    certificates(domain="example.org")
    assert fake_pulumi.inputs("certs") == {
        "generation": 1,
        "server_days": 730,
        "client_days": 365,
        "domain": "example.org",
        "servers": ["manager-1"],
    }


def test_ca_key_is_used_only_to_sign(fake_pulumi: FakePulumi) -> None:
    certificates()
    assert fake_pulumi.inputs("certs-ca")["isCaCertificate"] is True
    assert fake_pulumi.inputs("certs-ca")["allowedUses"] == ["cert_signing", "crl_signing"]


def test_certificate_authenticates_either_a_server_or_a_client(fake_pulumi: FakePulumi) -> None:
    certificates()
    uses = {holder: fake_pulumi.inputs(f"certs-{holder}-cert")["allowedUses"] for holder in HOLDERS}
    assert uses == {
        holder: ["digital_signature", "server_auth" if holder == "manager-1" else "client_auth"] for holder in HOLDERS
    }


def test_ca_and_program_certificate_last_ten_years_without_renewal(fake_pulumi: FakePulumi) -> None:
    certificates()
    for name in ("certs-ca", "certs-program-cert"):
        assert fake_pulumi.inputs(name)["validityPeriodHours"] == YEARS_10
        assert "earlyRenewalHours" not in fake_pulumi.inputs(name)


def test_other_certificates_follow_the_settings_and_renew_in_their_last_month(
    fake_pulumi: FakePulumi,
) -> None:
    certificates(server_days=700, client_days=300)
    lifetimes = {
        holder: (cert["validityPeriodHours"], cert["earlyRenewalHours"])
        for holder in ("manager-1", "operator", "nuvla")
        for cert in [fake_pulumi.inputs(f"certs-{holder}-cert")]
    }
    assert lifetimes == {
        "manager-1": (700 * 24, 30 * 24),
        "operator": (300 * 24, 30 * 24),
        "nuvla": (300 * 24, 30 * 24),
    }


def test_certificate_of_the_longest_lifetime_is_renewed(fake_pulumi: FakePulumi) -> None:
    certificates(server_days=3650, client_days=3650)
    for holder in ("manager-1", "operator", "nuvla"):
        assert fake_pulumi.inputs(f"certs-{holder}-cert")["earlyRenewalHours"] == 30 * 24


def test_server_certificate_names_the_addresses(fake_pulumi: FakePulumi) -> None:
    certificates()
    assert fake_pulumi.inputs("certs-manager-1-request")["ipAddresses"] == ["192.0.2.1", "10.0.0.1"]
    assert "dnsNames" not in fake_pulumi.inputs("certs-manager-1-request")


def test_domain_is_in_server_certificates_and_not_in_client_certificates(fake_pulumi: FakePulumi) -> None:
    certificates(domain="example.org")
    assert fake_pulumi.inputs("certs-manager-1-request")["dnsNames"] == ["example.org"]
    for client in ("program", "operator", "nuvla"):
        assert not {"dnsNames", "ipAddresses"} & set(fake_pulumi.inputs(f"certs-{client}-request"))


def test_each_holder_has_its_own_name_and_key(fake_pulumi: FakePulumi) -> None:
    certificates()
    for holder in HOLDERS:
        assert fake_pulumi.inputs(f"certs-{holder}-request")["subject"] == {"commonName": holder}
        assert fake_pulumi.dependencies(f"certs-{holder}-request") == {f"certs-{holder}-key"}
        assert fake_pulumi.dependencies(f"certs-{holder}-cert") == {
            f"certs-{holder}-request",
            "certs-ca",
            "certs-ca-key",
        }


def test_new_generation_replaces_every_key() -> None:
    def triggers(generation: int) -> dict[str, str]:
        fake_pulumi = start()
        certificates(generation=generation, unnumbered_generation=generation)
        return {
            name: str(fake_pulumi.options[name].replacement_trigger)
            for name in fake_pulumi.types
            if name.endswith("-key")
        }

    one, other = triggers(1), triggers(2)
    assert set(one) == {f"certs-{holder}-key" for holder in ("ca", *HOLDERS)}
    assert all(one[name] != other[name] for name in one)


def test_other_settings_replace_no_key() -> None:
    def keys(**changed: Any) -> dict[str, Any]:
        fake_pulumi = start()
        certificates(**changed)
        names = [name for name in fake_pulumi.types if name.endswith("-key")]
        return {name: (fake_pulumi.given[name], str(fake_pulumi.options[name].replacement_trigger)) for name in names}

    assert keys() == keys(server_days=200, client_days=200, domain="example.org")


def test_each_manager_has_a_server_certificate(fake_pulumi: FakePulumi) -> None:
    made = certificates(servers={"manager-1": ["192.0.2.1"], "manager-2": ["192.0.2.2"]})
    assert set(made.servers) == {"manager-1", "manager-2"}
    assert fake_pulumi.inputs("certs-manager-2-request")["ipAddresses"] == ["192.0.2.2"]


def test_certificate_outputs_are_secret(fake_pulumi: FakePulumi) -> None:
    outputs = value(certificates().nuvla.outputs())
    assert outputs == {
        "ca": Secret("SELF-SIGNED-PEM:certs-ca"),
        "cert": Secret("SIGNED-PEM:certs-nuvla-cert"),
        "key": Secret("PRIVATE-KEY-PEM:certs-nuvla-key"),
    }


def test_certificates_are_children_of_the_component(fake_pulumi: FakePulumi) -> None:
    certificates()
    assert {name for name in fake_pulumi.options if name != "certs"} == fake_pulumi.children("certs")
    assert "certs" in fake_pulumi.finished


def test_client_generation_replaces_the_key_of_that_client_alone() -> None:
    for holder in ("operator", "nuvla", "program"):
        fake_pulumi = start()
        certificates(**{f"{holder}_generation": 2})
        triggers = {
            name: str(fake_pulumi.options[f"certs-{name}-key"].replacement_trigger) for name in ("ca", *HOLDERS)
        }
        usual = triggers.pop("ca")
        assert triggers.pop(holder) != usual
        assert set(triggers.values()) == {usual}
        assert fake_pulumi.inputs("certs")[f"{holder}_generation"] == 2


def test_server_generation_replaces_the_keys_of_servers_alone() -> None:
    fake_pulumi = start()
    certificates(server_generation=2, servers={"manager-1": ["192.0.2.1"], "manager-2": ["192.0.2.2"]})
    triggers = {name: str(made.replacement_trigger) for name, made in fake_pulumi.options.items() if "-key" in name}
    servers = {triggers.pop(f"certs-{name}-key") for name in ("manager-1", "manager-2")}
    assert len(servers) == len(set(triggers.values())) == 1
    assert servers != set(triggers.values())


def test_former_ca_signs_the_new_one_and_is_accepted_beside_it(fake_pulumi: FakePulumi) -> None:
    made = certificates(generation=2, former_generation=1)
    crossed = fake_pulumi.inputs("certs-ca-crossed-cert")
    assert (crossed["caPrivateKeyPem"], crossed["caCertPem"]) == (
        "PRIVATE-KEY-PEM:certs-ca-key",
        "SELF-SIGNED-PEM:certs-ca",
    )
    assert crossed["isCaCertificate"] is True
    assert fake_pulumi.inputs("certs-ca-crossed-request")["privateKeyPem"] == "PRIVATE-KEY-PEM:certs-ca2-key"
    names = {name: fake_pulumi.inputs(name)["subject"]["commonName"] for name in ("certs-ca", "certs-ca2")}
    assert (
        names["certs-ca"]
        != names["certs-ca2"]
        == fake_pulumi.inputs("certs-ca-crossed-request")["subject"]["commonName"]
    )
    server = made.servers["manager-1"]
    assert value(server.ca) == "SELF-SIGNED-PEM:certs-ca2SELF-SIGNED-PEM:certs-ca"
    assert value(server.cert) == "SIGNED-PEM:certs-manager-1-certSIGNED-PEM:certs-ca-crossed-cert"
    for client in (made.operator, made.nuvla):
        assert value(client.ca) == "SELF-SIGNED-PEM:certs-ca2"
    assert value(made.program.ca) == fake_pulumi.inputs("certs-program-cert")["caCertPem"] == "SELF-SIGNED-PEM:certs-ca"


def test_ends_list_the_last_day_of_each_certificate(fake_pulumi: FakePulumi) -> None:
    ends = certificates().ends
    assert {holder: value(end) for holder, end in ends.items()} == {"ca": "2036-11-26T06:00:00Z"} | dict.fromkeys(
        HOLDERS, "2027-11-29T06:00:00Z"
    )


@pytest.mark.parametrize("former", [None, "2026-12-20T06:00:00Z"])
def test_new_nuvla_certificate_is_announced_with_the_end_of_the_old_one(
    fake_pulumi: FakePulumi, former: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    made = certificates(former_nuvla_end=former)
    new = pulumi.ResourceHookArgs("urn", "id", "name", "type", new_outputs={"validityEndTime": "2027-11-29T06:00:00Z"})
    made._warn_of_renewal(new)
    assert [line.partition(":")[0] for line in told] == (
        ["Nuvla's certificate is a new one, until 2027-11-29"] if former else []
    )
    assert not former or "the old one ends on 2026-12-20" in told[0]
    assert fake_pulumi.options["certs-nuvla-cert"].hooks.after_create
    assert not fake_pulumi.options["certs-operator-cert"].hooks.after_create
