"""components/machines/exoscale/cluster.py: instances on Exoscale as machines, and what they share."""

from ipaddress import IPv4Network
from itertools import product
from typing import Any

from components.machines.volume import VolumeSpec
from tests.support.exoscale import TEMPLATE, cluster, names, pool
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import start

INSTANCE, COMMAND = "exoscale:index/computeInstance:ComputeInstance", "command:remote:Command"


APART = "exoscale:index/antiAffinityGroup:AntiAffinityGroup"


def test_machines_are_named_by_pool_and_ordinal(fake_pulumi: FakePulumi) -> None:
    assert list(cluster().machines) == ["manager-1", "worker-1", "worker-2"]
    assert names(fake_pulumi, INSTANCE) == {"manager-1", "worker-1", "worker-2"}


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
