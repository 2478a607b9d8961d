"""components/machines/exoscale/cluster.py: instances on Exoscale as machines, and what they share."""

from ipaddress import IPv4Network
from itertools import product
from typing import Any

from components.machines.volume import VolumeSpec
from tests.support.exoscale import LABELS, TEMPLATE, cluster, names, pool
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import start, value

INSTANCE, COMMAND = "exoscale:index/computeInstance:ComputeInstance", "command:remote:Command"


APART = "exoscale:index/antiAffinityGroup:AntiAffinityGroup"


def test_machines_are_named_by_pool_and_ordinal(fake_pulumi: FakePulumi) -> None:
    assert list(cluster().machines) == ["manager-1", "worker-1", "worker-2"]
    assert names(fake_pulumi, INSTANCE) == {"manager-1", "worker-1", "worker-2"}


def test_instance_is_in_the_security_group_of_its_cluster_alone(fake_pulumi: FakePulumi) -> None:
    cluster()
    assert fake_pulumi.inputs("worker-1")["securityGroupIds"] == ["cluster-security-group-id"]
    assert fake_pulumi.inputs("cluster-security-group")["name"] == "nuvla-swarm-test"
    assert fake_pulumi.parent("cluster-security") == "cluster"


def test_pool_is_split_into_anti_affinity_groups_of_eight() -> None:
    """A group on Exoscale holds no more than eight instances."""
    for count in (1, 8, 9, 17):
        fake_pulumi = start()
        cluster(pools={"manager": pool(role="manager"), "worker": pool(count)})
        groups = [fake_pulumi.inputs(f"worker-{n}")["antiAffinityGroupIds"] for n in range(1, count + 1)]
        assert groups == [[f"worker-apart-{(n + 7) // 8}-id"] for n in range(1, count + 1)]
        assert names(fake_pulumi, APART) == {"manager-apart-1", *(group.removesuffix("-id") for (group,) in groups)}
        assert fake_pulumi.inputs("worker-apart-1") == {"name": "nuvla-swarm-test-worker-1"}


def test_first_preview_registers_the_resources_of_an_update(first_preview: FakePulumi) -> None:
    everything: dict[str, Any] = {
        "private_network": IPv4Network("10.90.0.0/16"),
        "elastic_ip": "manager-1",
        "volumes": {"nfs": VolumeSpec(machine="manager-1", block=True, size_gib=20)},
    }
    cluster(**everything)
    previewed = set(first_preview.types)
    fake_pulumi = start()
    cluster(**everything)
    assert previewed == set(fake_pulumi.types)


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
    assert made.stable_address is not None
    assert value(made.stable_address) == "ELASTIC-ADDRESS:cluster-address"


def test_cluster_without_elastic_ip_has_no_stable_address(fake_pulumi: FakePulumi) -> None:
    assert cluster().stable_address is None


def test_protection_by_exoscale_or_pulumi_protects_in_pulumi() -> None:
    """Else Exoscale alone would refuse to delete a machine, after everything in it has been removed."""
    volumes = {"nfs": VolumeSpec(machine="worker-1", block=True, size_gib=30)}
    machines, data = ["manager-1", "worker-1", "worker-2"], ["cluster-address", "nfs-volume"]
    for by_pulumi, by_exoscale in product((True, False), repeat=2):
        fake_pulumi = start()
        cluster(protect=by_pulumi, destroy_protected=by_exoscale, elastic_ip="manager-1", volumes=volumes)
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
        retain_volumes=True,
        volumes={"nfs": VolumeSpec(machine="worker-1", block=True, size_gib=30)},
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
