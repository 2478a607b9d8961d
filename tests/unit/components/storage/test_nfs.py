"""components/storage/nfs.py: one machine serves files, and has an entry for each one that may mount."""

from typing import Any

import pulumi
import pytest

from components import assets
from components.machines.volume import Moves
from components.storage.nfs import Nfs, NfsArgs
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, start

SERVER, PACKAGES, ENTRIES = (
    "nfs-server",
    ("nfs-packages-manager-1", "nfs-packages-worker-1"),
    ("nfs-entry-manager-1", "nfs-entry-worker-1"),
)
HOSTS = {"manager-1": "192.0.2.1", "worker-1": "192.0.2.7"}


def nfs(*, server: str = "manager-1", user: str = "root", **changed: Any) -> Nfs:
    def make() -> Nfs:
        machines = {
            "manager-1": machine("manager-1", public_address="192.0.2.1", private_address="10.0.0.1", user=user),
            "worker-1": machine("worker-1"),
        }
        args: dict[str, Any] = {"server": machines[server], "server_kind": "kernel", "access": "ro"} | changed
        args |= {"folder": "/data/nfs", "stored": another("folder-is-there"), "volume_id": "volume-1"}
        prepared = {name: another(f"{name}-installed") for name in machines}
        return Nfs("nfs", NfsArgs(machines=machines, prepared=prepared, **args))

    return build(make)


def test_it_shows_who_serves_what_and_how(fake_pulumi: FakePulumi) -> None:
    nfs(server_kind="ganesha", access="rw")
    assert fake_pulumi.types["nfs"] == "nuvla:storage:Nfs"
    assert fake_pulumi.inputs("nfs") == {
        "server": "manager-1",
        "server_kind": "ganesha",
        "access": "rw",
        "path": "/nfs-root",
    }
    assert "nfs" in fake_pulumi.finished


def test_it_is_packages_a_server_and_entries(fake_pulumi: FakePulumi) -> None:
    made = nfs()
    assert fake_pulumi.children("nfs") == {SERVER, *PACKAGES, *ENTRIES}
    assert list(made.entries) == ["manager-1", "worker-1"]


@pytest.mark.parametrize(
    ("kind", "packages"),
    [("kernel", "nfs-common nfs-kernel-server"), ("ganesha", "nfs-common nfs-ganesha nfs-ganesha-vfs rpcbind")],
)
def test_every_machine_is_a_client_and_one_has_the_server(fake_pulumi: FakePulumi, kind: str, packages: str) -> None:
    nfs(server_kind=kind)
    assert [fake_pulumi.parameters(name)["PACKAGES"] for name in PACKAGES] == [packages, "nfs-common"]


def test_packages_are_installed_on_the_machines_themselves_and_all_else_is_done_on_the_server(
    fake_pulumi: FakePulumi,
) -> None:
    nfs(server="worker-1")
    hosts = {name: fake_pulumi.inputs(name)["connection"]["host"] for name in (*PACKAGES, SERVER, *ENTRIES)}
    assert hosts == {
        PACKAGES[0]: HOSTS["manager-1"],
        PACKAGES[1]: HOSTS["worker-1"],
        SERVER: HOSTS["worker-1"],
        ENTRIES[0]: HOSTS["worker-1"],
        ENTRIES[1]: HOSTS["worker-1"],
    }


def test_a_machines_packages_are_installed_one_after_the_other(fake_pulumi: FakePulumi) -> None:
    nfs()
    assert [fake_pulumi.dependencies(name) for name in PACKAGES] == [{"manager-1-installed"}, {"worker-1-installed"}]


def test_the_server_waits_for_its_folder_and_until_no_other_machine_serves(fake_pulumi: FakePulumi) -> None:
    nfs()
    assert fake_pulumi.dependencies(SERVER) == {*PACKAGES, "folder-is-there"}
    assert [fake_pulumi.parameters(name)["SERVES"] for name in PACKAGES] == ["true", ""]


def test_a_machine_is_let_in_once_there_is_a_server(fake_pulumi: FakePulumi) -> None:
    nfs()
    assert [fake_pulumi.dependencies(name) for name in ENTRIES] == [{SERVER}, {SERVER}]


def test_files_are_on_a_data_volume(fake_pulumi: FakePulumi) -> None:
    nfs()
    script = fake_pulumi.script(SERVER)
    assert fake_pulumi.parameters(SERVER) | {"GANESHA": "", "PORTS": "", "MODULES": ""} == {
        "KIND": "kernel",
        "FOLDER": "/nfs-root",
        "DISK": "/data/nfs",
        "MOUNTD_PORT": "33333",
        "GANESHA": "",
        "PORTS": "",
        "MODULES": "",
        "STATD_PORT": "662",
        "LOCKD_PORT": "4045",
    }
    assert assets.read("storage/files/ganesha.conf") in script


def test_both_servers_answer_on_the_same_ports() -> None:
    config = assets.read("storage/files/ganesha.conf")
    assert "  NFS_Port = 2049;\n" in config
    assert "  MNT_Port = 33333;\n" in config


def test_ganesha_knows_nobody_but_the_list(fake_pulumi: FakePulumi) -> None:
    """The list is put in place of the mark, by what both scripts call."""
    config = assets.read("storage/files/ganesha.conf")
    assert "  Access_Type = None;\n" in config
    assert config.count("# clients\n") == 1
    assert "'/# clients/r /dev/stdin'" in assets.read("storage/scripts/nfs.sh")
    for script in ("nfs_server.sh", "nfs_entry.sh"):
        assert "put_together ganesha" in assets.read(f"storage/scripts/{script}")


@pytest.mark.parametrize("access", ["ro", "rw"])
def test_an_entry_is_for_the_private_address_of_one_machine(fake_pulumi: FakePulumi, access: str) -> None:
    nfs(access=access, server_kind="ganesha")
    common = {"KIND": "ganesha", "ACCESS": access, "FOLDER": "/nfs-root"}
    assert [fake_pulumi.parameters(name) for name in ENTRIES] == [
        common | {"MACHINE": "manager-1", "ADDRESS": "10.0.0.1"},
        common | {"MACHINE": "worker-1", "ADDRESS": "10.0.0.7"},
    ]


def test_each_machine_stops_to_serve_by_itself_and_leaves_the_list(fake_pulumi: FakePulumi) -> None:
    nfs()
    inputs = [fake_pulumi.inputs(name) for name in (PACKAGES[1], SERVER, ENTRIES[1])]
    assert [(one["create"].strip(), one.get("delete")) for one in inputs] == [
        ("bash -s -- prepare", "bash -s -- stop"),
        ("bash -s --", None),
        ("bash -s -- allow", "bash -s -- forbid"),
    ]


def test_a_machine_or_disk_made_anew_gets_anew_what_was_on_it_and_nothing_else(fake_pulumi: FakePulumi) -> None:
    nfs()
    triggers = [fake_pulumi.triggers(name) for name in (PACKAGES[1], SERVER, *ENTRIES)]
    server = ["manager-1-root", "manager-1-disk"]
    assert triggers == [["worker-1-root", "worker-1-disk"], [*server, "volume-1"], server, server]


def test_a_move_is_noted_before_any_machine_stops_to_serve_and_has_the_server_and_its_list_made_anew(
    fake_pulumi: FakePulumi,
) -> None:
    def make() -> Nfs:
        machines = {name: machine(name) for name in ("manager-1", "worker-1")}
        prepared = {name: another(f"{name}-installed") for name in machines}
        return Nfs(
            "nfs",
            NfsArgs(
                server=machines["manager-1"],
                folder="/data/nfs",
                stored=another("folder-is-there"),
                volume_id="volume-1",
                server_kind="kernel",
                access="ro",
                machines=machines,
                prepared=prepared,
                moves=Moves(count=pulumi.Output.from_input("3"), noted=another("noted")),
            ),
        )

    build(make)
    assert all("noted" in fake_pulumi.dependencies(name) for name in PACKAGES)
    assert [fake_pulumi.triggers(name)[2:] for name in (*PACKAGES, SERVER, *ENTRIES)] == [
        [],
        [],
        ["volume-1", "3"],
        ["3"],
        ["3"],
    ]


def test_another_server_takes_over_in_place_so_that_the_one_before_may_be_dead(fake_pulumi: FakePulumi) -> None:
    nfs()
    before, after = fake_pulumi, start()
    nfs(server="worker-1")
    for name in (SERVER, *PACKAGES, *ENTRIES):
        assert before.inputs(name) != after.inputs(name)
        assert "triggers" not in after.inputs(name), "it would be undone on the machine of before"


def test_an_installation_has_the_time_that_it_needs(fake_pulumi: FakePulumi) -> None:
    nfs()
    for name in PACKAGES:
        timeouts = fake_pulumi.options[name].customTimeouts
        assert (timeouts.create, timeouts.update) == ("10m", "10m")


def test_commands_run_as_root_whoever_logs_in(fake_pulumi: FakePulumi) -> None:
    nfs(user="debian")
    assert fake_pulumi.inputs(PACKAGES[0])["create"] == "sudo -n bash -s -- prepare"
    assert fake_pulumi.inputs(PACKAGES[0])["delete"] == "sudo -n bash -s -- stop"
