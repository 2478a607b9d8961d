"""What an instance has beside its own machine: groups, elastic IPs, private interfaces, volumes, in this order."""

from typing import Any, Final, Protocol

from exoscale.addresses import lease
from exoscale.cloud import disks, docker, firewall, machines, store
from exoscale.cloud.api import bad_request
from exoscale.cloud.store import DEFAULT_GROUP, KINDS
from standin.values import Values

_BY_REFERENCE: Final = {"securityGroupIds": "security-group", "elasticIpIds": "elastic-ip"}


class Caller(Protocol):
    """Whose calls are counted."""

    def call(self, method: str, *steps: str) -> None: ...


def attach_all(caller: Caller, identity: str, wanted: Values) -> None:
    """Gives the instance what it lacks and takes what it has too much, compared with what it really has."""
    for reference, kind in _BY_REFERENCE.items():
        _refer(caller, identity, reference, kind, wanted.get(reference, []))
    firewall.refresh()
    _interfaces(caller, identity, wanted.get("networkInterfaces", []))
    has = store.seen().get("instance", identity)["blockStorageVolumeIds"]
    for volume in wanted.get("blockStorageVolumeIds", []):
        if volume not in has:
            caller.call("PUT", identity, "attach-volume", volume)
            disks.attach(volume, identity)
    for volume in list(has):
        if volume not in wanted.get("blockStorageVolumeIds", []):
            caller.call("PUT", identity, "detach-volume", volume)
            disks.detach(volume)


def _refer(caller: Caller, identity: str, reference: str, kind: str, wanted: list[str]) -> None:
    if reference == "securityGroupIds":
        wanted = wanted or [DEFAULT_GROUP]
    has = store.seen().get("instance", identity)[reference]
    for other in sorted(set(wanted) ^ set(has)):
        caller.call("PUT", identity, "detach" if other in has else "attach", other)
    with store.changed() as cloud:
        instance = cloud.get("instance", identity)
        for other in sorted(set(wanted) - {DEFAULT_GROUP}):
            zone = cloud.get(kind, other).get("zone", instance["zone"])  # groups are of all zones
            if zone != instance["zone"]:
                raise bad_request(f"{KINDS[kind]} {other} is of {zone}, the instance of {instance['zone']}")
        instance[reference] = list(wanted)


def _interfaces(caller: Caller, identity: str, wanted: list[Values]) -> None:
    instance = store.seen().get("instance", identity)
    addresses = {nic["networkId"]: nic.get("ipAddress") for nic in wanted}
    for nic in list(instance["interfaces"]):
        if addresses.get(nic["networkId"], "none") not in (None, nic["address"]):
            caller.call("PUT", identity, "detach-network", nic["networkId"])
            _leave(identity, nic)
    has = [nic["networkId"] for nic in store.seen().get("instance", identity)["interfaces"]]
    for network, address in addresses.items():
        if network not in has:
            caller.call("PUT", identity, "attach-network", network)
            _join(identity, network, address)


def _join(identity: str, network: str, address: str | None) -> None:
    with store.changed() as cloud:
        instance, record = cloud.get("instance", identity), cloud.get("private-network", network)
        if instance["zone"] != record["zone"]:
            raise bad_request(f"private network {network} is of {record['zone']}, the instance of {instance['zone']}")
        others = [nic for i in cloud.of("instance").values() for nic in i["interfaces"]]
        taken = {nic["address"] for nic in others if nic["networkId"] == network}
        if address in taken:
            raise bad_request(f"the address {address} of private network {record['name']} is leased already")
        nic: dict[str, Any] = {"networkId": network, "address": address or lease(record, taken), "mac": ""}
        instance["interfaces"].append(nic)
    try:
        machines.connect(instance, record, nic["address"])
    except docker.EngineError:
        _forget(identity, network)
        raise
    mac = docker.mac_address(instance["container"], record["engine"]["name"])
    with store.changed() as cloud:
        for nic in cloud.get("instance", identity)["interfaces"]:
            if nic["networkId"] == network:
                nic["mac"] = mac


def _leave(identity: str, nic: Values) -> None:
    cloud = store.seen()
    machines.disconnect(cloud.get("instance", identity), cloud.get("private-network", nic["networkId"]))
    _forget(identity, nic["networkId"])


def _forget(identity: str, network: str) -> None:
    with store.changed() as cloud:
        instance = cloud.get("instance", identity)
        instance["interfaces"] = [nic for nic in instance["interfaces"] if nic["networkId"] != network]
