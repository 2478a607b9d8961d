"""Records of instances, and the outputs that the API returns for them."""

import re
from typing import Final

from exoscale.cloud import store, user_data, zones
from exoscale.cloud.api import PluginError, conflict
from exoscale.cloud.store import DEFAULT_GROUP, Record
from standin.values import Values

SIZES: Final = ("micro", "tiny", "small", "medium", "large", "extra-large", "huge")
TYPES: Final = tuple(f"standard.{size}" for size in SIZES)
APART: Final = 8  # instances of one anti-affinity group: Exoscale documentation, "Anti-Affinity Groups"
LISTS: Final = ("antiAffinityGroupIds", "blockStorageVolumeIds", "elasticIpIds", "securityGroupIds")


def check_type(name: str) -> None:
    if name not in TYPES:
        raise PluginError("unable to retrieve instance type: Not Found")


def stored(values: Values, stack: str) -> tuple[Record, list[str]]:
    """A new record, with an address and what can be referred to; and the public keys."""
    identity = store.new_id()
    names = values.get("sshKeys") or ([values["sshKey"]] if "sshKey" in values else [])
    record: Record = {
        "id": identity,
        **{name: values[name] for name in ("name", "zone", "type", "diskSize", "templateId")},
        **{name: values[name] for name in ("labels", "reverseDns") if name in values},
        "userData": values.get("userData", ""),
        "sshKeys": names,
        "securityGroupIds": values.get("securityGroupIds") or [DEFAULT_GROUP],
        "antiAffinityGroupIds": values.get("antiAffinityGroupIds", []),
        **{name: [] for name in ("elasticIpIds", "blockStorageVolumeIds", "interfaces")},
        "state": "running",
        "protected": False,
        "createdAt": store.now(),
        "stack": stack,
        "container": f"exoscale-{re.sub('[^a-zA-Z0-9_.-]', '-', values['name'])}-{identity[:8]}",
    }
    with store.changed() as cloud:
        keys = [cloud.get("ssh-key", name)["publicKey"] for name in names]
        for kind, reference in (
            ("security-group", "securityGroupIds"),
            ("anti-affinity-group", "antiAffinityGroupIds"),
        ):
            for name in record[reference]:
                if name != DEFAULT_GROUP:
                    cloud.get(kind, name)
        for name in record["antiAffinityGroupIds"]:
            if len(cloud.instances_with("antiAffinityGroupIds", name)) >= APART:
                raise conflict(f"anti-affinity group {name} has {APART} instances, and no hypervisor for another")
        taken = {other["address"] for other in cloud.of("instance").values()}
        record["address"] = zones.instance_address(values["zone"], taken)
        cloud.of("instance")[identity] = record
    return record, keys


def outputs_of(record: Record) -> Values:
    nics = [
        {"networkId": nic["networkId"], "ipAddress": nic["address"], "macAddress": nic["mac"]}
        for nic in record["interfaces"]
    ]
    names = ("name", "zone", "type", "diskSize", "templateId", "state", "createdAt", *LISTS)
    shown = {name: record[name] for name in names}
    shown |= {name: record[name] for name in ("labels", "reverseDns") if name in record}
    return shown | {
        "userData": user_data.text(record["userData"]),
        "networkInterfaces": nics,
        "privateNetworkIds": [nic["networkId"] for nic in nics],
        "macAddress": record.get("mac", ""),
        "publicIpAddress": record["address"],
        "ipv6Address": "",
    }
