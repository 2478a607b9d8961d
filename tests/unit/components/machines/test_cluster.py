"""components/machines/cluster.py: what the machines of all providers have in common."""

import pulumi

from components.generations import Generations
from components.machines.cluster import GENERATED, Cluster, Key, LoginKeys, stack_id
from components.machines.host_key import HostKey, HostKeys
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


def host_key(keys: HostKeys) -> tuple[Key, HostKey | None]:
    return build(lambda: Cluster("SomeCluster", "cluster", {}, GENERATED, host_keys=keys).generate_host_key("worker-1"))


def test_host_key_is_the_first_one_until_it_is_replaced(fake_pulumi: FakePulumi) -> None:
    first, replaced = host_key(HostKeys())
    assert (value(first.public), replaced) == ("ssh-ed25519 worker-1-host-key", None)
    assert set(fake_pulumi.types) == {"cluster", "cluster-login-key", "worker-1-host-key"}
    assert fake_pulumi.inputs("cluster") == {}


def test_host_key_of_another_generation_takes_the_place_of_the_first_and_of_all_former_ones(
    fake_pulumi: FakePulumi,
) -> None:
    known = {f"worker-1-host-key{number}": f"ssh-ed25519 {number or 1}" for number in ("", 2)}
    first, replaced = host_key(HostKeys(generation=3, known=known))
    assert value(first.public) == "ssh-ed25519 worker-1-host-key"
    assert replaced is not None
    assert value(replaced.private) == Secret("PRIVATE-KEY-OPENSSH:worker-1-host-key3")
    others = [value(pulumi.Output.from_input(other)) for other in replaced.others]
    assert others == ["ssh-ed25519 worker-1-host-key", "ssh-ed25519 2"]
    assert {name for name in fake_pulumi.types if "host-key" in name} == {"worker-1-host-key", "worker-1-host-key3"}
    assert fake_pulumi.inputs("cluster") == {"host_key_generation": 3}


def test_machine_that_is_away_keeps_the_keys_that_it_may_show_when_it_is_back(fake_pulumi: FakePulumi) -> None:
    known = {f"worker-1-host-key{number}": f"ssh-ed25519 {number or 1}" for number in ("", 2)}
    host_key(HostKeys(generation=3, known=known, away=frozenset({"worker-1"})))
    assert {name for name in fake_pulumi.types if "host-key" in name} == {*known, "worker-1-host-key3"}


def test_way_back_installs_the_first_key_again(fake_pulumi: FakePulumi) -> None:
    _, replaced = host_key(HostKeys(known={"worker-1-host-key2": "ssh-ed25519 2"}))
    assert replaced is not None
    assert value(replaced.public) == "ssh-ed25519 worker-1-host-key"
    assert replaced.others == ["ssh-ed25519 2"]


def test_managers_keep_the_order_of_machines(fake_pulumi: FakePulumi) -> None:
    def make() -> list[str]:
        cluster = Cluster("SomeCluster", "cluster", {}, GENERATED)
        roles = {"b-1": "manager", "w-1": "worker", "a-1": "manager"}
        cluster.machines = {name: machine(name, role=role) for name, role in roles.items()}
        return [manager.name for manager in cluster.managers()]

    assert build(make) == ["b-1", "a-1"]


def test_mark_of_the_stack_has_project_and_stack(fake_pulumi: FakePulumi) -> None:
    assert stack_id() == "nuvla-swarm/test"
