"""components/storage/nfs.py: one machine serves files, with one entry for each client."""

import shlex
from configparser import ConfigParser
from typing import Any

import pulumi

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


def test_preview_shows_server_kind_access_and_path(fake_pulumi: FakePulumi) -> None:
    nfs(server_kind="ganesha", access="rw")
    assert fake_pulumi.types["nfs"] == "nuvla:storage:Nfs"
    assert fake_pulumi.inputs("nfs") == {
        "server": "manager-1",
        "server_kind": "ganesha",
        "access": "rw",
        "path": "/nfs-root",
    }
    assert "nfs" in fake_pulumi.finished


def test_nfs_is_packages_a_server_and_entries(fake_pulumi: FakePulumi) -> None:
    made = nfs()
    assert fake_pulumi.children("nfs") == {SERVER, *PACKAGES, *ENTRIES}
    assert list(made.entries) == ["manager-1", "worker-1"]


def test_packages_are_for_clients_and_for_one_server() -> None:
    for kind, packages in {
        "kernel": "nfs-common nfs-kernel-server",
        "ganesha": "nfs-common nfs-ganesha nfs-ganesha-vfs rpcbind",
    }.items():
        fake_pulumi = start()
        nfs(server_kind=kind)
        assert [fake_pulumi.parameters(name)["PACKAGES"] for name in PACKAGES] == [packages, "nfs-common"]


def test_packages_run_on_each_machine_and_the_rest_on_the_server(
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


def test_packages_wait_for_the_installations_of_their_machine(fake_pulumi: FakePulumi) -> None:
    nfs()
    assert [fake_pulumi.dependencies(name) for name in PACKAGES] == [{"manager-1-installed"}, {"worker-1-installed"}]


def test_server_waits_for_its_folder_and_for_all_packages(fake_pulumi: FakePulumi) -> None:
    nfs()
    assert fake_pulumi.dependencies(SERVER) == {*PACKAGES, "folder-is-there"}
    assert [fake_pulumi.parameters(name)["SERVES"] for name in PACKAGES] == ["true", ""]


def test_entries_wait_for_the_server(fake_pulumi: FakePulumi) -> None:
    nfs()
    assert [fake_pulumi.dependencies(name) for name in ENTRIES] == [{SERVER}, {SERVER}]


def test_server_exports_the_data_volume(fake_pulumi: FakePulumi) -> None:
    nfs()
    assert (
        parameters(fake_pulumi, SERVER).items()
        >= {
            "KIND": "kernel",
            "FOLDER": "/nfs-root",
            "DISK": "/data/nfs",
            "MOUNTD_PORT": "33333",
            "STATD_PORT": "662",
            "LOCKD_PORT": "4045",
        }.items()
    )


def parameters(fake_pulumi: FakePulumi, name: str) -> dict[str, str]:
    """Return the parameters of a command's script, also those of several lines."""
    words = shlex.split(fake_pulumi.script(name).split("#!/usr/bin/env bash")[0])
    return dict(word.split("=", 1) for word in words if word != "export")


def test_ganesha_uses_the_ports_of_the_kernel_server(fake_pulumi: FakePulumi) -> None:
    nfs()
    config = parameters(fake_pulumi, SERVER)["GANESHA"]
    assert "  NFS_Port = 2049;\n" in config
    assert "  MNT_Port = 33333;\n" in config


def test_nfs_helpers_listen_on_fixed_ports(fake_pulumi: FakePulumi) -> None:
    """Left to itself, a helper takes a port of the range that is open to users."""
    nfs()
    config = ConfigParser()
    config.read_string(parameters(fake_pulumi, SERVER)["PORTS"])
    ports = {name: {key: int(port) for key, port in config[name].items()} for name in config.sections()}
    assert ports == {
        "mountd": {"port": 33333},
        "statd": {"port": 662, "outgoing-port": 663},
        "lockd": {"port": 4045, "udp-port": 4045},
    }
    lines = parameters(fake_pulumi, SERVER)["MODULES"].splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "options lockd nlm_tcpport=4045 nlm_udpport=4045",
        "options nfs callback_tcpport=4046",
    ]


def test_ganesha_admits_only_the_listed_clients(fake_pulumi: FakePulumi) -> None:
    """The list is put in place of the mark, by what both scripts call."""
    config = assets.read("storage/files/ganesha.conf")
    assert "  Access_Type = None;\n" in config
    assert config.count("# clients\n") == 1
    assert "'/# clients/r /dev/stdin'" in assets.read("storage/scripts/nfs.sh")
    for script in ("nfs_server.sh", "nfs_entry.sh"):
        assert "put_together ganesha" in assets.read(f"storage/scripts/{script}")


def test_entry_names_the_private_address_of_one_machine() -> None:
    for access in ("ro", "rw"):
        fake_pulumi = start()
        nfs(access=access, server_kind="ganesha")
        common = {"KIND": "ganesha", "ACCESS": access, "FOLDER": "/nfs-root"}
        assert [fake_pulumi.parameters(name) for name in ENTRIES] == [
            common | {"MACHINE": "manager-1", "ADDRESS": "10.0.0.1"},
            common | {"MACHINE": "worker-1", "ADDRESS": "10.0.0.7"},
        ]


def test_removed_machine_stops_serving_and_loses_its_entry(fake_pulumi: FakePulumi) -> None:
    nfs()
    inputs = [fake_pulumi.inputs(name) for name in (PACKAGES[1], SERVER, ENTRIES[1])]
    assert [(one["create"].strip(), one.get("delete")) for one in inputs] == [
        ("bash -s -- prepare", "bash -s -- stop"),
        ("bash -s --", None),
        ("bash -s -- allow", "bash -s -- forbid"),
    ]


def test_recreated_machine_or_disk_reruns_only_its_own_commands(fake_pulumi: FakePulumi) -> None:
    nfs()
    triggers = [fake_pulumi.triggers(name) for name in (PACKAGES[1], SERVER, *ENTRIES)]
    server = ["manager-1-root", "manager-1-disk"]
    assert triggers == [["worker-1-root", "worker-1-disk"], [*server, "volume-1"], server, server]


def test_moved_volume_reruns_server_and_entries_after_it_is_recorded(
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


def test_new_server_takes_over_in_place(fake_pulumi: FakePulumi) -> None:
    nfs()
    before, after = fake_pulumi, start()
    nfs(server="worker-1")
    for name in (SERVER, *PACKAGES, *ENTRIES):
        assert before.inputs(name) != after.inputs(name)
        assert "triggers" not in after.inputs(name), "it would be undone on the machine of before"


def test_package_installation_has_ten_minutes(fake_pulumi: FakePulumi) -> None:
    nfs()
    for name in PACKAGES:
        timeouts = fake_pulumi.options[name].customTimeouts
        assert (timeouts.create, timeouts.update) == ("10m", "10m")


def test_nfs_commands_run_as_root_for_any_user(fake_pulumi: FakePulumi) -> None:
    nfs(user="debian")
    assert fake_pulumi.inputs(PACKAGES[0])["create"] == "sudo -n bash -s -- prepare"
    assert fake_pulumi.inputs(PACKAGES[0])["delete"] == "sudo -n bash -s -- stop"
