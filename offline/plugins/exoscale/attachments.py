"""Attachments of an instance: elastic IPs, private interfaces, volumes and groups.

The released plugin compares the state with what is wanted, never with what the cloud has: what it took for done, though
it failed or somebody undid it, is not done again. Source: terraform-provider-exoscale 0.66.0,
``pkg/resources/instance/resource.go``, rCreate and rUpdate.
"""

from typing import Any, Final

from exoscale.addresses import lease
from exoscale.cloud import disks, docker, firewall, machines, store
from exoscale.cloud.api import ACCOUNT, bad_request
from exoscale.cloud.store import DEFAULT_GROUP, KINDS
from standin.values import Values

_ATTACH: Final = "unable to parse attached instance ID: AttachBlockStorageVolumeToInstance"  # so it is called there
_DETACH: Final = "failed to detach block storage: DetachBlockStorageVolume"
_BY_REFERENCE: Final = {"securityGroupIds": "security-group", "elasticIpIds": "elastic-ip"}


def created(identity: str, wanted: Values) -> None:
    """After the instance itself, which had its groups from the start, in this order."""
    _elastic_ips(identity, {}, wanted)
    _interfaces(identity, {}, wanted)
    _volumes(identity, {}, wanted)


def updated(identity: str, had: Values, wanted: Values) -> None:
    """Another order; what comes after a failure is not done."""
    _volumes(identity, had, wanted)
    _elastic_ips(identity, had, wanted)
    _interfaces(identity, had, wanted)
    _groups(identity, had, wanted)


def _changed(had: Values, wanted: Values, name: str) -> tuple[list[str], list[str]]:
    """What is added, and what is removed."""
    old, new = had.get(name) or [], wanted.get(name) or []
    return [one for one in new if one not in old], [one for one in old if one not in new]


def _volumes(identity: str, had: Values, wanted: Values) -> None:
    """All of the new ones first; a running instance is not asked."""
    added, removed = _changed(had, wanted, "blockStorageVolumeIds")
    for volume in added:
        ACCOUNT.call("PUT", f"/block-storage/{volume}:attach", _ATTACH)
        disks.attach(volume, identity)
    for volume in removed:
        ACCOUNT.call("PUT", f"/block-storage/{volume}:detach", _DETACH)
        if store.seen().get("block-storage", volume)["instance"]:  # else it "is not attached", which is as good
            disks.detach(volume)


def _elastic_ips(identity: str, had: Values, wanted: Values) -> None:
    _refer(identity, "elasticIpIds", had, wanted)


def _groups(identity: str, had: Values, wanted: Values) -> None:
    _refer(identity, "securityGroupIds", had, wanted)


def _refer(identity: str, reference: str, had: Values, wanted: Values) -> None:
    """Elastic IPs or groups of the instance."""
    kind, (added, removed) = _BY_REFERENCE[reference], _changed(had, wanted, reference)
    for other in added:
        ACCOUNT.call("PUT", f"/{kind}/{other}:attach")
        with store.changed() as cloud:
            instance = cloud.get("instance", identity)
            if other != DEFAULT_GROUP:
                zone = cloud.get(kind, other).get("zone", instance["zone"])  # groups are of all zones
                if zone != instance["zone"]:
                    raise bad_request(f"{KINDS[kind]} {other} is of {zone}, the instance of {instance['zone']}")
            instance[reference] = [*instance[reference], other]
    for other in removed:
        ACCOUNT.call("PUT", f"/{kind}/{other}:detach")
        with store.changed() as cloud:
            instance = cloud.get("instance", identity)
            instance[reference] = [one for one in instance[reference] if one != other]
    if added or removed:
        firewall.refresh()


def _interfaces(identity: str, had: Values, wanted: Values) -> None:
    old = {nic["networkId"]: nic.get("ipAddress") for nic in had.get("networkInterfaces") or []}
    new = {nic["networkId"]: nic.get("ipAddress") for nic in wanted.get("networkInterfaces") or []}
    kept = {network for network in old.keys() & new.keys() if new[network] in (None, old[network])}
    for network in [network for network in old if network not in kept]:
        ACCOUNT.call("PUT", f"/private-network/{network}:detach")
        _leave(identity, network)
    for network in [network for network in new if network not in kept]:
        ACCOUNT.call("PUT", f"/private-network/{network}:attach")
        _join(identity, network, new[network])


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


def _leave(identity: str, network: str) -> None:
    cloud = store.seen()
    instance = cloud.get("instance", identity)
    if any(nic["networkId"] == network for nic in instance["interfaces"]):
        machines.disconnect(instance, cloud.get("private-network", network))
        _forget(identity, network)


def _forget(identity: str, network: str) -> None:
    with store.changed() as cloud:
        instance = cloud.get("instance", identity)
        instance["interfaces"] = [nic for nic in instance["interfaces"] if nic["networkId"] != network]
