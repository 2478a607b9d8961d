"""Builders of the NFS server and its clients, for tests of their parts."""

from typing import Any

from components.storage.nfs import Nfs, NfsArgs
from tests.support.builders import another, machine
from tests.support.pulumi_run import build

SERVER = "nfs-server"
PACKAGES = ("nfs-packages-manager-1", "nfs-packages-worker-1")
ENTRIES = ("nfs-entry-manager-1", "nfs-entry-worker-1")
HOSTS = {"manager-1": "192.0.2.1", "worker-1": "192.0.2.7"}


def nfs(*, server: str = "manager-1", user: str = "root", **changed: Any) -> Nfs:
    def make() -> Nfs:
        machines = {
            "manager-1": machine("manager-1", public_address="192.0.2.1", private_address="10.0.0.1", user=user),
            "worker-1": machine("worker-1"),
        }
        args: dict[str, Any] = {"server": machines[server], "server_kind": "kernel", "access": "ro"} | changed
        args |= {"folder": "/data/nfs", "data_folder": another("folder-is-there"), "volume_id": "volume-1"}
        prepared = {name: another(f"{name}-installed") for name in machines}
        return Nfs("nfs", NfsArgs(machines=machines, depends_on=prepared, **args))

    return build(make)
