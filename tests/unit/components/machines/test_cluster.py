"""components/machines/cluster.py: what the machines of all providers have in common."""

import pulumi

from components.generations import Generations
from components.machines.cluster import GENERATED, Cluster, Key, LoginKeys, stack_id
from tests.support.builders import machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, value


def test_cluster_type_names_the_provider(fake_pulumi: FakePulumi) -> None:
    build(lambda: Cluster("SomeCluster", "cluster", {"size": "small"}, GENERATED))
    assert fake_pulumi.types["cluster"] == "nuvla:machines:SomeCluster"
    assert fake_pulumi.inputs("cluster") == {"size": "small"}


def test_login_key_is_generated_as_a_child_of_the_cluster(fake_pulumi: FakePulumi) -> None:
    cluster = build(lambda: Cluster("SomeCluster", "cluster", {}, GENERATED))
    assert fake_pulumi.inputs("cluster-login-key") == {"algorithm": "ED25519"}
    assert fake_pulumi.parent("cluster-login-key") == "cluster"
    assert value(cluster.ssh_key.private) == Secret("PRIVATE-KEY-OPENSSH:cluster-login-key")


def test_public_key_has_no_comment_and_no_line_break(fake_pulumi: FakePulumi) -> None:
    cluster = build(lambda: Cluster("SomeCluster", "cluster", {}, GENERATED))
    assert value(cluster.ssh_key.public) == "ssh-ed25519 cluster-login-key"


def test_given_key_replaces_the_generated_key(fake_pulumi: FakePulumi) -> None:
    def make() -> Cluster:
        own = Key(private=pulumi.Output.secret("OWN"), public=pulumi.Output.from_input("ssh-ed25519 OWN"))
        return Cluster("SomeCluster", "cluster", {}, LoginKeys(own=own))

    assert value(build(make).ssh_key.private) == Secret("OWN")
    assert set(fake_pulumi.types) == {"cluster"}


def test_program_logs_in_with_the_former_key_as_long_as_that_is_valid(fake_pulumi: FakePulumi) -> None:
    keys = LoginKeys(generations=Generations(current=2, former=1), retired=["ssh-ed25519 ZERO"])
    cluster = build(lambda: Cluster("SomeCluster", "cluster", {}, keys))
    assert value(cluster.ssh_key.public) == "ssh-ed25519 cluster-login-key"
    assert cluster.next_key is not None
    assert value(cluster.next_key.private) == Secret("PRIVATE-KEY-OPENSSH:cluster-login-key2")
    assert fake_pulumi.inputs("cluster") == {"login_key": {"generation": 2, "former_generation": 1}}
    assert keys.outputs() == {"login_generation": 1, "retired_keys": ["ssh-ed25519 ZERO"]}


def test_keys_that_were_never_replaced_leave_no_traces() -> None:
    assert (GENERATED.props(), GENERATED.outputs()) == ({}, {})


def test_former_own_key_is_used_until_it_is_gone(fake_pulumi: FakePulumi) -> None:
    def make() -> Cluster:
        own, former = (
            Key(private=pulumi.Output.secret(name), public=pulumi.Output.from_input(f"ssh-ed25519 {name}"))
            for name in ("OWN", "FORMER")
        )
        return Cluster("SomeCluster", "cluster", {}, LoginKeys(own=own, former_own=former))

    cluster = build(make)
    assert value(cluster.ssh_key.private) == Secret("FORMER")
    assert cluster.next_key is not None
    assert value(cluster.next_key.public) == "ssh-ed25519 OWN"


def test_managers_keep_the_order_of_machines(fake_pulumi: FakePulumi) -> None:
    def make() -> list[str]:
        cluster = Cluster("SomeCluster", "cluster", {}, GENERATED)
        roles = {"b-1": "manager", "w-1": "worker", "a-1": "manager"}
        cluster.machines = {name: machine(name, role=role) for name, role in roles.items()}
        return [manager.name for manager in cluster.managers()]

    assert build(make) == ["b-1", "a-1"]


def test_mark_of_the_stack_has_project_and_stack(fake_pulumi: FakePulumi) -> None:
    assert stack_id() == "nuvla-swarm/test"
