"""components/engine/operators.py: a CA and a client certificate for each named operator."""

import pulumi
import pytest

from components.engine.operators import Operators, OperatorsArgs
from components.generations import Generations
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, start, value

NAMES = ("bob", "alice")


def operators(
    *names: str,
    generation: int = 1,
    former: int | None = None,
    unnumbered: int = 0,
    days: int = 365,
    **former_ends: str,
) -> Operators:
    ca = pulumi.Output.from_input("SERVER-CA")
    return build(
        lambda: Operators(
            "ops",
            OperatorsArgs(
                names=names,
                generations=Generations(current=generation, former=former, unnumbered=unnumbered or generation),
                days=days,
                server_ca=ca,
                former_ends=former_ends,
            ),
        )
    )


def test_preview_shows_names_generation_and_lifetime(fake_pulumi: FakePulumi) -> None:
    operators(*NAMES, generation=2, days=100)
    assert fake_pulumi.types["ops"] == "nuvla:engine:Operators"
    assert fake_pulumi.inputs("ops") == {"names": ["alice", "bob"], "generation": 2, "days": 100}
    assert "ops" in fake_pulumi.finished


def test_each_operator_has_a_ca_that_signs_one_client_certificate(fake_pulumi: FakePulumi) -> None:
    made = operators(*NAMES)
    assert {name: value(ca) for name, ca in made.cas.items()} == {
        name: f"SELF-SIGNED-PEM:ops-{name}-ca" for name in ("alice", "bob")
    }
    for name in NAMES:
        certificate = fake_pulumi.inputs(f"ops-{name}-cert")
        assert certificate["allowedUses"] == ["digital_signature", "client_auth"]
        assert certificate["caPrivateKeyPem"] == f"PRIVATE-KEY-PEM:ops-{name}-signer"
        assert certificate["caCertPem"] == f"SELF-SIGNED-PEM:ops-{name}-ca"
        assert fake_pulumi.inputs(f"ops-{name}-ca")["isCaCertificate"] is True


def test_former_ca_of_an_operator_is_accepted_and_signs_nothing(fake_pulumi: FakePulumi) -> None:
    made = operators("alice", generation=2, former=1, unnumbered=1)
    assert value(made.cas["alice"]) == "SELF-SIGNED-PEM:ops-alice-ca2SELF-SIGNED-PEM:ops-alice-ca"
    assert fake_pulumi.inputs("ops-alice-cert")["caCertPem"] == "SELF-SIGNED-PEM:ops-alice-ca2"
    assert fake_pulumi.inputs("ops")["former_generation"] == 1
    names = [fake_pulumi.inputs(name)["subject"]["commonName"] for name in ("ops-alice-ca", "ops-alice-ca2")]
    assert names == ["nuvla-swarm CA of alice", "nuvla-swarm CA of alice2"]


def test_cas_have_different_names(fake_pulumi: FakePulumi) -> None:
    """A client picks its certificate by the names of the CAs that the engine accepts."""
    operators(*NAMES)
    assert {fake_pulumi.inputs(f"ops-{name}-ca")["subject"]["commonName"] for name in NAMES} == {
        "nuvla-swarm CA of alice",
        "nuvla-swarm CA of bob",
    }


def test_operator_gets_the_ca_of_the_servers_and_a_secret_key() -> None:
    start()
    certificate = operators("alice").certificates["alice"]
    assert (value(certificate.ca), value(certificate.cert)) == ("SERVER-CA", "SIGNED-PEM:ops-alice-cert")
    assert value(certificate.key) == Secret("PRIVATE-KEY-PEM:ops-alice-key")


def test_ca_outlives_its_certificate_so_that_a_renewal_restarts_no_engine(fake_pulumi: FakePulumi) -> None:
    operators("alice", days=300)
    ca, certificate = fake_pulumi.inputs("ops-alice-ca"), fake_pulumi.inputs("ops-alice-cert")
    assert (ca["validityPeriodHours"], "earlyRenewalHours" in ca) == (3650 * 24, False)
    assert (certificate["validityPeriodHours"], certificate["earlyRenewalHours"]) == (300 * 24, 30 * 24)


def test_new_generation_renews_all_keys(fake_pulumi: FakePulumi) -> None:
    operators("alice", generation=3)
    keys = [name for name, kind in fake_pulumi.types.items() if kind.endswith(":PrivateKey")]
    assert sorted(keys) == ["ops-alice-key", "ops-alice-signer"]
    assert {str(fake_pulumi.options[name].replacement_trigger) for name in keys} == {
        str(fake_pulumi.options["ops-alice-key"].replacement_trigger)
    }
    assert "3" in str(fake_pulumi.options["ops-alice-key"].replacement_trigger)


def test_names_that_contain_each_other_make_different_resources() -> None:
    names = ("a", "a-ca", "a-key", "a-signer", "a-cert", "a-request")
    made = start()
    operators(*names)
    assert len(made.types) == 1 + 5 * len(names)


def test_operator_changes_no_resource_of_another() -> None:
    one, both = start(), None
    operators("alice")
    both = start()
    operators(*NAMES)
    assert {name: both.given[name] for name in one.given if name != "ops"} == {
        name: given for name, given in one.given.items() if name != "ops"
    }


def test_renewed_certificate_is_announced_with_its_owner_and_the_end_of_the_old_one(
    fake_pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    made = operators("alice", "new-one", alice="2026-12-20T06:00:00Z")
    for name in ("alice", "new-one"):
        created = {"validityEndTime": "2027-11-29T06:00:00Z"}
        made._warn_of_renewal(pulumi.ResourceHookArgs("urn", "id", f"ops-{name}-cert", "type", new_outputs=created))
        assert fake_pulumi.options[f"ops-{name}-cert"].hooks.after_create
    assert told == [
        "the certificate of alice is a new one, until 2027-11-29: hand it over (pulumi stack output docker "
        "--show-secrets, docker.operators.alice); the old one ends on 2026-12-20, or has ended with its CA"
    ]
