"""Block storage: a volume of the engine with one sparse file, shown to a machine as a loop device."""

from pathlib import Path
from typing import Final

from exoscale.cloud import docker, store
from exoscale.cloud.api import conflict

SCRIPTS: Final = Path(__file__).resolve().parents[1] / "machine"
VOLUMES: Final = "/opt/exoscale-standin/volumes"  # read by machine/boot.sh: the ids that the machine has


def volume(identity: str) -> str:
    """The engine's volume."""
    return f"exoscale-{identity}"


def create(identity: str, stack: str) -> None:
    docker.docker("volume", "create", *docker.labels("block-storage", stack), volume(identity))


def delete(identity: str) -> None:
    docker.docker("volume", "rm", "--force", volume(identity))


def attach(identity: str, instance: str) -> None:
    """Takes the volume for the instance and shows it there."""
    with store.changed() as cloud:
        record, owner = cloud.get("block-storage", identity), cloud.get("instance", instance)
        if record["instance"] not in ("", instance):
            raise conflict(f"volume {identity} is attached to instance {record['instance']}: detach it first")
        if record["zone"] != owner["zone"]:
            raise conflict(f"volume {identity} is in zone {record['zone']}, instance {instance} in {owner['zone']}")
        record["instance"], size = instance, record["size"]
        if identity not in owner["blockStorageVolumeIds"]:
            owner["blockStorageVolumeIds"].append(identity)
    _hypervisor("attach", identity, size)
    show(owner["container"], owner["blockStorageVolumeIds"])


def resize(identity: str, size: int) -> None:
    """Lets the device of a stopped machine grow, if there is one."""
    _hypervisor("resize", identity, size)


def detach(identity: str) -> None:
    """Takes the volume from the instance that it is attached to, if any."""
    with store.changed() as cloud:
        record = cloud.get("block-storage", identity)
        owner = cloud.of("instance").get(record["instance"])
        record["instance"] = ""
        if owner:
            owner["blockStorageVolumeIds"].remove(identity)
    if owner and owner.get("container"):
        show(owner["container"], owner["blockStorageVolumeIds"])
    release(identity)


def release(identity: str) -> None:
    """Ends the loop device of a volume that no machine uses."""
    _hypervisor("release", identity, 0)


def show(container: str, identities: list[str]) -> None:
    """Tells the machine which volumes it has."""
    docker.put(container, {VOLUMES: docker.File("".join(f"{name}\n" for name in identities).encode())})
    if docker.is_running(container):
        docker.docker("exec", container, "/opt/exoscale-standin/boot.sh", "disks")


def _hypervisor(what: str, identity: str, size: int) -> None:
    docker.hypervisor(SCRIPTS / "hypervisor.sh", what, identity, str(size), volume=volume(identity))
