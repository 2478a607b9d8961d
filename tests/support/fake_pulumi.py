"""A fake of Pulumi's engine: it records the resources of a program and answers with their outputs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast
from zlib import crc32

import grpc  # type: ignore[import-untyped]
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from stacks import prior_state
from tests.support.computed_outputs import COMPUTED, IMMUTABLE, STASH

MADE_OF_INPUTS = ("tls:", "random:", "command:remote:")
STACK = "pulumi:pulumi:Stack"  # the one resource that `new_resource` does not see


class Refusal(grpc.RpcError):  # type: ignore[misc]
    """The error that the SDK receives when a provider refuses a look-up."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return self.text


class FakePulumi(Mocks):
    """Keeps the resources that a program registers, by logical name."""

    def __init__(self, *, preview: bool):
        self.preview = preview
        self.given: dict[str, dict[str, Any]] = {}  # inputs, with their marks of secrets
        self.types: dict[str, str] = {}
        self.options: dict[str, Any] = {}  # the requests: parent, dependencies, provider, ...
        self.finished: set[str] = set()  # components that registered their outputs
        self.outputs: dict[str, dict[str, Any]] = {}  # of resources
        self.state: dict[str, Any] = {}  # types and outputs of the resources that the stack has, by URN
        self.volumes: dict[str, dict[str, Any]] = {}  # block storage that Exoscale has, by id
        self.asked = ""  # the stack whose state was asked for
        self.unreadable = 0  # times that it cannot be read
        self.has_contents = False  # whether keys, certificates and answers differ where what they are made of differs

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.given[args.name] = args.inputs if args.typ != STASH else {}
        self.types[args.name] = args.typ
        named = {} if "name" in args.inputs else {"name": f"{args.name}-0123456"}
        if self.preview:  # nothing that a provider computes is known, ids neither
            return "", {**named, **args.inputs}
        version = crc32(json.dumps(unveiled(args.inputs), sort_keys=True).encode()) if args.typ in IMMUTABLE else ""
        computed = {
            key: self.with_contents(text.format(name=args.name), args)
            for key, text in COMPUTED.get(args.typ, {}).items()
        }
        outputs = {**named, **args.inputs, **computed}
        taken_over = (args.resource_id or "").partition("@")[0]
        identity = taken_over or self.stood(args, "id") or f"{args.name}-id{version}"
        self.outputs[args.name] = unveiled({"id": identity, **outputs})
        return identity, outputs

    def with_contents(self, text: str, args: MockResourceArgs) -> str:
        """Return an output that differs where the inputs of its resource differ, if that is wanted."""
        if not self.has_contents or not args.typ.startswith(MADE_OF_INPUTS):
            return text
        trigger = str(self.options[args.name].replacement_trigger)
        # What a command prints does not depend on how it is reached.
        made_of = {key: one for key, one in unveiled(args.inputs).items() if key != "connection"}
        mark = crc32(json.dumps([made_of, trigger], sort_keys=True).encode())
        if text.endswith(":00:00Z"):  # a time
            return f"{text.removesuffix('00:00Z')}{mark % 60:02}:{mark // 60 % 60:02}Z"
        return f"{text.rstrip()}~{mark}{text[len(text.rstrip()) :]}"

    def stood(self, args: MockResourceArgs, key: str) -> str | None:
        """Return an output that the earlier state has of a resource, unless any change replaces the resource."""
        urns = [urn for urn in self.state if urn.endswith(f"::{args.typ}::{args.name}")]
        found = self.state[urns[0]]["outputs"].get(key) if urns and args.typ not in IMMUTABLE else None
        return str(found) if found else None

    def call(self, args: MockCallArgs) -> Any:
        if args.token == prior_state.OUTPUTS:  # which the engine answers by itself
            self.asked = args.args["stackName"]
            if self.unreadable:
                self.unreadable -= 1
                raise Refusal("failed to load checkpoint: EOF")
            return {"name": self.asked, "outputs": self.state}
        if args.token == "exoscale:index/getBlockStorageVolume:getBlockStorageVolume":
            return self.look_up(args.args["id"])
        raise AssertionError(f"the program looks something up: {args.token}")

    def look_up(self, identity: str) -> dict[str, Any]:
        """Return the block storage with this id, as Exoscale describes it."""
        if identity not in self.volumes:
            raise Refusal("unable to get storage volume: GetBlockStorageVolume: http response: Not Found")
        return self.volumes[identity]

    def inputs(self, name: str) -> dict[str, Any]:
        """Return the inputs of a resource, with the values of its secrets."""
        return cast(dict[str, Any], unveiled(self.given[name]))

    def is_secret(self, name: str, key: str) -> bool:
        """Return whether an input as a whole is a secret."""
        return rpc.is_rpc_secret(self.given[name][key])

    def script(self, name: str) -> str:
        """Return the script of a command, after the lines that set its parameters."""
        return str(self.inputs(name)["stdin"])

    def parameters(self, name: str) -> dict[str, str]:
        """Return the parameters of a command's script that fit on one line, as bash reads them."""
        lines = self.script(name).split("#!/usr/bin/env bash")[0].splitlines()
        assignments = [line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export ")]
        return {key: value.strip("'") for key, value in assignments}

    def triggers(self, name: str) -> list[str]:
        """Return the values that rerun a command when they change, although its script does not use them."""
        return str(self.inputs(name).get("update", "")).split(" # ")[1:]

    def parent(self, name: str) -> str:
        """Return the logical name of a resource's parent."""
        return _name(self.options[name].parent)

    def ancestors(self, name: str) -> Iterator[str]:
        """Yield a resource, its parent, and so on up to the stack."""
        while name in self.options:
            yield name
            name = self.parent(name)

    def children(self, name: str) -> set[str]:
        """Return the names of the resources that have this parent."""
        return {child for child in self.options if self.parent(child) == name}

    def dependencies(self, name: str) -> set[str]:
        """Return the names of the resources that a resource depends on."""
        return {_name(urn) for urn in self.options[name].dependencies}

    def deleted_with(self, name: str) -> str:
        """Return the resource that a resource is deleted with; Pulumi's engine lets children inherit this."""
        return next((_name(urn) for n in self.ancestors(name) if (urn := self.options[n].deletedWith)), "")

    def replaced_with(self, name: str) -> set[str]:
        """Return the names of the resources that a resource is replaced with."""
        return {_name(urn) for urn in self.options[name].replace_with}

    def provider(self, name: str) -> str:
        """Return the name of a resource's explicit provider, empty if it has the default provider."""
        return _name(self.options[name].provider.rpartition("::")[0])

    def state_after(self) -> dict[str, Any]:
        """Return the state of the stack after this run, in the form in which the program reads it."""
        types = {name: self.types.get(name, STACK) for name in {**self.types, **self.outputs}}
        return {
            f"urn:pulumi:test::nuvla-swarm::{kind}::{name}": {"type": kind, "outputs": self.outputs.get(name, {})}
            for name, kind in types.items()
        }

    def components(self) -> set[str]:
        """Return the names of the program's components."""
        return {name for name, kind in self.types.items() if kind.startswith("nuvla:")}


class FakeMonitor(MockMonitor):
    """Records the options of resources, which `Mocks` does not receive."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        mocks = cast(FakePulumi, self.mocks)
        if request.type != STACK:
            assert request.name not in mocks.options, f"name used twice: {request.name}"
            mocks.options[request.name] = request
        return cast(Any, super()).RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        mocks = cast(FakePulumi, self.mocks)
        mocks.finished.add(_name(request.urn))
        mocks.outputs[_name(request.urn)] = unveiled(rpc.deserialize_properties(request.outputs))
        return cast(Any, super()).RegisterResourceOutputs(request)


def unveiled(thing: Any) -> Any:
    """Return inputs without their marks of secrets."""
    if rpc.is_rpc_secret(thing):
        return unveiled(rpc.unwrap_rpc_secret(thing))
    if isinstance(thing, Mapping):
        return {key: unveiled(one) for key, one in thing.items()}
    return [unveiled(one) for one in thing] if isinstance(thing, list) else thing


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
