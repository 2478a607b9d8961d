"""``ComputeInstance``: a machine on the Docker engine that runs its user data and has its groups enforced."""

import re
from typing import Final

from exoscale.attachments import attach_all
from exoscale.bridged import Bridged, given, like
from exoscale.cloud import docker, firewall, machines, store, user_data, zones
from exoscale.cloud.api import bad_request, forbidden
from exoscale.cloud.store import Record
from exoscale.declared import COMPUTE_INSTANCE
from exoscale.records import LISTS, check_type, outputs_of, stored
from exoscale.templates import template
from standin.check import Failure
from standin.diff import Change, Kind
from standin.resource import Call, IncompleteError, StandinError, State
from standin.values import UNKNOWN, Values, plain

_NOT_HERE: Final = ("enableSecureBoot", "enableTpm", "ipv6", "private", "deployTargetId")
_REPLACING: Final = ("templateId", "sshKey", "sshKeys", "antiAffinityGroupIds", "zone")
_PLAIN: Final = ("name", "labels", "reverseDns")


class ComputeInstance(Bridged):
    """An instance of one zone, with a public address."""

    schema = COMPUTE_INSTANCE
    path = "instance"
    replacing = frozenset({*_REPLACING, *_NOT_HERE})
    sets = frozenset({*LISTS, "sshKeys", "networkInterfaces"})

    def problems(self, inputs: Values) -> list[Failure]:
        values = plain(inputs)
        failures = [
            Failure(name, f"the stand-in of exoscale has no instances with {name}")
            for name in _NOT_HERE
            if values.get(name)
        ]
        if values["type"] is not UNKNOWN and not re.fullmatch(r"[a-z]+[.][a-z-]+", values["type"]):
            failures.append(Failure("type", f"must be <family>.<size>, such as standard.large, not {values['type']!r}"))
        if {"sshKey", "sshKeys"} <= values.keys():
            failures.append(Failure("sshKey", "conflicts with sshKeys"))
        if isinstance(text := values.get("userData"), str):
            try:
                user_data.files(user_data.parsed(text), [])
            except StandinError as problem:
                failures.append(Failure("userData", str(problem)))
        return failures

    def diff(self, old: State, new: Values, ignored: frozenset[str]) -> list[Change]:
        """With what never comes to rest: user data that is encoded already, and groups that are left out."""
        found, text = super().diff(old, new, ignored), plain(new).get("userData")
        if isinstance(text, str) and user_data.text(text) != text:
            found.append(Change("userData", Kind.UPDATE))
        if "securityGroupIds" not in new:
            found.append(Change("securityGroupIds", Kind.DELETE))
        return found

    def preview_create(self, inputs: Values) -> Values:
        """Of an interface, only what is given is known."""
        outputs, given_nics = super().preview_create(inputs), plain(inputs).get("networkInterfaces")
        if isinstance(given_nics, list):
            unknown = dict.fromkeys(("ipAddress", "macAddress"), UNKNOWN)
            outputs["networkInterfaces"] = [unknown | nic if isinstance(nic, dict) else nic for nic in given_nics]
        return outputs

    def preview_update(self, old: State, new: Values) -> Values:
        outputs = super().preview_update(old, new)
        if plain(old.inputs).get("networkInterfaces") == plain(new).get("networkInterfaces"):
            outputs["networkInterfaces"] = old.outputs.get("networkInterfaces")
        return outputs

    def make(self, call: Call, inputs: Values) -> tuple[str, Values]:
        self.call("POST")
        values = {name: value for name, value in plain(inputs).items() if name in self.schema.inputs}
        zones.check(values["zone"])
        check_type(values["type"])
        template(values["zone"], values["templateId"])
        record, keys = stored(values, call.stack)
        identity = record["id"]
        try:
            machines.create(record, keys)
            firewall.refresh()
        except StandinError:
            _remove(record)
            raise
        return identity, self._settled(identity, inputs, inputs)

    def change(self, call: Call, old: State, new: Values) -> Values:
        values, record = plain(new), store.seen().get(self.path, old.id)
        if values["diskSize"] < record["diskSize"]:
            raise bad_request(
                f"unable to scale down the disk size, use size > {record['diskSize']} (given: {values['diskSize']})"
            )
        if values["type"] != record["type"]:
            check_type(values["type"])
        self.call("PUT", old.id)
        with store.changed() as cloud:
            record = cloud.get(self.path, old.id)
            for name in _PLAIN:
                record.pop(name, None)
            record |= given(new, *_PLAIN) | {"userData": values.get("userData", "")}
        return self._settled(old.id, old.inputs, new)

    def _settled(self, identity: str, known: Values, wanted: Values) -> Values:
        """Attaches and changes what comes after the creation; the next update ends what fails."""
        values = plain(wanted)
        try:
            attach_all(self, identity, values)
            self._power(identity, values)
        except StandinError as problem:
            outputs = wanted | outputs_of(store.seen().get(self.path, identity))
            raise IncompleteError(str(problem), State(identity, known, like(wanted, outputs))) from problem
        with store.changed() as cloud:
            record = cloud.get(self.path, identity)
            record["protected"] = bool(values.get("destroyProtected"))
        return {name: wanted[name] for name in self.schema.inputs if name in wanted} | outputs_of(record)

    def _power(self, identity: str, values: Values) -> None:
        """Stops, changes and starts it, as far as needed."""
        record = store.seen().get(self.path, identity)
        changed = {name: values[name] for name in ("type", "diskSize") if values[name] != record[name]}
        state = values.get("state", "running")
        if record["state"] == "running" and (changed or state == "stopped"):
            self.call("PUT", identity, "stop")
            machines.stop(record)
            record["state"] = "stopped"
        for name in changed:
            self.call("PUT", identity, "scale" if name == "type" else "resize-disk")
        if record["state"] == "stopped" and state == "running":
            self.call("PUT", identity, "start")
            machines.start(record)
            record["state"] = "running"
        with store.changed() as cloud:
            cloud.get(self.path, identity).update(changed, state=record["state"])
        if record["state"] == "running":
            firewall.refresh()

    def found(self, identity: str, outputs: Values) -> Values | None:
        """A volume that is detached and the last elastic IP that is gone are not seen."""
        record = store.seen().of(self.path).get(identity)
        if not record:
            return None
        if not docker.exists(record["container"]):
            _remove(record)  # by somebody else, from the engine
            return None
        found = outputs_of(record)
        unseen = {"blockStorageVolumeIds"} | ({"elasticIpIds"} if not found["elasticIpIds"] else set())
        return {name: value for name, value in found.items() if name not in unseen}

    def read(self, old: State) -> State | None:
        """Addresses that the cloud gave stay out of the inputs."""
        found = super().read(old)
        if not found or "networkInterfaces" not in found.inputs:
            return found
        wanted = old.inputs.get("networkInterfaces", [])
        shown = {nic["networkId"]: nic for nic in found.outputs["networkInterfaces"]}
        if {nic["networkId"] for nic in plain(wanted)} != shown.keys():
            wanted = [{name: nic[name] for name in ("networkId", "ipAddress")} for nic in shown.values()]
        return State(found.id, found.inputs | {"networkInterfaces": wanted}, found.outputs)

    def delete(self, call: Call, old: State) -> None:
        record = store.seen().of(self.path).get(old.id)
        if not record:
            return
        self.call("DELETE", old.id)
        if record["protected"]:
            raise forbidden(f"instance {record['name']} is protected: remove destroyProtected first")
        _remove(record)


def _remove(record: Record) -> None:
    """Takes the instance away with its disk, frees its volumes, and closes the zone after the last one."""
    with store.changed() as cloud:
        cloud.get("instance", record["id"])["leaves"] = True
        record = cloud.get("instance", record["id"])
    machines.delete(record)
    with store.changed() as cloud:
        cloud.of("instance").pop(record["id"], None)
        for identity in record["blockStorageVolumeIds"]:
            cloud.of("block-storage")[identity]["instance"] = ""
    firewall.refresh()
    with store.lock(f"zone-{record['zone']}"):
        zones.close_network(record["zone"])
