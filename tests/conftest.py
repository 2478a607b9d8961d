"""The stand-in for Pulumi's engine that unit and program tests are run with."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks

os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "true"  # an f-string on an Output raises

# What a provider adds to the inputs, by type.
COMPUTED = {
    "tls:index/privateKey:PrivateKey": {
        "privateKeyPem": "PRIVATE-KEY-PEM",
        "privateKeyOpenssh": "PRIVATE-KEY-OPENSSH",
        "publicKeyOpenssh": "ssh-ed25519 AAAA comment\n",
    },
    "tls:index/selfSignedCert:SelfSignedCert": {"certPem": "SELF-SIGNED-PEM"},
    "tls:index/certRequest:CertRequest": {"certRequestPem": "REQUEST-PEM"},
    "tls:index/locallySignedCert:LocallySignedCert": {"certPem": "SIGNED-PEM"},
    "command:remote:Command": {"stdout": "STDOUT\n", "stderr": ""},
}


class Engine(Mocks):
    """Keeps what a program registers, by logical name."""

    def __init__(self, computed: dict[str, dict[str, Any]]):
        self.computed = computed
        self.inputs: dict[str, dict[str, Any]] = {}
        self.types: dict[str, str] = {}
        self.options: dict[str, Any] = {}
        self.finished: set[str] = set()

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.inputs[args.name] = args.inputs
        self.types[args.name] = args.typ
        named = {} if "name" in args.inputs else {"name": f"{args.name}-0123456"}
        return f"{args.name}-id", {**named, **args.inputs, **self.computed.get(args.typ, {})}

    def call(self, args: MockCallArgs) -> Any:
        raise AssertionError(f"the program looks something up: {args.token}")

    def parent(self, name: str) -> str:
        """Logical name of a resource's parent."""
        return str(self.options[name].parent.split("::")[-1])


class Monitor(MockMonitor):
    """Sees the options that mocks do not."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        assert request.name not in self.mocks.options, f"name used twice: {request.name}"
        self.mocks.options[request.name] = request
        self.mocks.types[request.name] = request.type
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        self.mocks.finished.add(request.urn.split("::")[-1])
        return super().RegisterResourceOutputs(request)


def start(computed: dict[str, dict[str, Any]], *, preview: bool) -> Engine:
    """A fresh engine, in place for the program that runs next."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    engine = Engine(computed)
    set_mocks(engine, "nuvla-swarm", "test", preview=preview, monitor=Monitor(engine))
    return engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine in update mode: every output is known."""
    yield start(COMPUTED, preview=False)
    pulumi.runtime.set_all_config({})


@pytest.fixture
def first_preview() -> Iterator[Engine]:
    """An engine in the preview of an empty stack: computed outputs are unknown."""
    yield start({}, preview=True)
    pulumi.runtime.set_all_config({})
