"""Base of the resource types: automatic names, and the inputs whose change replaces a resource."""

import secrets
from hashlib import sha256
from typing import ClassVar

from exoscale import released
from exoscale.cloud.api import ACCOUNT, ApiError
from standin.diff import Change, changes
from standin.resource import Call, Resource, StandinError, State
from standin.values import UNKNOWN, Secret, Value, Values, plain, secret

DEFAULTS = "__defaults"  # of the inputs: which of them the plugin has filled in, as bridged plugins note it


class Bridged(Resource):
    """A resource type of the cloud's API."""

    path: ClassVar[str]  # of the API, and kind of the records
    replacing: ClassVar[frozenset[str]] = frozenset()
    sets: ClassVar[frozenset[str]] = frozenset()  # lists whose order says nothing
    client: ClassVar[released.Client] = released.Client.SECOND  # whose words errors have

    def named(self, inputs: Values, old: Values, name: str, seed: bytes) -> Values:
        """With a name `<logical>-<7 hex>` when none is given; an update keeps that of the old inputs."""
        if "name" not in self.schema.inputs or "name" in inputs:
            return inputs | {DEFAULTS: []}
        known = old.get("name") if "name" in old.get(DEFAULTS, []) else None
        drawn = sha256(seed).hexdigest()[:7] if seed else secrets.token_hex(4)[:7]
        return inputs | {"name": known or f"{name}-{drawn}", DEFAULTS: ["name"]}

    def deletes_first(self, new: Values) -> bool:
        """As bridged plugins do: two of one given name cannot be there at once."""
        return "name" in self.schema.inputs and "name" not in new.get(DEFAULTS, [])

    def diff(self, old: State, new: Values, ignored: frozenset[str]) -> list[Change]:
        found = changes(self._ordered(old.inputs), self._ordered(new), ignored)
        return [Change(c.path, c.kind, replaces=c.top in self.replacing) for c in found]

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        try:
            identity, outputs = self.make(call, inputs)
        except ApiError as problem:
            raise self.failure(call, problem, inputs) from None
        return identity, like(inputs, {"id": identity} | outputs)

    def make(self, call: Call, inputs: Values) -> tuple[str, Values]:
        """As `create`, without secret marks of outputs."""
        raise NotImplementedError

    def update(self, call: Call, old: State, new: Values) -> Values:
        try:
            return like(new, {"id": old.id} | self.change(call, old, new))
        except ApiError as problem:
            raise self.failure(call, problem, new, "updating") from None

    def change(self, call: Call, old: State, new: Values) -> Values:
        """As `update`, without secret marks of outputs."""
        raise NotImplementedError

    def delete(self, call: Call, old: State) -> None:
        try:
            self.remove(call, old)
        except ApiError as problem:
            raise self.failure(call, problem, old.outputs, "deleting") from None

    def remove(self, call: Call, old: State) -> None:
        """As `delete`, with the API's own errors."""
        raise NotImplementedError

    def failure(self, call: Call, problem: ApiError, values: Values, doing: str = "") -> StandinError:
        """What is said of a refusal; `doing` where the released plugin knows of the resource by then."""
        text = self.said(problem, values)
        if self.client is released.Client.FRAMEWORK:
            return StandinError(text)
        released.log(call, text)
        whole = released.listed(text)
        if doing == "updating":
            whole = released.listed(f"{doing} {call.urn}: {whole}")
        elif doing:
            whole = f"{doing} {call.urn}: {whole}"
        return StandinError(whole)

    def said(self, problem: ApiError, values: Values) -> str:
        """What the API's client makes of a refusal."""
        return released.said(self.client, problem, str(plain(values).get("zone", "")))

    def preview_update(self, old: State, new: Values) -> Values:
        """What an update in place leaves as it is, is known."""
        kept = {name: value for name, value in old.outputs.items() if name in self.schema.computed}
        return self.preview_create(new) | kept

    def preview_create(self, inputs: Values) -> Values:
        unknown = [name for name, p in self.schema.outputs.items() if p.always and not p.required]
        return dict.fromkeys(unknown, UNKNOWN) | inputs

    def read(self, old: State) -> State | None:
        """The record of that id; an imported one may be named `<id>@<zone>`."""
        identity, _, zone = old.id.partition("@")
        try:
            self.call("GET", identity)
            found = self.found(identity, old.outputs)
        except ApiError as problem:
            raise StandinError(self.said(problem, old.outputs or {"zone": zone})) from None
        if found is None:
            return None
        imported = not old.outputs
        known = {name: found[name] for name in self.schema.inputs if name in found}
        found = {"id": identity} | found
        if imported:
            return State(identity, known | {DEFAULTS: []}, found)
        refreshed = {name: known.get(name, value) for name, value in old.inputs.items()}
        return State(identity, like(old.inputs, refreshed), like(old.outputs, old.outputs | found))

    def found(self, identity: str, outputs: Values) -> Values | None:
        """What the API says of the record of that id, as outputs; None when there is none."""
        raise NotImplementedError

    def call(self, method: str, *steps: str, doing: str = "") -> None:
        """Counts a call of the API."""
        ACCOUNT.call(method, "/" + "/".join((self.path, *steps)), doing)

    def _ordered(self, inputs: Values) -> Values:
        lists = {name: plain(value) for name, value in inputs.items() if name in self.sets}
        return inputs | {name: sorted(value, key=str) for name, value in lists.items() if isinstance(value, list)}


def like(before: Values, after: Values) -> Values:
    """The values with the secret marks, and in the order, that they had before."""
    return {name: _like(before.get(name), value) for name, value in after.items()}


def _like(before: Value, after: Value) -> Value:
    old, new = plain(before), plain(after)
    if old == new or (isinstance(old, list) and isinstance(new, list) and sorted(old, key=str) == sorted(new, key=str)):
        return before
    return secret(after) if isinstance(before, Secret) else after


def given(inputs: Values, *names: str) -> Values:
    """Some of the inputs, those that are there, without secret marks."""
    values: dict[str, Value] = plain(inputs)
    return {name: values[name] for name in names if name in values}
