"""Instances of the stand-in of ``exoscale`` are machines: boot, groups, disks, addresses, and the end of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.offline.clouds import ZONE, Cloud, cloud, docker
from tests.offline.commands import refusal
from tests.offline.instances import Instance
from tests.offline.plugin import Made

pytestmark = [pytest.mark.slow, pytest.mark.engine, pytest.mark.timeout(1200)]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAMlgzS0fP9emsFgQUvNOLe3/trP9780hOL3+dERBajN of a test"
USER_DATA = """\
#cloud-config
hostname: given
users:
  - default
  - {name: worker, groups: [adm], shell: /bin/bash}
write_files:
  - {path: /etc/standin/first, content: "init\\n", permissions: "0600"}
  - {path: /etc/standin/first, content: "more\\n", append: true, permissions: "0600"}
  - {path: /etc/standin/second, encoding: b64, content: Zmlyc3Q=}
runcmd:
  - [sh, -c, 'echo "$0" >>/etc/standin/ran', "a b"]
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(Path(tmp_path_factory.mktemp("machines")), "10.130.48.0/20") as found:
        yield found


@pytest.fixture(scope="module")
def group(whole: Cloud) -> Made:
    made = whole.make("group", name="machines")
    whole.make("rule", securityGroupId=made.id, type="INGRESS", startPort=22, endPort=22, cidr="10.130.48.0/24")
    return made


@pytest.fixture(scope="module")
def one(whole: Cloud, group: Made) -> Instance:
    whole.make("key", name="login", publicKey=KEY)
    found = Instance(whole, securityGroupIds=[group.id], sshKeys=["login"], userData=USER_DATA)
    found.wait("cloud-init", "status", "--wait")
    return found


def test_user_data_runs_once(one: Instance) -> None:
    assert one.on("hostname") == "given"
    assert one.on("cat", "/etc/standin/first", "/etc/standin/second") == "init\nmore\nfirst"
    assert one.on("stat", "-c", "%a %U", "/etc/standin/first") == "600 root"
    assert one.on("id", "-nG", "worker") == "worker adm"
    assert one.on("sudo", "-u", "ubuntu", "sudo", "-n", "id", "-un") == "root"
    assert one.on("cat", "/home/ubuntu/.ssh/authorized_keys") == KEY
    assert one.on("sh", "-c", "cat /root/.ssh/authorized_keys 2>/dev/null || true") == ""
    docker("restart", one.container)
    one.wait("systemctl", "is-active", "ssh")
    one.wait("systemctl", "is-active", "multi-user.target")
    assert one.on("cat", "/etc/standin/ran") == "a b"


def test_security_group_is_enforced_after_a_restart(one: Instance) -> None:
    docker("restart", one.container)
    one.wait("systemctl", "is-active", "ssh")
    assert one.answers(22)
    assert not one.answers(23)


def test_rule_and_member_changes_apply_to_running_instances(whole: Cloud, one: Instance, group: Made) -> None:
    row = {"securityGroupId": group.id, "type": "INGRESS", "protocol": "TCP", "startPort": 9000, "endPort": 9001}
    rule = whole.rule.create(row | {"cidr": "0.0.0.0/0"})
    assert one.answers(9001)
    whole.rule.delete(rule)
    assert not one.answers(9001)
    two = Instance(whole, name="two", securityGroupIds=[group.id])
    own = whole.rule.create(row | {"userSecurityGroupId": group.id})
    table = one.on("nft", "list", "table", "inet", "exoscale_standin")
    assert f"ip saddr {{ {', '.join(sorted([one.address, two.address]))} }} tcp dport 9000-9001 accept" in table
    assert not one.answers(9000)
    assert f"security group {group.id} is in use by instance" in refusal(whole.group.delete, group)
    two.change(securityGroupIds=[])
    assert two.address not in one.on("nft", "list", "table", "inet", "exoscale_standin")
    assert not two.answers(22)
    whole.rule.delete(own)


def test_elastic_ip_reaches_only_attached_instances(whole: Cloud, one: Instance) -> None:
    elastic = whole.make("elastic", zone=ZONE)
    address = elastic.outputs["ipAddress"]
    one.on("ip", "address", "add", f"{address}/32", "dev", "lo")
    assert not one.answers(22, address)
    assert one.change(elasticIpIds=[elastic.id]).outputs["elasticIpIds"] == [elastic.id]
    assert one.answers(22, address)
    assert f"elastic IP {elastic.id} is attached to one" in refusal(whole.elastic.delete, elastic)
    one.change(elasticIpIds=[])
    assert not one.answers(22, address)


def test_private_network_is_not_filtered_by_groups(whole: Cloud, one: Instance) -> None:
    given = {"startIp": "10.130.65.10", "endIp": "10.130.65.20", "netmask": "255.255.255.0"}
    network = whole.make("network", zone=ZONE, name="private", **given)
    one.change(networkInterfaces=[{"networkId": network.id}])
    two = Instance(
        whole,
        name="two",
        securityGroupIds=one.given["securityGroupIds"],
        networkInterfaces=[{"networkId": network.id, "ipAddress": "10.130.65.77"}],
    )
    nics = one.made.outputs["networkInterfaces"] + two.made.outputs["networkInterfaces"]
    assert [nic["ipAddress"] for nic in nics] == ["10.130.65.10", "10.130.65.77"]
    assert "10.130.65." not in one.on("ip", "-4", "address")  # the guest's to bring up
    for machine, nic in zip((one, two), nics, strict=True):
        machine.on("ip", "address", "add", f"{nic['ipAddress']}/24", "dev", machine.second_interface())
        machine.on("ip", "link", "set", machine.second_interface(), "up")
    assert "1 received" in one.on("ping", "-c1", "-W5", "10.130.65.77")
    assert f"private network {network.id} is in use" in refusal(whole.network.delete, network)
    assert whole.instance.read(two.made).inputs == two.made.inputs
    one.change(networkInterfaces=[])


def test_unmanaged_network_assigns_no_address(whole: Cloud, one: Instance) -> None:
    network = whole.make("network", zone=ZONE, name="unmanaged")
    one.change(networkInterfaces=[{"networkId": network.id}])
    for _ in range(2):
        assert "198.19." not in one.on("ip", "-4", "address")
        assert "state DOWN" in one.on("ip", "link", "show", one.second_interface())
        docker("restart", one.container)
        one.wait("systemctl", "is-active", "ssh")
    one.change(networkInterfaces=[])


def test_type_change_restarts_the_instance_and_label_change_does_not(one: Instance) -> None:
    started = docker("inspect", "--format={{.State.StartedAt}}", one.container)
    assert one.change(labels={"a": "b"}).outputs["labels"] == {"a": "b"}
    assert docker("inspect", "--format={{.State.StartedAt}}", one.container) == started
    assert one.change(type="standard.large", diskSize=20).outputs["type"] == "standard.large"
    assert docker("inspect", "--format={{.State.StartedAt}}", one.container) != started
    refused = refusal(one.cloud.instance.update, one.made, one.given | {"diskSize": 10})
    assert "* unable to scale down the disk size, use size > 20\n" in refused


def test_protected_instance_is_not_deleted(whole: Cloud, one: Instance) -> None:
    one.change(destroyProtected=True)
    refused = refusal(whole.instance.delete, one.made)
    assert "DeleteInstance: http response: Forbidden: Operation delete-instance on resource" in refused
    assert "manual instance protection is enabled" in refused
    one.change(destroyProtected=False)


def test_missing_instance_is_dropped_by_refresh_and_not_deletable(whole: Cloud) -> None:
    """As rDelete of instance/resource.go: a refresh drops it."""
    lost = Instance(whole, name="lost", securityGroupIds=[])
    docker("rm", "--force", lost.container)
    assert whole.instance.read(lost.made) == Made("", {}, {})
    assert "DeleteInstance: http response: Not Found" in refusal(whole.instance.delete, lost.made)
