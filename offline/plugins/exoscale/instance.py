"""``ComputeInstance``: a machine on the Docker engine that runs its user data and has its groups enforced.

Source: terraform-provider-exoscale 0.66.0, ``pkg/resources/instance/resource.go``, under the older framework's bridge.
"""

import re
from collections.abc import Callable
from typing import Final

from exoscale import released
from exoscale.attachments import created, updated
from exoscale.bridged import Bridged, given
from exoscale.cloud import docker, firewall, machines, store, user_data, zones
from exoscale.cloud.api import ApiError, PluginError, forbidden
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
_TRACKED: Final = frozenset({*LISTS, *_PLAIN, "type", "diskSize", "destroyProtected"})


class ComputeInstance(Bridged):
    """An instance of one zone, with a public address."""

    schema = COMPUTE_INSTANCE
    path = "instance"
    replacing = frozenset({*_REPLACING, *_NOT_HERE})
    sets = frozenset({*LISTS, "sshKeys", "networkInterfaces"})
    client = released.Client.THIRD

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
        """With what never comes to rest: user data that is encoded already, and groups that are left out.

        Compared with the outputs, as these are the state of the released plugin: what a failed update should have
        attached or changed is there already.
        """
        known = dict(old.inputs)
        for name in _TRACKED & old.outputs.keys() & (new.keys() | old.inputs.keys()):
            value = old.outputs[name]
            known[name] = value if value or plain(new).get(name) == value else None
        known = {name: value for name, value in known.items() if value is not None}
        found = super().diff(State(old.id, known, old.outputs), new, ignored)
        text = plain(new).get("userData")
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
        values = {name: value for name, value in plain(inputs).items() if name in self.schema.inputs}
        zones.check(values["zone"])
        check_type(values["type"])
        self.call("POST", doing="CreateInstance")
        template(values["zone"], values["templateId"])
        record, keys = stored(values, call.stack)
        identity = record["id"]
        try:
            machines.create(record, keys)
            firewall.refresh()
        except StandinError:
            _remove(record)
            raise

        def finish() -> None:
            if values.get("destroyProtected"):
                self._protect(identity, wanted=True)
            created(identity, values)
            self._power(identity, {}, values)

        return identity, self._settled(call, State(identity, inputs), inputs, finish)

    def change(self, call: Call, old: State, new: Values) -> Values:
        """In the order of the released plugin's rUpdate; the protection comes last, and in every update."""
        had, values = plain(old.outputs), plain(new)

        def finish() -> None:
            changed = [name for name in _PLAIN if had.get(name) != values.get(name)]
            if "userData" not in old.outputs or user_data.text(values.get("userData", "")) != had["userData"]:
                changed.append("userData")
            if changed:
                self.call("PUT", old.id, doing="UpdateInstance")
            with store.changed() as cloud:
                record = cloud.get(self.path, old.id)
                for name in changed:
                    record.pop(name, None)
                record |= {"userData": ""} | record | given(new, *changed)
            updated(old.id, had, values)
            self._power(old.id, had, values)
            self._protect(old.id, wanted=bool(values.get("destroyProtected")))

        return self._settled(call, old, new, finish, "updating")

    def _settled(
        self, call: Call, old: State, wanted: Values, finish: Callable[[], None], doing: str = "creating"
    ) -> Values:
        """What comes after the first call. A failure leaves the state as if all had been done, and nothing is read."""
        given_inputs = {name: wanted[name] for name in self.schema.inputs if name in wanted}
        try:
            finish()
        except StandinError as problem:
            refused = self.failure(call, problem, wanted, doing) if isinstance(problem, ApiError) else problem
            planned = old.outputs | {"id": old.id} | given_inputs
            planned |= {name: [] for name in LISTS if name in old.outputs and name not in given_inputs}
            raise IncompleteError(str(refused), State(old.id, old.inputs, planned)) from problem
        unread = {"blockStorageVolumeIds": given_inputs.get("blockStorageVolumeIds", [])}  # rApply leaves them alone
        return given_inputs | outputs_of(store.seen().get(self.path, old.id)) | unread

    def _protect(self, identity: str, *, wanted: bool) -> None:
        self.call("PUT", f"{identity}:{'add' if wanted else 'remove'}-protection")
        with store.changed() as cloud:
            cloud.get(self.path, identity)["protected"] = wanted

    def _power(self, identity: str, had: Values, values: Values) -> None:
        """Stops, changes and starts it, as far as needed."""
        record = store.seen().get(self.path, identity)
        changed = [name for name in ("diskSize", "type") if had and values[name] != had[name]]
        if "diskSize" in changed and values["diskSize"] < record["diskSize"]:
            raise PluginError(f"unable to scale down the disk size, use size > {record['diskSize']}")
        if "type" in changed:
            check_type(values["type"])
        state = values.get("state", "running")
        if record["state"] == "running" and (changed or state == "stopped"):
            self.call("PUT", f"{identity}:stop", doing="unable to stop instance: StopInstance")
            machines.stop(record)
            record["state"] = "stopped"
        for name in changed:
            self.call("PUT", f"{identity}:{'scale' if name == 'type' else 'resize-disk'}")
        if record["state"] == "stopped" and state == "running" and (changed or had.get("state") == "stopped"):
            self.call("PUT", f"{identity}:start", doing="unable to start instance: StartInstance")
            machines.start(record)
            record["state"] = "running"
        with store.changed() as cloud:
            cloud.get(self.path, identity).update({name: values[name] for name in changed}, state=record["state"])
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

    def remove(self, call: Call, old: State) -> None:
        """At once, as it runs: it is neither stopped before, nor are its volumes detached."""
        self.call("DELETE", old.id, doing="DeleteInstance")
        record = store.seen().get(self.path, old.id)
        if record["protected"]:
            reason = "manual instance protection is enabled"
            raise forbidden(f"Operation delete-instance on resource {old.id} is forbidden - reason: {reason}")
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
