"""A provider plugin as the engine sees it: a process that answers gRPC and writes to a log."""

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

PLUGINS = Path(__file__).resolve().parents[2] / "offline" / "plugins"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
PATIENCE_S = 120
CREDENTIALS = {
    "EXOSCALE_API_KEY": "EXO-of-a-test",
    "EXOSCALE_API_SECRET": "secret of a test",
}  # else one refuses to run
Values = dict[str, Any]


def secret(value: Any) -> Values:
    """A secret as it goes over the wire."""
    return {SIGNATURE: SECRET, "value": value}


def is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def plain(value: Any) -> Any:
    """A value without secret marks."""
    if is_secret(value):
        return plain(value["value"])
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


class Log(engine_pb2_grpc.EngineServicer):
    """Keeps what the plugin logs."""

    def __init__(self) -> None:
        self.entries: list[Any] = []

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802 - gRPC's name
        self.entries.append(request)
        return empty_pb2.Empty()

    @property
    def lines(self) -> list[str]:
        return [entry.message for entry in self.entries]


@dataclass(frozen=True)
class Made:
    """A resource as the state has it."""

    id: str
    inputs: Values
    outputs: Values


@dataclass
class Plugin:
    """One running plugin, and one resource type and name to ask it about."""

    stub: provider_pb2_grpc.ResourceProviderStub
    log: Log
    process: subprocess.Popen[str]
    token: str = ""
    name: str = "it"
    features: Any = None  # its answer to Configure

    @property
    def urn(self) -> str:
        return f"urn:pulumi:test::nuvla-swarm::{self.token}::{self.name}"

    def of(self, token: str) -> "Plugin":
        return replace(self, token=token)

    def schema(self) -> Values:
        return dict(json.loads(self.stub.GetSchema(provider_pb2.GetSchemaRequest(), timeout=PATIENCE_S).schema))

    def failures(self, inputs: Values) -> dict[str, str]:
        """What Check refuses: path -> reason."""
        answer = self.stub.Check(provider_pb2.CheckRequest(urn=self.urn, news=_struct(inputs)), timeout=PATIENCE_S)
        return {failure.property: failure.reason for failure in answer.failures}

    def check(self, inputs: Values, olds: Values | None = None) -> Values:
        request = provider_pb2.CheckRequest(urn=self.urn, news=_struct(inputs), olds=_struct(olds or {}))
        answer = self.stub.Check(request, timeout=PATIENCE_S)
        assert not answer.failures, answer.failures
        return _values(answer.inputs)

    def diff(self, old: Made, new: Values) -> dict[str, str]:
        """Path -> kind of change."""
        answer = self.difference(old, new)
        kind = provider_pb2.PropertyDiff.Kind
        assert (answer.changes == answer.DIFF_SOME) == bool(answer.detailedDiff)
        return {path: kind.Name(change.kind) for path, change in answer.detailedDiff.items()}

    def difference(self, old: Made, new: Values) -> Any:
        """The answer as it is."""
        request = provider_pb2.DiffRequest(
            urn=self.urn,
            id=old.id,
            olds=_struct(old.outputs),
            old_inputs=_struct(old.inputs),
            news=_struct(self.check(new, old.inputs)),
        )
        return self.stub.Diff(request, timeout=PATIENCE_S)

    def create(self, inputs: Values, *, timeout: float = 0) -> Made:
        checked = self.check(inputs)
        request = provider_pb2.CreateRequest(urn=self.urn, properties=_struct(checked), timeout=timeout)
        answer = self.stub.Create(request, timeout=PATIENCE_S)
        return Made(answer.id, checked, _values(answer.properties))

    def preview(self, inputs: Values) -> Values:
        request = provider_pb2.CreateRequest(urn=self.urn, properties=_struct(self.check(inputs)), preview=True)
        return _values(self.stub.Create(request, timeout=PATIENCE_S).properties)

    def update(self, old: Made, new: Values, *, preview: bool = False) -> Made:
        checked = self.check(new, old.inputs)
        request = provider_pb2.UpdateRequest(
            urn=self.urn,
            id=old.id,
            olds=_struct(old.outputs),
            old_inputs=_struct(old.inputs),
            news=_struct(checked),
            preview=preview,
        )
        return Made(old.id, checked, _values(self.stub.Update(request, timeout=PATIENCE_S).properties))

    def read(self, old: Made) -> Made:
        request = provider_pb2.ReadRequest(
            urn=self.urn, id=old.id, properties=_struct(old.outputs), inputs=_struct(old.inputs)
        )
        answer = self.stub.Read(request, timeout=PATIENCE_S)
        return Made(answer.id, _values(answer.inputs), _values(answer.properties))

    def invoke(self, token: str, inputs: Values) -> Values:
        request = provider_pb2.InvokeRequest(tok=token, args=_struct(inputs))
        return _values(getattr(self.stub.Invoke(request, timeout=PATIENCE_S), "return"))

    def delete(self, old: Made) -> None:
        request = provider_pb2.DeleteRequest(
            urn=self.urn, id=old.id, properties=_struct(old.outputs), old_inputs=_struct(old.inputs)
        )
        self.stub.Delete(request, timeout=PATIENCE_S)


@contextmanager
def running(
    executable: Path, environment: dict[str, str] | None = None, config: Values | None = None
) -> Iterator[Plugin]:
    """The plugin, configured as the engine does it; ended afterwards."""
    log = Log()
    engine = grpc.server(futures.ThreadPoolExecutor(16))
    engine_pb2_grpc.add_EngineServicer_to_server(log, engine)
    address = f"127.0.0.1:{engine.add_insecure_port('127.0.0.1:0')}"
    engine.start()
    clean = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}
    process = subprocess.Popen(
        [executable, address], stdout=subprocess.PIPE, text=True, env=clean | CREDENTIALS | (environment or {})
    )
    try:
        assert process.stdout
        port = process.stdout.readline().strip()
        assert port.isdigit(), f"{executable} printed {port!r} instead of its port"
        size = [("grpc.max_receive_message_length", 400 << 20)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=size) as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            request = provider_pb2.ConfigureRequest(
                args=_struct(config or {}),
                acceptSecrets=True,
                acceptResources=True,
                sends_old_inputs=True,
                sends_old_inputs_to_delete=True,
            )
            features = stub.Configure(request, timeout=PATIENCE_S)
            yield Plugin(stub, log, process, features=features)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        if process.stdout:
            process.stdout.close()
        engine.stop(0).wait()


def standin(name: str) -> Path:
    """The executable of a stand-in."""
    return PLUGINS / name / f"pulumi-resource-{name}"


def _struct(values: Values) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def _values(struct: struct_pb2.Struct) -> Values:
    return dict(json_format.MessageToDict(struct))
