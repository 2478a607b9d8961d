"""components/machines/existing/cluster.py: hosts that exist before the program and after it."""

import pulumi
import pytest

from components.machines.cluster import Losses
from components.machines.existing.cluster import (
    require_unique_hostnames,
)
from components.machines.volume import VolumeLocation, VolumeSpec
from tests.support.computed_outputs import COMPUTED
from tests.support.existing import CHECKS, KEY, RECORDS, cluster, host, pool
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, start, value


def test_existing_machine_follows_the_settings_of_its_host(fake_pulumi: FakePulumi) -> None:
    made = cluster({"manager": pool("manager", {"disk": "ssd"}, a=host(1, port=2222))})
    machine = made.machines["manager-a"]
    assert (machine.name, machine.role, machine.labels, machine.availability) == (
        "manager-a",
        "manager",
        {"disk": "ssd"},
        "active",
    )
    assert (machine.public_address, machine.private_address, machine.port, machine.user) == (
        "192.0.2.1",
        "10.0.0.1",
        2222,
        "ops",
    )
    assert value(machine.host_key) == KEY
    assert value(machine.private_key) == Secret("LOGIN-KEY")
    assert not machine.shares_kernel


def test_preview_shows_settings_of_hosts_and_no_key(fake_pulumi: FakePulumi) -> None:
    cluster(volumes={"nfs": VolumeSpec(machine="worker-1", path="/srv/nfs")})
    shown = fake_pulumi.inputs("cluster")
    assert fake_pulumi.types["cluster"] == "nuvla:machines:ExistingCluster"
    assert shown["provider"] == "existing"
    assert shown["pools"]["worker"]["hosts"]["2"] == {
        "address": "192.0.2.3",
        "private_address": "10.0.0.3",
        "port": 22,
        "user": "ops",
        "host_key": KEY,
        "labels": {},
    }
    assert (shown["engine_version"], shown["data_path"], shown["volumes"]) == ("20.10.24", "/data", {"nfs": "/srv/nfs"})
    assert "LOGIN-KEY" not in str(shown)
    assert "cluster" in fake_pulumi.finished


def test_each_host_gets_a_check_and_a_record_and_nothing_else(fake_pulumi: FakePulumi) -> None:
    assert list(cluster().machines) == ["manager-a", "worker-1", "worker-2"]
    assert fake_pulumi.children("cluster") == {*CHECKS, *RECORDS, "cluster-outputs"}


def test_check_command_gets_the_owner_and_the_engine_version(fake_pulumi: FakePulumi) -> None:
    cluster(kernel_needs={"worker-1": ["files"], "worker-2": ["firewall", "files"]})
    assert fake_pulumi.parameters("worker-2-check") == {
        "MACHINE": "worker-2",
        "OWNER": "nuvla-swarm/test 0123abcd",
        "VERSION": "20.10.24",
        "EPHEMERAL": "30000 31000",
        "MOUNTD_PORT": "33333",
        "PRIVATE_ADDRESS": "10.0.0.3",
        "NEEDS": "firewall files",
    }
    assert fake_pulumi.parameters("worker-1-check")["NEEDS"] == "files"
    assert fake_pulumi.parameters("manager-a-check")["NEEDS"] == ""
    assert fake_pulumi.inputs("worker-2-check")["create"].strip() == "sudo -n bash -s --"
    assert "delete" not in fake_pulumi.inputs("worker-2-check")


def test_record_command_follows_the_check_and_restores_when_the_host_leaves(fake_pulumi: FakePulumi) -> None:
    cluster()
    note = fake_pulumi.inputs("worker-2-before")
    assert (note["create"], note["delete"]) == ("sudo -n bash -s -- note", "sudo -n bash -s -- leave")
    assert fake_pulumi.dependencies("worker-2-before") == {"worker-2-check"}
    assert fake_pulumi.options["worker-2-before"].customTimeouts.delete == "10m"


def test_record_command_gets_what_the_program_puts_on_a_host(fake_pulumi: FakePulumi) -> None:
    cluster()
    assert fake_pulumi.parameters("worker-2-before") == {
        "MACHINE": "worker-2",
        "OWNER": "nuvla-swarm/test 0123abcd",
        "REPLACED": "/etc/a /etc/b",
        "ADDED": "/etc/c",
        "EMPTY_FOLDERS": "",
        "EMPTIED": "",
        "UNITS": "d.service",
        "VOLUMES": "",
        "SYSCTLS": "net.e",
    }


def test_new_engine_version_changes_the_check_and_not_the_record(fake_pulumi: FakePulumi) -> None:
    cluster()
    before = fake_pulumi.given
    after = start()
    cluster(engine_version="28.5.1")
    assert {name for name in (*CHECKS, *RECORDS) if after.given[name] != before[name]} == set(CHECKS)


def test_check_and_record_commands_update_in_place(fake_pulumi: FakePulumi) -> None:
    cluster()
    assert not any("triggers" in fake_pulumi.inputs(name) for name in (*CHECKS, *RECORDS))


def test_machine_ids_are_stable_when_the_record_command_reruns(
    fake_pulumi: FakePulumi,
) -> None:
    machine = cluster().machines["worker-1"]
    assert value(machine.system_generation) == value(machine.data_generation) == "worker-1-before-id"


def test_check_gives_up_on_an_unreachable_host(fake_pulumi: FakePulumi) -> None:
    cluster()
    assert {fake_pulumi.inputs(name)["connection"]["dialErrorLimit"] for name in CHECKS} == {2}


def test_lost_host_gets_no_command(fake_pulumi: FakePulumi) -> None:
    losses = Losses(names=frozenset({"worker-1"}), commands=frozenset(RECORDS))
    made = cluster({"manager": pool("manager", a=host(1)), "worker": pool(m1=host(2))}, losses=losses)
    assert [fake_pulumi.options[f"{name}-before"].retainOnDelete for name in made.machines] == [False, True]
    assert [machine.lost for machine in made.machines.values()] == [False, True]
    assert fake_pulumi.types["worker-1-check"] == "pulumi:index:Stash", "it was never run there"
    assert fake_pulumi.outputs["cluster"]["lost"] == ["worker-1"]


def test_host_labels_extend_the_labels_of_the_pool(fake_pulumi: FakePulumi) -> None:
    made = cluster({"manager": pool("manager", {"a": "1", "b": "1"}, a=host(1, labels={"b": "2", "c": "2"}))})
    assert made.machines["manager-a"].labels == {"a": "1", "b": "2", "c": "2"}


def test_cluster_outputs_identify_hosts_for_the_next_run(fake_pulumi: FakePulumi) -> None:
    cluster()
    told = fake_pulumi.outputs["cluster"]
    assert told["hosts"] == {"manager-a": KEY, "worker-1": KEY, "worker-2": KEY}
    assert (told["provider"], told["lost"], told["made_anew"]) == ("existing", [], {})


def test_existing_machines_survive_their_cluster(fake_pulumi: FakePulumi) -> None:
    made = cluster()
    assert made.survives_destroy
    assert made.child_lifecycle().deleted_with is None


def test_volume_of_a_host_is_a_given_folder_or_one_below_the_data_path(fake_pulumi: FakePulumi) -> None:
    made = cluster(
        volumes={
            "nfs": VolumeSpec(machine="worker-1", path="/srv/nfs"),
            "grafana": VolumeSpec(machine="manager-a"),
        }
    )
    assert made.volumes == {
        "nfs": VolumeLocation(machine="worker-1", path="/srv/nfs"),
        "grafana": VolumeLocation(machine="manager-a", path="/data/grafana"),
    }


def test_additional_host_changes_no_other_host(fake_pulumi: FakePulumi) -> None:
    cluster()
    before = fake_pulumi.given
    after = start()
    cluster({"worker": pool(m0=host(9), m1=host(2), m2=host(3)), "manager": pool("manager", a=host(1))})
    assert {name: after.given[name] for name in CHECKS} == {name: before[name] for name in CHECKS}


def test_check_output_has_hostname_and_daemon_json(fake_pulumi: FakePulumi) -> None:
    made = cluster()
    assert made.machines["worker-1"].daemon_json is not None
    assert value(made.machines["worker-1"].daemon_json) == ""  # it follows the first line
    assert value(made.hostnames)["worker-1"] == "STDOUT:worker-1-check"


def test_shared_hostname_is_refused() -> None:
    assert require_unique_hostnames({"a": "one", "b": "two"}) == {"a": "one", "b": "two"}
    with pytest.raises(
        pulumi.RunError, match="worker-2: its hostname is one, as that of worker-1; allowed: a hostname"
    ):
        require_unique_hostnames({"worker-1": "one", "b": "two", "worker-2": "one"})


def test_update_fails_if_two_hosts_share_a_hostname(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although nothing uses the hostnames."""
    monkeypatch.setitem(COMPUTED, "command:remote:Command", {"stdout": "one\n", "stderr": ""})
    start()
    with pytest.raises(pulumi.RunError, match="worker-1: its hostname is one, as that of manager-a"):
        cluster()


def test_losses_are_recorded_before_anything_runs_on_a_host(fake_pulumi: FakePulumi) -> None:
    """A host that is back counts as such, also if the update fails: all commands run there again after another loss."""
    cluster()
    assert fake_pulumi.dependencies("cluster-outputs") == set()
    assert "hostnames" not in fake_pulumi.outputs["cluster"], "they are known later"


def test_preview_registers_the_resources_of_an_update() -> None:
    for preview in (True, False):
        fake_pulumi = start(preview=preview)
        cluster()
        assert set(fake_pulumi.types) == {"cluster", "cluster-outputs", *CHECKS, *RECORDS}
