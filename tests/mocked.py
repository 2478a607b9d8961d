"""The stand-in for Pulumi's engine, and the way to run a component or the whole program with it."""

import asyncio
import gc
import json
import os
import runpy
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from zlib import crc32

import grpc  # type: ignore[import-untyped]
import pulumi
from pulumi.runtime import resource as runtime_resource
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.settings import get_root_resource, set_root_resource
from pulumi.runtime.stack import run_in_stack, wait_for_rpcs

from stacks import prior_state
from tests.stack_config import texts

T = TypeVar("T")
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "true"  # an f-string on an Output raises
# Which line of the program registers a resource is shown to nobody here, and costs a quarter of each run.
vars(runtime_resource)["_get_stack_trace"] = source_pb2.StackTrace
PROGRAM = Path(__file__).parent.parent / "__main__.py"

STASH = "pulumi:index:Stash"  # of its input the first one counts; each run has another, which is no change

# What a provider adds to the inputs, by type: each text tells which resource it is of.
COMPUTED: dict[str, dict[str, str]] = {
    "tls:index/privateKey:PrivateKey": {
        "privateKeyPem": "PRIVATE-KEY-PEM:{name}",
        "privateKeyOpenssh": "PRIVATE-KEY-OPENSSH:{name}",
        "publicKeyOpenssh": "ssh-ed25519 {name} comment\n",
    },
    "tls:index/selfSignedCert:SelfSignedCert": {
        "certPem": "SELF-SIGNED-PEM:{name}",
        "validityEndTime": "2036-11-26T06:00:00Z",
    },
    "tls:index/certRequest:CertRequest": {"certRequestPem": "REQUEST-PEM:{name}"},
    "tls:index/locallySignedCert:LocallySignedCert": {
        "certPem": "SIGNED-PEM:{name}",
        "validityEndTime": "2027-11-29T06:00:00Z",
    },
    STASH: {"output": "OUTPUT:{name}"},
    "random:index/randomPassword:RandomPassword": {"result": "RESULT:{name}", "bcryptHash": "BCRYPT:{name}"},
    "command:remote:Command": {"stdout": "STDOUT:{name}\n", "stderr": ""},
    "exoscale:index/computeInstance:ComputeInstance": {"publicIpAddress": "PUBLIC-ADDRESS:{name}"},
    "exoscale:index/elasticIp:ElasticIp": {"ipAddress": "ELASTIC-ADDRESS:{name}"},
}

# Whatever changes of them, they are replaced: another id.
IMMUTABLE = {
    "docker:index/network:Network",
    "docker:index/secret:Secret",
    "docker:index/serviceConfig:ServiceConfig",
}


class Refusal(grpc.RpcError):  # type: ignore[misc]
    """What the SDK gets of a plugin that refuses a look-up."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return self.text


class Engine(Mocks):
    """Keeps what a program registers, by logical name."""

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

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.given[args.name] = args.inputs if args.typ != STASH else {}
        self.types[args.name] = args.typ
        named = {} if "name" in args.inputs else {"name": f"{args.name}-0123456"}
        if self.preview:  # nothing that a provider computes is known, ids neither
            return "", {**named, **args.inputs}
        version = crc32(json.dumps(unveiled(args.inputs), sort_keys=True).encode()) if args.typ in IMMUTABLE else ""
        computed = {key: text.format(name=args.name) for key, text in COMPUTED.get(args.typ, {}).items()}
        outputs = {**named, **args.inputs, **computed}
        taken_over = (args.resource_id or "").partition("@")[0]
        identity = taken_over or self.stood(args, "id") or f"{args.name}-id{version}"
        self.outputs[args.name] = unveiled({"id": identity, **outputs})
        return identity, outputs

    def stood(self, args: MockResourceArgs, key: str) -> str | None:
        """What the state has of a resource that a change leaves in its place."""
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
        """Block storage, as Exoscale tells of it."""
        if identity not in self.volumes:
            raise Refusal("unable to get storage volume: GetBlockStorageVolume: http response: Not Found")
        return self.volumes[identity]

    def inputs(self, name: str) -> dict[str, Any]:
        """A resource's inputs, secrets unveiled."""
        return cast(dict[str, Any], unveiled(self.given[name]))

    def is_secret(self, name: str, key: str) -> bool:
        """Whether an input is a secret as a whole."""
        return rpc.is_rpc_secret(self.given[name][key])

    def script(self, name: str) -> str:
        """What a command runs, its parameters before it."""
        return str(self.inputs(name)["stdin"])

    def parameters(self, name: str) -> dict[str, str]:
        """Parameters of a command's script that are one plain line, as bash would read them."""
        lines = self.script(name).split("#!/usr/bin/env bash")[0].splitlines()
        assignments = [line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export ")]
        return {key: value.strip("'") for key, value in assignments}

    def triggers(self, name: str) -> list[str]:
        """What another one of makes a command run again, though its script does not use it."""
        return str(self.inputs(name).get("update", "")).split(" # ")[1:]

    def parent(self, name: str) -> str:
        """Logical name of a resource's parent."""
        return _name(self.options[name].parent)

    def ancestors(self, name: str) -> Iterator[str]:
        """A resource, its parent, and so on up to the stack."""
        while name in self.options:
            yield name
            name = self.parent(name)

    def children(self, name: str) -> set[str]:
        """Names of what has this parent."""
        return {child for child in self.options if self.parent(child) == name}

    def dependencies(self, name: str) -> set[str]:
        """Names of what is up before a resource is made."""
        return {_name(urn) for urn in self.options[name].dependencies}

    def deleted_with(self, name: str) -> str:
        """What a resource goes with: children inherit it, in the engine."""
        return next((_name(urn) for n in self.ancestors(name) if (urn := self.options[n].deletedWith)), "")

    def replaced_with(self, name: str) -> set[str]:
        """Names of what a resource is replaced with."""
        return {_name(urn) for urn in self.options[name].replace_with}

    def provider(self, name: str) -> str:
        """Name of the explicit provider of a resource, empty if it has the default one."""
        return _name(self.options[name].provider.rpartition("::")[0])

    def state_after(self) -> dict[str, Any]:
        """What the stack's state has once all of this is made, as the program is told it."""
        return {
            f"urn:pulumi:test::nuvla-swarm::{kind}::{name}": {"type": kind, "outputs": self.outputs.get(name, {})}
            for name, kind in self.types.items()
        }

    def components(self) -> set[str]:
        """Names of the program's components."""
        return {name for name, kind in self.types.items() if kind.startswith("nuvla:")}


class Monitor(MockMonitor):
    """Sees the options that mocks do not."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        mocks = cast(Engine, self.mocks)
        if request.type != "pulumi:pulumi:Stack":
            assert request.name not in mocks.options, f"name used twice: {request.name}"
            mocks.options[request.name] = request
        return cast(Any, super()).RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        mocks = cast(Engine, self.mocks)
        mocks.finished.add(_name(request.urn))
        mocks.outputs[_name(request.urn)] = unveiled(rpc.deserialize_properties(request.outputs))
        return cast(Any, super()).RegisterResourceOutputs(request)


class _Threads(ThreadPoolExecutor):
    """Threads that outlive an event loop: Pulumi opens a loop in each one and never closes it."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Not with the loop, but with the process."""


_threads = _Threads()
_loops: list[asyncio.AbstractEventLoop] = []


def start(*, preview: bool = False, state: dict[str, Any] | None = None) -> Engine:
    """A fresh engine, event loop and empty configuration for what runs next.

    In a preview nothing that a provider computes is known, as in the first one of an empty stack.
    """
    for loop in _loops:
        loop.close()
    _loops[:] = [asyncio.new_event_loop()]
    _loops[0].set_default_executor(_threads)
    asyncio.set_event_loop(_loops[0])
    pulumi.runtime.set_all_config({}, [])
    engine = Engine(preview=preview)
    engine.state = state or {}
    set_root_resource(cast(pulumi.Resource, None))
    set_mocks(engine, "nuvla-swarm", "test", preview=preview, monitor=Monitor(engine), organization="organization")
    _loops[0].run_until_complete(wait_for_rpcs())  # the stack's own
    return engine


def build(make: Callable[[], T]) -> T:
    """What `make` returns, after every resource that it made has been registered."""
    made: list[T] = []
    cast(Any, pulumi.runtime).test(lambda: made.append(make()))()
    return made[0]


@dataclass(frozen=True)
class Secret:
    """A secret of which the value is known."""

    value: Any


def value(thing: Any) -> Any:
    """What an Output holds, also deep inside objects; secrets as `Secret`."""
    if isinstance(thing, pulumi.Output):
        known, secret = _loops[0].run_until_complete(_awaited(thing))
        return Secret(known) if secret else value(known)
    if isinstance(thing, Mapping):
        return {key: value(one) for key, one in thing.items()}
    return [value(one) for one in thing] if isinstance(thing, list) else thing


@dataclass(frozen=True)
class Program:
    """A run of the whole program."""

    engine: Engine
    outputs: dict[str, Any]  # not yet known ones are None


def run_program(
    document: Mapping[str, Any],
    *,
    preview: bool = False,
    secrets: Mapping[str, str] | None = None,
    state: dict[str, Any] | None = None,
    volumes: Mapping[str, dict[str, Any]] | None = None,
    seen: Callable[[Engine], None] = lambda engine: None,
) -> Program:
    """`__main__.py` with a configuration, handed over as Pulumi does it, and with the state of an earlier run."""
    engine = start(preview=preview, state=state)
    engine.volumes |= volumes or {}
    seen(engine)  # before it may be refused
    secret_texts = {f"nuvla-swarm:{key}": text for key, text in (secrets or {}).items()}
    pulumi.runtime.set_all_config({**texts(document), **secret_texts}, list(secret_texts))
    set_root_resource(cast(pulumi.Resource, None))
    stacks: list[Any] = []

    def program() -> None:
        stacks.append(get_root_resource())
        runpy.run_path(str(PROGRAM), run_name="__main__")

    try:
        _loops[0].run_until_complete(run_in_stack(program))
    finally:
        gc.enable()  # this process lives longer than a program
    return Program(engine, value(stacks[0].outputs))


def unveiled(thing: Any) -> Any:
    """Inputs without their marks of secrets."""
    if rpc.is_rpc_secret(thing):
        return unveiled(rpc.unwrap_rpc_secret(thing))
    if isinstance(thing, Mapping):
        return {key: unveiled(one) for key, one in thing.items()}
    return [unveiled(one) for one in thing] if isinstance(thing, list) else thing


async def _awaited(output: pulumi.Output[T]) -> tuple[T | None, bool]:
    return await output.future(), await output.is_secret()


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
