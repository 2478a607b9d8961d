"""components/machines/exoscale/shared_resources.py: what the instances of a cluster share."""

from ipaddress import IPv4Network

from tests.support.exoscale import LABELS, cluster, names, pool
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import start, value

INSTANCE, COMMAND = "exoscale:index/computeInstance:ComputeInstance", "command:remote:Command"


APART = "exoscale:index/antiAffinityGroup:AntiAffinityGroup"


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
