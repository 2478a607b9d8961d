"""Keys, groups, rules, elastic IPs and private networks of the stand-in of ``exoscale``; none needs a machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.offline import clouds, plugin
from tests.offline.clouds import ZONE, Cloud, cloud
from tests.offline.commands import refusal
from tests.offline.plugin import UNKNOWN, Made
from tests.support.rows import rows

pytestmark = pytest.mark.engine  # whose leftovers each cloud looks for

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAMlgzS0fP9emsFgQUvNOLe3/trP9780hOL3+dERBajN of a test"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(Path(tmp_path_factory.mktemp("groups")), "10.130.16.0/20") as found:
        yield found


@pytest.fixture
def own(whole: Cloud) -> Iterator[Cloud]:
    """Empty again after each test."""
    yield whole
    whole.remove_all()
    assert whole.leftovers() == []


def row(group: Made, **changes: Any) -> dict[str, Any]:
    whole = {"securityGroupId": group.id, "type": "INGRESS", "protocol": "TCP", "startPort": 22, "endPort": 22}
    return {name: value for name, value in (whole | {"cidr": "192.0.2.0/24"} | changes).items() if value is not None}


@rows("kind", ["key", "group", "apart", "volume", "network", "instance"])
def test_missing_name_derives_from_the_logical_name(own: Cloud, kind: str) -> None:
    given: dict[str, Any] = {"key": {"publicKey": KEY}, "volume": {"zone": ZONE}, "network": {"zone": ZONE}}.get(
        kind, {}
    )
    if kind == "instance":
        given = {"zone": ZONE, "templateId": "t", "type": "standard.small", "diskSize": 10}
    resource = getattr(own, kind)
    checked = resource.check(given)
    name, _, drawn = checked["name"].rpartition("-")
    assert (name, len(drawn), int(drawn, 16) >= 0) == ("it", 7, True)
    assert resource.check(given, checked)["name"] == checked["name"]  # an update keeps it
    assert resource.check(given | {"name": "mine"}, checked)["name"] == "mine"


@rows("name, first", [(None, False), ("mine", True)])
def test_named_resource_is_deleted_before_its_replacement(own: Cloud, name: str | None, first: bool) -> None:
    given = {"description": "one"} | ({"name": name} if name else {})
    made = own.make("group", **given)
    answer = own.group.difference(made, given | {"description": "two"})
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["description"], first)


def test_ssh_key_id_is_its_name(own: Cloud) -> None:
    made = own.make("key", name="login", publicKey=KEY)
    assert made.id == "login"
    assert made.outputs["fingerprint"].count(":") == 15
    assert own.key.diff(made, {"name": "login", "publicKey": KEY}) == {}
    assert own.key.diff(made, {"name": "login", "publicKey": KEY + "2"}) == {"publicKey": "UPDATE_REPLACE"}
    assert "an SSH key named 'login' exists already" in refusal(own.key.create, {"name": "login", "publicKey": KEY})
    assert "is no public key" in refusal(own.key.create, {"name": "x", "publicKey": "no key"})


def test_security_group_names_are_lower_case_and_unique(own: Cloud) -> None:
    assert own.make("group", name="Mixed").outputs["name"] == "mixed"
    assert "security group named 'mixed' exists already" in refusal(own.group.create, {"name": "mixed"})


def test_security_group_used_by_a_rule_of_another_is_not_deleted(own: Cloud) -> None:
    group, other = own.make("group", name="a"), own.make("group", name="b")
    rule = own.make("rule", **row(group, cidr=None, userSecurityGroupId=other.id))
    assert rule.outputs["userSecurityGroup"] == "b"
    assert f"security group {other.id} is in use" in refusal(own.group.delete, other)


def test_every_rule_change_replaces_create_first(own: Cloud) -> None:
    made = own.make("rule", **row(group := own.make("group", name="a")))
    answer = own.rule.difference(made, row(group, endPort=23, protocol="UDP"))
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["endPort", "protocol"], False)
    assert own.rule.diff(made, row(group)) == {}


def test_rule_without_both_ports_always_has_a_diff(own: Cloud) -> None:
    group = own.make("group", name="a")
    made = own.make("rule", **(half := row(group, endPort=None, startPort=None)))
    assert own.rule.diff(made, half) == {"startPort": "UPDATE_REPLACE", "endPort": "UPDATE_REPLACE"}


@rows("protocol", ["ESP", "AH", "GRE", "IPIP", "ICMP", "ALL"])
def test_rule_of_a_portless_protocol_has_no_diff(own: Cloud, protocol: str) -> None:
    group = own.make("group", name=protocol)
    made = own.make("rule", **(given := row(group, protocol=protocol, endPort=None, startPort=None)))
    assert own.rule.diff(made, given) == {}
    assert own.rule.read(made) == made


def test_cidr_with_host_bits_is_rejected_by_the_api(own: Cloud) -> None:
    group = own.make("group", name="a")
    assert "invalid CIDR '192.0.2.7/24'" in refusal(own.rule.create, row(group, cidr="192.0.2.7/24"))
    assert own.rule.preview(row(group, cidr="192.0.2.7/24"))["cidr"] == "192.0.2.7/24"


@rows(
    "changes, path",
    [
        ({"protocol": "SCTP"}, "protocol"),
        ({"type": "INWARDS"}, "type"),
        ({"type": "EGRESS"}, "type"),
        ({"cidr": None}, "cidr"),
        ({"userSecurityGroupId": "x"}, "cidr"),
        ({"securityGroupId": None}, "securityGroupId"),
        ({"endPort": 21}, "startPort"),
        ({"endPort": 65536}, "startPort"),
        ({"icmpType": 8}, "startPort"),
        ({"publicSecurityGroup": "x"}, "publicSecurityGroup"),
    ],
)
def test_invalid_rules_are_rejected(own: Cloud, changes: dict[str, Any], path: str) -> None:
    assert path in own.rule.failures(row(Made("a", {}, {}), **changes))


def test_rule_preview_accepts_an_unknown_group(own: Cloud) -> None:
    outputs = own.rule.preview(row(Made(UNKNOWN, {}, {})))
    assert (outputs["securityGroupId"], outputs["securityGroup"]) == (UNKNOWN, UNKNOWN)


def test_elastic_ip_is_from_the_upper_quarter_of_its_zone(own: Cloud) -> None:
    first, second = own.make("elastic", zone=ZONE), own.make("elastic", zone="de-fra-1")
    assert (first.outputs["ipAddress"], first.outputs["cidr"]) == ("10.130.16.191", "10.130.16.191/32")
    assert second.outputs["ipAddress"] == "10.130.20.191"
    assert own.elastic.update(first, {"zone": ZONE, "description": "entry"}).outputs["description"] == "entry"
    assert own.elastic.diff(first, {"zone": "de-fra-1"}) == {"zone": "UPDATE_REPLACE"}
    assert "lookup api-xx-yyy-1.exoscale.com" in refusal(own.elastic.create, {"zone": "xx-yyy-1"})


def test_private_network_is_managed_only_with_addresses(own: Cloud) -> None:
    managed = {
        "zone": ZONE,
        "name": "m",
        "startIp": "10.130.128.1",
        "endIp": "10.130.128.254",
        "netmask": "255.255.255.0",
    }
    made, plain = own.make("network", **managed), own.make("network", zone=ZONE, name="p")
    assert own.network.read(made).outputs == made.outputs
    assert own.network.diff(made, managed | {"zone": "de-fra-1"}) == {"zone": "UPDATE_REPLACE"}
    assert own.network.update(plain, {"zone": ZONE, "name": "q"}).outputs["name"] == "q"
    assert "startIp" not in plain.outputs


@rows(
    "changes, path",
    [
        ({"netmask": None}, "netmask"),
        ({"endIp": "10.130.129.1"}, "endIp"),
        ({"endIp": "10.130.128.5"}, "endIp"),
        ({"startIp": "10.130.128.300"}, "startIp"),
    ],
)
def test_private_network_addresses_must_fit(own: Cloud, changes: dict[str, Any], path: str) -> None:
    given = {"zone": ZONE, "startIp": "10.130.128.10", "endIp": "10.130.128.99", "netmask": "255.255.255.0"} | changes
    assert list(own.network.failures({k: v for k, v in given.items() if v is not None})) == [path]


def test_refresh_drops_missing_resources(own: Cloud) -> None:
    made = own.apart.create({"name": "apart"})
    own.apart.delete(made)
    assert own.apart.read(made) == Made("", {}, {})


def test_two_processes_share_one_cloud(own: Cloud) -> None:
    own.make("group", name="shared")
    with plugin.running(plugin.standin("exoscale"), clouds.environment(own.folder, "10.130.16.0/20")) as other:
        again = other.of(clouds.TOKENS["group"])
        assert "exists already" in refusal(again.create, {"name": "shared"})
