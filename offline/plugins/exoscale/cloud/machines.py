"""Instances as containers that behave as hosts."""

from pathlib import Path
from typing import Any, Final

from exoscale.cloud import disks, docker, firewall, store, user_data, zones
from exoscale.cloud.docker import File
from exoscale.cloud.store import Record

HERE: Final = "/opt/exoscale-standin"
_GENERATOR: Final = "/etc/systemd/system-generators/exoscale-standin-missing-disks"
_PRIVATE: Final = f"{HERE}/private"  # read by machine/boot.sh: the addresses on private networks
_FOLDER: Final = Path(__file__).resolve().parents[1] / "machine"
_UNITS: Final = {  # -> the target that wants it
    "exoscale-standin-boot.service": "sysinit.target",
    "cloud-init.service": "sysinit.target",
    "cloud-final.service": "multi-user.target",
}


def create(instance: Record, keys: list[str]) -> None:
    """Makes and starts the machine of a record that is stored already; `keys` are public keys."""
    document = user_data.parsed(instance["userData"])
    with store.lock(f"zone-{instance['zone']}"):
        zones.open_network(instance["zone"])
    docker.docker("volume", "create", *docker.labels("disk", instance["stack"]), _disk(instance))
    docker.docker(
        "create",
        f"--name={instance['container']}",
        f"--hostname={user_data.hostname(document, instance['name'])}",
        *docker.labels("instance", instance["stack"]),
        f"--network={zones.network(instance['zone'])}",
        f"--ip={instance['address']}",
        "--restart=unless-stopped",
        "--stop-signal=SIGRTMIN+3",
        "--env=container=docker",
        "--tmpfs=/run",
        "--tmpfs=/tmp:exec",
        f"--volume={_disk(instance)}:/var/lib",  # the root of a container is no place for an engine nor an NFS export
        *docker.isolation(),
        docker.image(),
    )
    docker.put(instance["container"], _files(instance, document, keys))
    start(instance)
    mac = docker.mac_address(instance["container"], zones.network(instance["zone"]))
    with store.changed() as cloud:
        cloud.get("instance", instance["id"])["mac"] = mac


def delete(instance: Record) -> None:
    """Removes the machine and its disk, as it runs; volumes stay, with what was written to them, and are free again."""
    if instance["blockStorageVolumeIds"] and docker.exists(instance["container"]):
        disks.show(instance["container"], [])
    docker.remove(instance["container"])
    docker.docker("volume", "rm", "--force", _disk(instance))
    for identity in list(instance["blockStorageVolumeIds"]):
        disks.release(identity)


def start(instance: Record) -> None:
    docker.docker("start", instance["container"])


def stop(instance: Record) -> None:
    docker.docker("stop", "--time=30", instance["container"])


def connect(instance: Record, network: Record, address: str) -> None:
    """Gives the machine an interface on a private network, which the guest has to bring up."""
    docker.docker("network", "connect", f"--ip={address}", network["engine"]["name"], instance["container"])
    interfaces = store.seen().get("instance", instance["id"])["interfaces"]
    docker.put(instance["container"], {_PRIVATE: _text(*(nic["address"] for nic in interfaces))})
    if docker.is_running(instance["container"]):
        docker.docker("exec", instance["container"], f"{HERE}/boot.sh", "private", address)


def disconnect(instance: Record, network: Record) -> None:
    docker.docker("network", "disconnect", network["engine"]["name"], instance["container"])


def _disk(instance: Record) -> str:
    return f"exoscale-disk-{instance['id']}"


def _files(instance: Record, document: dict[str, Any], keys: list[str]) -> dict[str, File]:
    cloud = store.seen()
    found = {
        f"{HERE}/address": _text(instance["address"]),
        disks.VOLUMES: _text(),
        _PRIVATE: _text(),
        firewall.RULESET: File(firewall.ruleset(cloud, instance).encode()),
        "/usr/bin/cloud-init": File((_FOLDER / "cloud-init.sh").read_bytes(), 0o755),
    }
    found[_GENERATOR] = File((_FOLDER / "missing-disks.sh").read_bytes(), 0o755)
    for name in ("boot.sh", "cut-off.pl", "init.sh", "final.sh", "write-files.sh"):
        found[f"{HERE}/{name}"] = File((_FOLDER / name).read_bytes(), 0o755)
    for name, target in _UNITS.items():
        found[f"/etc/systemd/system/{name}"] = File((_FOLDER / name).read_bytes())
        found[f"/etc/systemd/system/{target}.wants/{name}"] = File(target=f"../{name}")
    return found | user_data.files(document, keys)


def _text(*lines: str) -> File:
    return File("".join(f"{line}\n" for line in lines).encode())
