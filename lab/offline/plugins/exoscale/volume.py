"""``BlockStorageVolume``: a disk that outlives instances."""

from typing import Any

from exoscale.bridged import Bridged, given
from exoscale.cloud import disks, store, zones
from exoscale.cloud.api import bad_request, conflict
from exoscale.declared import BLOCK_STORAGE_VOLUME
from standin.resource import Call, State
from standin.values import Values

DEFAULT_GIB = 10
LARGEST_GIB = 10240


class BlockStorageVolume(Bridged):
    """Found in an instance as ``/dev/disk/by-id/virtio-<first 20 characters of its id>``."""

    schema = BLOCK_STORAGE_VOLUME
    path = "block-storage"
    replacing = frozenset({"zone"})

    def make(self, call: Call, inputs: Values) -> tuple[str, Values]:
        self.call("POST")
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
        wanted = given(new, "name", "labels", "size")
        size = wanted.get("size", DEFAULT_GIB)
        record = store.seen().get(self.path, old.id)
        if size != record["size"]:
            self.call("PUT", old.id, "resize-volume")
            self._grow(old.id, size)
        self.call("PUT", old.id)
        with store.changed() as cloud:
            record = cloud.get(self.path, old.id)
            record["size"] = size
            record["name"], record["labels"] = wanted["name"], wanted.get("labels", {})
        return _outputs(record, new)

    def _grow(self, identity: str, size: int) -> None:
        cloud = store.seen()
        record = cloud.get(self.path, identity)
        _check_size(size)
        if size < record["size"]:
            raise bad_request(f"volume {identity} has {record['size']} GiB and cannot shrink to {size}")
        if record["instance"] and cloud.get("instance", record["instance"])["state"] != "stopped":
            raise conflict(f"volume {identity} is attached to a running instance: stop it or detach the volume first")
        if record["instance"]:
            disks.resize(identity, size)

    def found(self, identity: str, outputs: Values) -> Values | None:
        record = store.seen().of(self.path).get(identity)
        return record and _outputs(record, outputs or record)

    def delete(self, call: Call, old: State) -> None:
        """Detached first, wherever it is, as the released plugin does."""
        if old.id not in store.seen().of(self.path):
            return
        self.call("PUT", old.id, "detach")
        disks.detach(old.id)
        self.call("DELETE", old.id)
        disks.delete(old.id)
        with store.changed() as cloud:
            cloud.of(self.path).pop(old.id, None)


def _check_size(size: int) -> None:
    if not 1 <= size <= LARGEST_GIB:
        raise bad_request(f"a volume has 1 to {LARGEST_GIB} GiB, not {size}")


def _outputs(record: dict[str, Any], inputs: Values) -> Values:
    """With those of the optional properties that were given."""
    shown = {name: record[name] for name in ("zone", "name", "createdAt")}
    shown |= {name: record[name] for name in ("labels", "size") if name in inputs and name in record}
    shown |= given(inputs, "timeouts")
    return shown | {"blocksize": 4096, "state": "attached" if record["instance"] else "detached"}
