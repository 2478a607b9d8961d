"""components/machines/local/cluster.py: containers on the local Docker engine as machines."""

import random
from ipaddress import IPv4Network

import pulumi

from components.machines.cluster import Key, LoginKeys
from components.machines.local.cluster import LocalCluster, LocalClusterArgs
from tests.support.builders import owner
from tests.support.fake_pulumi import FakePulumi
from tests.support.local import MARK, cluster, pool
from tests.support.pulumi_run import Secret, build, start, value

FORBIDDEN = {"CAP_SYS_TIME", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_BOOT"}


def test_machines_are_named_by_pool_and_ordinal(fake_pulumi: FakePulumi) -> None:
    assert list(cluster().machines) == ["manager-1", "worker-1", "worker-2"]
    containers = {name for name, kind in fake_pulumi.types.items() if kind == "docker:index/container:Container"}
    assert containers == {"manager-1", "worker-1", "worker-2"}


def test_machine_has_a_fixed_address_on_the_cluster_network(fake_pulumi: FakePulumi) -> None:
    made = cluster()
    network = {"name": "nuvla-swarm-test", "ipv4Address": "10.77.132.2"}
    assert fake_pulumi.inputs("worker-2")["networksAdvanced"] == [network]
    assert made.machines["worker-2"].public_address == made.machines["worker-2"].private_address == "10.77.132.2"


def test_cluster_network_uses_the_first_address_as_gateway(fake_pulumi: FakePulumi) -> None:
    cluster(subnet=IPv4Network("10.9.0.0/20"))
    network = fake_pulumi.inputs("cluster-network")
    assert network["ipamConfigs"] == [{"subnet": "10.9.0.0/20", "gateway": "10.9.0.1"}]
    assert network["labels"] == MARK
    assert fake_pulumi.options["cluster-network"].deleteBeforeReplace


def test_additional_pools_and_machines_change_no_other_machine() -> None:
    for seed in range(5):
        chance = random.Random(seed)
        names = [f"{chance.choice('abcxyz')}{chance.randrange(1000)}" for _ in range(4)]
        before = {name: pool(chance.randrange(1, 4)) for name in names[:2]}
        after = {
            name: pool(before[name].count + chance.randrange(3) if name in before else 2) for name in reversed(names)
        }
        fake_pulumi = start()
        cluster(before)
        old = {name: given for name, given in fake_pulumi.given.items() if name != "cluster"}
        fake_pulumi = start()
        cluster(after)
        assert {name: fake_pulumi.given.get(name) for name in old} == old, f"seed {seed}"


def test_each_machine_has_its_own_host_key_and_disk(fake_pulumi: FakePulumi) -> None:
    cluster()
    for name in ("manager-1", "worker-1", "worker-2"):
        assert {f"{name}-host-key", f"{name}-disk"} <= fake_pulumi.children("cluster")
        disk = {"volumeName": f"{name}-disk-0123456", "containerPath": "/var/lib/docker"}
        assert fake_pulumi.inputs(name)["volumes"] == [disk]
        assert fake_pulumi.inputs(f"{name}-disk")["labels"] == MARK


def test_login_key_opens_the_machines(fake_pulumi: FakePulumi) -> None:
    def make() -> LocalCluster:
        own = Key(private=pulumi.Output.secret("OWN"), public=pulumi.Output.from_input("ssh-ed25519 OWN"))
        subnet = IPv4Network("10.77.0.0/16")
        pools = {"worker": pool()}
        args = LocalClusterArgs(
            owner=owner(),
            pools=pools,
            subnet=subnet,
            image="a:1",
            privileged=True,
            volumes={},
            retain_volumes=False,
            keys=LoginKeys(own=own),
        )
        return LocalCluster("cluster", args)

    made = build(make)
    uploads = {upload["file"]: upload["content"] for upload in fake_pulumi.inputs("worker-1")["uploads"]}
    assert uploads["/root/.ssh/authorized_keys"] == "ssh-ed25519 OWN"
    assert value(made.machines["worker-1"].private_key) == Secret("OWN")


def test_machine_has_role_labels_and_availability_of_its_pool(fake_pulumi: FakePulumi) -> None:
    made = cluster({"big": pool(role="manager", labels={"disk": "ssd"}, availability="drain")})
    machine = made.machines["big-1"]
    assert (machine.role, machine.labels, machine.availability) == ("manager", {"disk": "ssd"}, "drain")
    assert machine.user == "root"


def test_preview_shows_all_settings_of_a_local_cluster(fake_pulumi: FakePulumi) -> None:
    cluster({"worker": pool(1, labels={"disk": "ssd"})}, public_key="ssh-ed25519 OWN")
    assert fake_pulumi.inputs("cluster") == {
        "provider": "local",
        "pools": {"worker": {"role": "worker", "count": 1, "availability": "active", "labels": {"disk": "ssd"}}},
        "subnet": "10.77.0.0/16",
        "image": "machine:dev",
        "privileged": True,
        "public_key": "ssh-ed25519 OWN",
        "volumes": {},
        "keep_volumes": False,
    }
    assert "cluster" in fake_pulumi.finished
