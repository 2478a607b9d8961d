"""components/storage/nfs.py: one machine serves files, with one entry for each client."""

import pulumi

from components.machines.volume import Moves
from components.storage.nfs import Nfs, NfsArgs
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.nfs import ENTRIES, HOSTS, PACKAGES, SERVER, nfs
from tests.support.pulumi_run import build, start


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
    assert list(made.exports) == ["manager-1", "worker-1"]


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
                data_folder=another("folder-is-there"),
                volume_id="volume-1",
                server_kind="kernel",
                access="ro",
                machines=machines,
                depends_on=prepared,
                moves=Moves(count=pulumi.Output.from_input("3"), record=another("noted")),
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
