"""``BlockStorageVolume``: a disk that outlives instances.

Source: terraform-provider-exoscale 0.66.0, ``pkg/resources/block_storage/resource_volume.go``, under the plugin
framework's bridge.
"""

import uuid
from typing import Any, Final

from exoscale import released
from exoscale.bridged import DEFAULTS, Bridged, given
from exoscale.cloud import disks, store, zones
from exoscale.cloud.api import ACCOUNT, ApiError, bad_request, conflict, not_found
from exoscale.declared import BLOCK_STORAGE_VOLUME
from standin.check import Failure
from standin.resource import Call, StandinError, State
from standin.values import UNKNOWN, Values, plain

DEFAULT_GIB: Final = 10
LARGEST_GIB: Final = 10240
UUID_LENGTH: Final = 36
_RESIZE: Final = "unable to resize block storage volume: ResizeBlockStorageVolume"


class BlockStorageVolume(Bridged):
    """Found in an instance as ``/dev/disk/by-id/virtio-<first 20 characters of its id>``."""

    schema = BLOCK_STORAGE_VOLUME
    path = "block-storage"
    replacing = frozenset({"zone"})
    client = released.Client.FRAMEWORK

    def problems(self, inputs: Values) -> list[Failure]:
        """The plugin knows the zones, so that a preview refuses another one."""
        zone = plain(inputs).get("zone")
        if zone is UNKNOWN or zone in zones.ZONES:
            return []
        known = " ".join(f'"{name}"' for name in zones.ZONES)
        text = f'Attribute zone value must be one of: [{known}], got: "{zone}"'
        return [Failure("", f"Invalid Attribute Value Match. {text}.")]

    def make(self, call: Call, inputs: Values) -> tuple[str, Values]:
        self.call("POST", doing="Unable to create Volume: CreateBlockStorageVolume")
        record: dict[str, Any] = {"size": DEFAULT_GIB} | given(inputs, "zone", "name", "labels", "size")
        zones.check(record["zone"])
        _check_size(record["size"])
        identity = store.new_id()
        record |= {"createdAt": store.now(), "instance": ""}
        disks.create(identity, call.stack)
        with store.changed() as cloud:
            cloud.of(self.path)[identity] = record
        return identity, _outputs(record, inputs)

    def change(self, call: Call, old: State, new: Values) -> Values:
        """Each call only where the state differs from what is wanted, whatever the cloud has."""
        had, wanted = given(old.outputs, "name", "labels", "size"), given(new, "name", "labels", "size")
        if had.get("size") != wanted.get("size"):
            self.call("PUT", f"{old.id}:resize-volume", doing=_RESIZE)
            self._grow(old.id, wanted.get("size", 0))
        changed = [name for name in ("name", "labels") if had.get(name) != wanted.get(name)]
        if changed:
            self.call("PUT", old.id, doing="unable to update block storage volume: UpdateBlockStorageVolume")
        with store.changed() as cloud:
            record = cloud.get(self.path, old.id)
            record |= {name: wanted.get(name, {}) for name in changed}
        return _outputs(record, new)

    def _grow(self, identity: str, size: int) -> None:
        """It can only grow, and not on a running instance: egoscale v3 ``operations.go``, ResizeBlockStorageVolume."""
        cloud = store.seen()
        record = cloud.get(self.path, identity)
        _check_size(size)
        if record["instance"] and cloud.get("instance", record["instance"])["state"] != "stopped":
            raise conflict(f"volume {identity} is attached to a running instance: stop it or detach the volume first")
        if size <= record["size"]:
            raise bad_request(f"volume {identity} has {record['size']} GiB and can only grow, not to {size}")
        if record["instance"]:
            disks.resize(identity, size)
        with store.changed() as cloud:
            cloud.get(self.path, identity)["size"] = size

    def read(self, old: State) -> State | None:
        """What is imported has neither size nor labels; what is not there is imported all the same, as nothing."""
        if old.outputs:
            return super().read(old)
        identity, _, zone = old.id.partition("@")
        if not zone:
            raise StandinError(
                f'unexpected import identifier: Expected import identifier with format: id@zone. Got: "{old.id}"'
            )
        _check_uuid(identity)
        try:
            self.call("GET", identity, doing="unable to get storage volume: GetBlockStorageVolume")
            zones.check(zone)
        except ApiError as problem:
            raise StandinError(self.said(problem, {"zone": zone})) from None
        record = store.seen().of(self.path).get(identity)
        if record is None or record["zone"] != zone:
            return State("", {}, {})
        outputs = {"id": identity} | _outputs(record, {})
        return State(identity, {name: outputs[name] for name in ("name", "zone")} | {DEFAULTS: []}, outputs)

    def found(self, identity: str, outputs: Values) -> Values | None:
        record = store.seen().of(self.path).get(identity)
        return record and _outputs(record, outputs)

    def remove(self, call: Call, old: State) -> None:
        """Detached first, wherever it is: also from a machine that runs and has it mounted."""
        identity = str(plain(old.outputs).get("id", ""))
        _check_uuid(identity)
        self.call("PUT", f"{identity}:detach", doing="unable to detach volume: DetachBlockStorageVolume")
        if store.seen().get(self.path, identity)["instance"]:
            disks.detach(identity)
        self.call("DELETE", identity, doing="Unable to delete volume: DeleteBlockStorageVolume")
        disks.delete(identity)
        with store.changed() as cloud:
            cloud.of(self.path).pop(identity, None)


def get_volume(asked: Values) -> Values:
    """``getBlockStorageVolume``: pkg/resources/block_storage/datasource_volume.go."""
    identity, zone = str(asked["id"]), str(asked["zone"])
    ACCOUNT.call("GET", f"/block-storage/{identity}", "unable to get storage volume: GetBlockStorageVolume")
    zones.check(zone)
    _check_uuid(identity)
    record = store.seen().get(BlockStorageVolume.path, identity)
    if record["zone"] != zone:
        raise not_found(store.KINDS[BlockStorageVolume.path], identity)
    shown = _outputs(record, record) | {"id": identity, "snapshots": None, "timeouts": None}
    return {"labels": None} | shown | {"instance": {"id": record["instance"]} if record["instance"] else None}


def _check_uuid(text: str) -> None:
    """As google/uuid refuses a text."""
    try:
        uuid.UUID(text)
    except ValueError:
        problem = "format" if len(text) == UUID_LENGTH else f"length: {len(text)}"
        raise StandinError(f"unable to parse volume ID: invalid UUID {problem}") from None


def _check_size(size: int) -> None:
    if not 1 <= size <= LARGEST_GIB:
        raise bad_request(f"a volume has 1 to {LARGEST_GIB} GiB, not {size}")


def _outputs(record: dict[str, Any], known: Values) -> Values:
    """Size and labels only where the state has them already."""
    shown = {name: record[name] for name in ("zone", "name", "createdAt")}
    shown |= {name: record[name] for name in ("labels", "size") if known.get(name) is not None and name in record}
    shown |= given(known, "timeouts")
    return shown | {"blocksize": 4096, "state": "attached" if record["instance"] else "detached"}
