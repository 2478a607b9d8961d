"""components/machines/exoscale/instance.py: one instance on Exoscale."""

import asyncio
from ipaddress import IPv4Network

import pulumi
import pytest
import yaml

from components.machines.cluster import Key, LoginKeys, Losses
from components.machines.exoscale.cluster import ExoscaleCluster
from tests.support.exoscale import LABELS, TEMPLATE, args, cluster, pool
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, value


def awaited_resources(output: pulumi.Output[str]) -> set[str]:
    """Return the logical names of the resources that an Output waits for."""

    async def found() -> set[pulumi.Resource]:
        return await output.resources()

    return {str(resource._name) for resource in asyncio.get_event_loop().run_until_complete(found())}


def test_instance_has_a_fixed_name_and_the_settings_of_its_pool(fake_pulumi: FakePulumi) -> None:
    """With a generated name the plugin would create the new instance first, while the volume is still attached."""
    cluster(pools={"big": pool(2, size="memory.huge", disk_gib=99, zone="at-vie-1")})
    given = fake_pulumi.inputs("big-2")
    assert given["name"] == "nuvla-swarm-test-big-2"
    assert (given["type"], given["diskSize"], given["zone"], given["templateId"]) == (
        "memory.huge",
        99,
        "at-vie-1",
        TEMPLATE,
    )
    assert given["labels"] == LABELS
    assert given["destroyProtected"] is False
    assert fake_pulumi.options["big-2"].deleteBeforeReplace


def test_unused_inputs_of_an_instance_are_left_out(fake_pulumi: FakePulumi) -> None:
    cluster()
    assert not {"networkInterfaces", "elasticIpIds", "blockStorageVolumeIds"} & set(fake_pulumi.inputs("manager-1"))
    kinds = set(fake_pulumi.types.values())
    assert not [
        kind for kind in ("elasticIp:ElasticIp", "privateNetwork:PrivateNetwork") if f"exoscale:index/{kind}" in kinds
    ]


def test_cloud_init_sets_hostname_and_host_key_and_no_user(fake_pulumi: FakePulumi) -> None:
    made = cluster()
    text = fake_pulumi.inputs("worker-1")["userData"]
    assert text.startswith("#cloud-config\n")
    document = yaml.safe_load(text)
    assert document["hostname"] == "worker-1"
    assert document["ssh_keys"] == {
        "ed25519_private": "PRIVATE-KEY-OPENSSH:worker-1-host-key",
        "ed25519_public": "ssh-ed25519 worker-1-host-key",
    }
    assert document["ssh_deletekeys"] is True
    assert document["disable_root"] is True
    assert not {"users", "runcmd", "packages"} & set(document)
    assert value(made.machines["worker-1"].host_key) == "ssh-ed25519 worker-1-host-key"


def test_cloud_init_keeps_a_private_key_of_several_lines(
    fake_pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl: #"{}\n-----END OPENSSH PRIVATE KEY-----\n'
    monkeypatch.setattr(
        ExoscaleCluster,
        "generate_key",
        lambda self, name: Key(private=pulumi.Output.secret(key), public=pulumi.Output.from_input("ssh-ed25519 A")),
    )
    cluster()
    document = yaml.safe_load(fake_pulumi.inputs("worker-1")["userData"])
    assert document["ssh_keys"]["ed25519_private"] == key


def test_cloud_init_is_secret_and_its_changes_are_ignored(fake_pulumi: FakePulumi) -> None:
    cluster()
    assert fake_pulumi.is_secret("worker-1", "userData")
    assert list(fake_pulumi.options["worker-1"].ignoreChanges) == ["userData"]


def test_lost_instance_keeps_all_but_its_protection(fake_pulumi: FakePulumi) -> None:
    """Exoscale would refuse to delete it when it is made anew, and no other update could end its protection."""
    cluster(losses=Losses(names=frozenset({"worker-1"})), destroy_protected=False)
    ignored = set(fake_pulumi.options["worker-1"].ignoreChanges)
    assert {"templateId", "type", "labels", "userData"} < ignored
    assert "destroyProtected" not in ignored


def test_changed_login_key_replaces_no_instance(fake_pulumi: FakePulumi) -> None:
    cluster()
    assert fake_pulumi.inputs("cluster-ssh-key") == {
        "name": "nuvla-swarm-test",
        "publicKey": "ssh-ed25519 cluster-login-key",
    }
    assert fake_pulumi.inputs("worker-1")["sshKeys"] == ["nuvla-swarm-test"]
    request = fake_pulumi.options["worker-1"]
    assert "cluster-ssh-key" in fake_pulumi.dependencies("worker-1")
    assert "sshKeys" not in request.propertyDependencies or not request.propertyDependencies["sshKeys"].urns


def test_given_key_opens_the_instances(fake_pulumi: FakePulumi) -> None:
    def make() -> ExoscaleCluster:
        own = Key(private=pulumi.Output.secret("OWN"), public=pulumi.Output.from_input("ssh-ed25519 OWN"))
        return ExoscaleCluster("cluster", args(keys=LoginKeys(own=own), public_key="ssh-ed25519 OWN"))

    made = build(make)
    assert fake_pulumi.inputs("cluster-ssh-key")["publicKey"] == "ssh-ed25519 OWN"
    assert value(made.machines["worker-1"].private_key) == Secret("OWN")
    assert fake_pulumi.inputs("cluster")["public_key"] == "ssh-ed25519 OWN"


def test_instance_is_reached_as_ubuntu_at_its_public_address(fake_pulumi: FakePulumi) -> None:
    made = cluster(pools={"big": pool(role="manager", labels={"disk": "ssd"}, availability="drain")}).machines["big-1"]
    assert (made.user, made.port, made.shares_kernel) == ("ubuntu", 22, False)
    assert value(made.public_address) == value(made.private_address) == "PUBLIC-ADDRESS:big-1"
    assert (made.role, made.labels, made.availability) == ("manager", {"disk": "ssd"}, "drain")
    assert fake_pulumi.inputs("big-1-ready")["create"] == "sudo -n bash -s --"


def test_machine_ids_wait_for_the_boot_and_change_with_the_instance(fake_pulumi: FakePulumi) -> None:
    made = cluster().machines["worker-1"]
    assert value(made.system_generation) == value(made.data_generation) == "worker-1-id"
    resources = awaited_resources(made.system_generation)
    assert {"worker-1", "worker-1-ready"} <= resources
    command = fake_pulumi.inputs("worker-1-ready")
    assert fake_pulumi.triggers("worker-1-ready") == ["worker-1-id"]
    assert command["connection"]["dialErrorLimit"] == -1
    assert fake_pulumi.options["worker-1-ready"].customTimeouts.create == "600s"


def test_instance_depends_on_no_other_instance(fake_pulumi: FakePulumi) -> None:
    """All instances are created and prepared side by side."""
    cluster()
    others = {"manager-1", "manager-1-ready", "worker-2", "worker-2-ready"}
    assert not others & fake_pulumi.dependencies("worker-1")
    assert not others & fake_pulumi.dependencies("worker-1-ready")
    assert {"worker-1", "cluster-security-tcp-22-192.0.2.0-24"} <= fake_pulumi.dependencies("worker-1-ready")


def test_private_network_leases_each_instance_its_address(fake_pulumi: FakePulumi) -> None:
    made = cluster(private_network=IPv4Network("10.90.0.0/16"))
    assert fake_pulumi.inputs("cluster-private") == {
        "zone": "ch-gva-2",
        "startIp": "10.90.0.2",
        "endIp": "10.90.0.62",
        "netmask": "255.255.0.0",
        "labels": LABELS,
    }
    network = {"networkId": "cluster-private-id", "ipAddress": "10.90.132.2"}
    assert fake_pulumi.inputs("worker-2")["networkInterfaces"] == [network]
    assert value(made.machines["worker-2"].private_address) == "10.90.132.2"
    assert value(made.machines["worker-2"].public_address) == "PUBLIC-ADDRESS:worker-2"
    assert fake_pulumi.parameters("worker-2-ready") == {"PRIVATE_ADDRESS": "10.90.132.2/16", "ELASTIC_IP": ""}
