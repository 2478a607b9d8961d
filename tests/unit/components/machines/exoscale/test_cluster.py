"""components/machines/exoscale/cluster.py: instances on Exoscale as machines, and what they share."""

import asyncio
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pytest
import yaml

from components.firewall.rules import Row, Source
from components.machines.cluster import Key
from components.machines.exoscale.cluster import ExoscaleCluster, ExoscaleClusterArgs
from components.machines.exoscale.instance import InstancePool
from components.machines.volume import VolumeArgs
from tests.support.builders import owner
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, start, value

TEMPLATE = "5f4d2c1e-7a10-4b6e-9c58-2f0e24046a01"
LABELS = {"io.nuvla.swarm.stack": "nuvla-swarm/test", "io.nuvla.swarm.id": "0123abcd"}
SSH = Row(service="ssh", first=22, last=22, sources=(Source.MANAGEMENT,))
SOURCES = {source: [IPv4Network("192.0.2.0/24")] for source in Source}
INSTANCE, COMMAND = "exoscale:index/computeInstance:ComputeInstance", "command:remote:Command"
APART = "exoscale:index/antiAffinityGroup:AntiAffinityGroup"
VOLUME = "5b0c3f6a-1111-4222-8333-944444444444"


def pool(count: int = 1, role: Any = "worker", **changed: Any) -> InstancePool:
    given = {"role": role, "count": count, "labels": {}, "size": "standard.large", "disk_gib": 50, "zone": "ch-gva-2"}
    return InstancePool(**(given | {"template_id": TEMPLATE, "template_name": "Ubuntu"} | changed))


def args(**changed: Any) -> ExoscaleClusterArgs:
    given: dict[str, Any] = {
        "owner": owner(),
        "pools": {"manager": pool(role="manager"), "worker": pool(2)},
        "rows": [SSH],
        "sources": SOURCES,
        "private_network": None,
        "elastic_ip": None,
        "destroy_protected": False,
        "protect": False,
        "volumes": {},
        "keep": False,
    }
    return ExoscaleClusterArgs(**(given | changed))


def cluster(**changed: Any) -> ExoscaleCluster:
    return build(lambda: ExoscaleCluster("cluster", args(**changed)))


def names(fake_pulumi: FakePulumi, kind: str) -> set[str]:
    return {name for name, found in fake_pulumi.types.items() if found == kind}


def awaited_resources(output: pulumi.Output[str]) -> set[str]:
    """Logical names of what an Output waits for."""

    async def found() -> set[pulumi.Resource]:
        return await output.resources()

    return {str(resource._name) for resource in asyncio.get_event_loop().run_until_complete(found())}


def test_machines_are_named_by_pool_and_ordinal(fake_pulumi: FakePulumi) -> None:
    assert list(cluster().machines) == ["manager-1", "worker-1", "worker-2"]
    assert names(fake_pulumi, INSTANCE) == {"manager-1", "worker-1", "worker-2"}


def test_instance_has_a_fixed_name_and_the_settings_of_its_pool(fake_pulumi: FakePulumi) -> None:
    """A name of the plugin's own making would replace it create-first, while its volume is still attached."""
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


def test_instance_is_in_the_security_group_of_its_cluster_alone(fake_pulumi: FakePulumi) -> None:
    cluster()
    assert fake_pulumi.inputs("worker-1")["securityGroupIds"] == ["cluster-security-group-id"]
    assert fake_pulumi.inputs("cluster-security-group")["name"] == "nuvla-swarm-test"
    assert fake_pulumi.parent("cluster-security") == "cluster"


def test_unused_inputs_of_an_instance_are_left_out(fake_pulumi: FakePulumi) -> None:
    cluster()
    assert not {"networkInterfaces", "elasticIpIds", "blockStorageVolumeIds"} & set(fake_pulumi.inputs("manager-1"))
    kinds = set(fake_pulumi.types.values())
    assert not [
        kind for kind in ("elasticIp:ElasticIp", "privateNetwork:PrivateNetwork") if f"exoscale:index/{kind}" in kinds
    ]


@pytest.mark.parametrize("count", [1, 8, 9, 17])
def test_pool_is_split_into_anti_affinity_groups_of_eight(fake_pulumi: FakePulumi, count: int) -> None:
    cluster(pools={"manager": pool(role="manager"), "worker": pool(count)})
    groups = [fake_pulumi.inputs(f"worker-{n}")["antiAffinityGroupIds"] for n in range(1, count + 1)]
    assert groups == [[f"worker-apart-{(n + 7) // 8}-id"] for n in range(1, count + 1)]
    assert names(fake_pulumi, APART) == {"manager-apart-1", *(group.removesuffix("-id") for (group,) in groups)}
    assert fake_pulumi.inputs("worker-apart-1") == {"name": "nuvla-swarm-test-worker-1"}


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
        "generated_key",
        lambda self, name: Key(private=pulumi.Output.secret(key), public=pulumi.Output.from_input("ssh-ed25519 A")),
    )
    cluster()
    document = yaml.safe_load(fake_pulumi.inputs("worker-1")["userData"])
    assert document["ssh_keys"]["ed25519_private"] == key


def test_cloud_init_is_secret_and_its_changes_are_ignored(fake_pulumi: FakePulumi) -> None:
    cluster()
    assert fake_pulumi.is_secret("worker-1", "userData")
    assert list(fake_pulumi.options["worker-1"].ignoreChanges) == ["userData"]


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
        return ExoscaleCluster("cluster", args(own_key=own, public_key="ssh-ed25519 OWN"))

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
    assert value(made.root_id) == value(made.disk_id) == "worker-1-id"
    resources = awaited_resources(made.root_id)
    assert {"worker-1", "worker-1-ready"} <= resources
    command = fake_pulumi.inputs("worker-1-ready")
    assert fake_pulumi.triggers("worker-1-ready") == ["worker-1-id"]
    assert command["connection"]["dialErrorLimit"] == -1
    assert fake_pulumi.options["worker-1-ready"].customTimeouts.create == "10m"


def test_instance_depends_on_no_other_instance(fake_pulumi: FakePulumi) -> None:
    """They are made and prepared side by side, however many there are."""
    cluster()
    others = {"manager-1", "manager-1-ready", "worker-2", "worker-2-ready"}
    assert not others & fake_pulumi.dependencies("worker-1")
    assert not others & fake_pulumi.dependencies("worker-1-ready")
    assert {"worker-1", "cluster-security-tcp-22-192.0.2.0-24"} <= fake_pulumi.dependencies("worker-1-ready")


def test_first_preview_registers_the_resources_of_an_update(first_preview: FakePulumi) -> None:
    everything: dict[str, Any] = {
        "private_network": IPv4Network("10.90.0.0/16"),
        "elastic_ip": "manager-1",
        "volumes": {"nfs": VolumeArgs(machine="manager-1", block=True, size_gib=20)},
    }
    cluster(**everything)
    previewed = set(first_preview.types)
    fake_pulumi = start()
    cluster(**everything)
    assert previewed == set(fake_pulumi.types)


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


def test_leases_are_outside_of_the_dynamic_range(fake_pulumi: FakePulumi) -> None:
    made = cluster(private_network=IPv4Network("10.90.0.0/24"), pools={"manager": pool(7, role="manager")})
    leased = {value(machine.private_address) for machine in made.machines.values()}
    given = {str(IPv4Network("10.90.0.0/24")[n]) for n in range(2, 63)}
    assert len(leased) == 7
    assert not leased & given


def test_elastic_ip_belongs_to_its_machine(fake_pulumi: FakePulumi) -> None:
    made = cluster(elastic_ip="manager-1")
    assert fake_pulumi.inputs("cluster-address") == {"zone": "ch-gva-2", "labels": LABELS}
    assert fake_pulumi.inputs("manager-1")["elasticIpIds"] == ["cluster-address-id"]
    assert "elasticIpIds" not in fake_pulumi.inputs("worker-1")
    assert fake_pulumi.parameters("manager-1-ready")["ELASTIC_IP"] == "ELASTIC-ADDRESS:cluster-address"
    assert fake_pulumi.parameters("worker-1-ready")["ELASTIC_IP"] == ""
    assert made.entry_address is not None
    assert value(made.entry_address) == "ELASTIC-ADDRESS:cluster-address"


def test_cluster_without_elastic_ip_has_no_entry_address(fake_pulumi: FakePulumi) -> None:
    assert cluster().entry_address is None


def test_block_storage_is_attached_to_its_machine_and_found_by_its_id(fake_pulumi: FakePulumi) -> None:
    volumes = {
        "nfs": VolumeArgs(machine="worker-1", block=True, size_gib=30),
        "db": VolumeArgs(machine="worker-1", block=True, size_gib=40),
        "grafana": VolumeArgs(machine="manager-1"),
    }
    made = cluster(volumes=volumes)
    assert fake_pulumi.inputs("worker-1")["blockStorageVolumeIds"] == ["nfs-volume-id", "db-volume-id"]
    assert fake_pulumi.inputs("nfs-volume")["size"] == 30
    assert fake_pulumi.inputs("nfs-volume")["zone"] == "ch-gva-2"
    assert fake_pulumi.inputs("nfs-volume")["labels"] == LABELS
    volume = made.volumes["nfs"]
    assert (volume.machine, volume.path) == ("worker-1", "/var/lib/nuvla-swarm/volumes/nfs")
    assert value(volume.id) == "nfs-volume-id"
    assert value(volume.device) == "/dev/disk/by-id/virtio-nfs-volume-id"
    assert list(made.volumes) == ["nfs", "db", "grafana"]


def test_device_name_has_the_first_twenty_characters_of_the_id(
    fake_pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = FakePulumi.new_resource

    def as_exoscale(self: FakePulumi, given: Any) -> Any:
        identity, outputs = known(self, given)
        return (VOLUME if given.name == "nfs-volume" else identity), outputs

    monkeypatch.setattr(FakePulumi, "new_resource", as_exoscale)
    made = cluster(volumes={"nfs": VolumeArgs(machine="worker-1", block=True, size_gib=30)})
    assert value(made.volumes["nfs"].device) == "/dev/disk/by-id/virtio-5b0c3f6a-1111-4222-8"


def test_volume_without_block_storage_is_a_folder_of_the_disk(fake_pulumi: FakePulumi) -> None:
    made = cluster(volumes={"nfs": VolumeArgs(machine="worker-1")}).volumes["nfs"]
    assert (made.machine, made.path, made.id, made.device) == (
        "worker-1",
        "/var/lib/nuvla-swarm/volumes/nfs",
        None,
        None,
    )
    assert not names(fake_pulumi, "exoscale:index/blockStorageVolume:BlockStorageVolume")


@pytest.mark.parametrize("keep", [True, False])
def test_kept_block_storage_is_retained_when_the_cluster_is_destroyed(fake_pulumi: FakePulumi, keep: bool) -> None:
    cluster(keep=keep, volumes={"nfs": VolumeArgs(machine="worker-1", block=True, size_gib=30)})
    assert fake_pulumi.options["nfs-volume"].retainOnDelete is keep
    assert not fake_pulumi.options["worker-1"].retainOnDelete


@pytest.mark.parametrize("adopt", [["nfs"], []])
def test_retained_block_storage_is_imported_once_and_never_changed(fake_pulumi: FakePulumi, adopt: list[str]) -> None:
    """A difference would have Pulumi lose the id that it was imported by, and delete it as another one's original."""
    cluster(adopt=adopt, volumes={"nfs": VolumeArgs(machine="worker-1", block=True, size_gib=30, id=VOLUME)})
    request = fake_pulumi.options["nfs-volume"]
    assert request.importId == (f"{VOLUME}@ch-gva-2" if adopt else "")
    assert list(request.ignoreChanges) == ["name", "labels", "size"]


def test_new_block_storage_is_never_changed(fake_pulumi: FakePulumi) -> None:
    cluster(volumes={"nfs": VolumeArgs(machine="worker-1", block=True, size_gib=30)})
    assert list(fake_pulumi.options["nfs-volume"].ignoreChanges) == ["name", "labels", "size"]


def test_volume_has_the_size_of_its_block_storage(fake_pulumi: FakePulumi) -> None:
    volumes = {
        "nfs": VolumeArgs(machine="worker-1", block=True, size_gib=30),
        "grafana": VolumeArgs(machine="worker-1"),
    }
    assert {name: volume.size_gib for name, volume in cluster(volumes=volumes).volumes.items()} == {
        "nfs": 30,
        "grafana": 0,
    }


@pytest.mark.parametrize("by_exoscale", [True, False])
@pytest.mark.parametrize("by_pulumi", [True, False])
def test_protection_by_exoscale_or_pulumi_protects_in_pulumi(
    fake_pulumi: FakePulumi, by_exoscale: bool, by_pulumi: bool
) -> None:
    """Else Exoscale alone would refuse a machine, when all that is in it has been taken apart."""
    volumes = {"nfs": VolumeArgs(machine="worker-1", block=True, size_gib=30)}
    cluster(protect=by_pulumi, destroy_protected=by_exoscale, elastic_ip="manager-1", volumes=volumes)
    machines, data = ["manager-1", "worker-1", "worker-2"], ["cluster-address", "nfs-volume"]
    for name in machines:
        assert fake_pulumi.options[name].protect is (by_pulumi or by_exoscale), name
        assert fake_pulumi.inputs(name)["destroyProtected"] is by_exoscale
    for name in data:
        assert fake_pulumi.options[name].protect is by_pulumi, name
    assert not fake_pulumi.options["cluster-security-group"].protect
    protected = (machines if by_pulumi or by_exoscale else []) + (data if by_pulumi else [])
    assert fake_pulumi.outputs["cluster"]["protected"] == sorted(protected)


def test_preview_shows_all_settings_of_an_exoscale_cluster(fake_pulumi: FakePulumi) -> None:
    cluster(
        pools={"worker": pool(1, labels={"disk": "ssd"})},
        private_network=IPv4Network("10.90.0.0/16"),
        elastic_ip="worker-1",
        keep=True,
        volumes={"nfs": VolumeArgs(machine="worker-1", block=True, size_gib=30)},
    )
    assert fake_pulumi.types["cluster"] == "nuvla:machines:ExoscaleCluster"
    assert fake_pulumi.inputs("cluster") == {
        "provider": "exoscale",
        "pools": {
            "worker": {
                "role": "worker",
                "count": 1,
                "availability": "active",
                "labels": {"disk": "ssd"},
                "size": "standard.large",
                "disk_gib": 50,
                "zone": "ch-gva-2",
                "template_id": TEMPLATE,
                "template_name": "Ubuntu",
            }
        },
        "private_network": "10.90.0.0/16",
        "elastic_ip": "worker-1",
        "destroy_protected": False,
        "protect": False,
        "volumes": {"nfs": {"machine": "worker-1", "block": True, "size_gib": 30}},
        "keep_volumes": True,
    }
    assert "cluster" in fake_pulumi.finished
