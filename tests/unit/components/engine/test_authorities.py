"""components/engine/authorities.py: CAs, and certificates of CAs for each other."""

from components.engine.authorities import Authority, authority, cross_signed, joined, operator_authority
from components.generations import Generations
from tests.support.builders import another
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, value

BOTH = Generations(current=3, former=1)


def authorities() -> list[Authority]:
    def make() -> list[Authority]:
        parent = another()
        return [authority("ca", BOTH, generation, parent) for generation in BOTH.valid]

    return build(make)


def test_cas_of_two_generations_differ_in_names_and_keys(fake_pulumi: FakePulumi) -> None:
    new, former = authorities()
    assert (new.name, former.name) == ("nuvla-swarm CA3", "nuvla-swarm CA")
    assert value(new.cert) == "SELF-SIGNED-PEM:ca3"
    assert fake_pulumi.inputs("ca3")["privateKeyPem"] == "PRIVATE-KEY-PEM:ca3-key"
    assert fake_pulumi.inputs("ca")["privateKeyPem"] == "PRIVATE-KEY-PEM:ca-key"


def test_operators_cas_have_names_that_no_other_operator_can_have(fake_pulumi: FakePulumi) -> None:
    def make() -> None:
        parent = another()
        for operator in ("alice", "alice-3"):
            for generation in BOTH.valid:
                operator_authority(f"ops-{operator}", operator, BOTH, generation, parent)

    build(make)
    subjects = [
        given["subject"]["commonName"] for given in map(fake_pulumi.inputs, fake_pulumi.given) if "subject" in given
    ]
    assert len(set(subjects)) == 4


def test_crossed_certificate_is_that_of_the_new_ca_by_the_former_one(fake_pulumi: FakePulumi) -> None:
    def make() -> None:
        parent = another()
        new, former = (authority("ca", BOTH, generation, parent) for generation in BOTH.valid)
        cross_signed("crossed", new, former, parent)

    build(make)
    assert fake_pulumi.inputs("crossed-request")["subject"] == {"commonName": "nuvla-swarm CA3"}
    assert fake_pulumi.inputs("crossed-request")["privateKeyPem"] == "PRIVATE-KEY-PEM:ca3-key"
    assert fake_pulumi.inputs("crossed-cert")["caCertPem"] == "SELF-SIGNED-PEM:ca"


def test_single_certificate_is_joined_to_itself(fake_pulumi: FakePulumi) -> None:
    new, former = authorities()
    assert value(joined([new.cert])) == "SELF-SIGNED-PEM:ca3"
    assert value(joined([new.cert, former.cert])) == "SELF-SIGNED-PEM:ca3SELF-SIGNED-PEM:ca"
