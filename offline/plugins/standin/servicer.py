"""The engine's requests, answered by the resource types of one stand-in.

The SDK's ``pulumi.provider.experimental`` is not used: its Diff has neither the old inputs (an output of a command
may differ from the input of its name) nor the request's log, it answers all requests on one event loop, which a
waiting SSH session would block, and it needs the whole SDK at start-up.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc

from standin import check
from standin.diff import Change
from standin.incomplete import details
from standin.provider import Provider
from standin.resource import Call, IncompleteError, Resource, StandinError, State
from standin.schema import document
from standin.values import from_struct, plain, to_struct

OPTIONS = [("grpc.max_send_message_length", 400 << 20), ("grpc.max_receive_message_length", 400 << 20)]  # as the engine
_Answer = TypeVar("_Answer")


def _answer(method: Callable[[Any, Any, Any], _Answer]) -> Callable[[Any, Any, grpc.ServicerContext], _Answer]:
    """Failures as the engine prints them: the message alone when it is worded for the user."""

    def answer(self: Any, request: Any, context: grpc.ServicerContext) -> _Answer:
        try:
            return method(self, request, context)
        except IncompleteError as problem:
            message = str(problem)
            context.set_trailing_metadata((("grpc-status-details-bin", details(problem)),))
        except StandinError as problem:
            message = str(problem)
        except Exception as problem:
            message = f"stand-in, {method.__name__}: {type(problem).__name__}: {problem}"
        context.abort(grpc.StatusCode.UNKNOWN, message)
        raise AssertionError("abort raises")

    return answer


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """One running stand-in; each request has a thread of its own."""

    def __init__(self, provider: Provider, engine: str) -> None:
        self._provider = provider
        self._cancelled = threading.Event()
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine, options=OPTIONS)) if engine else None

    @_answer
    def GetPluginInfo(self, request: empty_pb2.Empty, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._provider.version)

    @_answer
    def GetSchema(self, request: Any, context: Any) -> provider_pb2.GetSchemaResponse:
        schemas = [resource.schema for resource in self._provider.resources]
        text = document(self._provider.name, self._provider.version, schemas, self._provider.config)
        return provider_pb2.GetSchemaResponse(schema=json.dumps(text))

    @_answer
    def CheckConfig(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        given = {k: v for k, v in from_struct(request.news).items() if k not in ("version", "pluginDownloadURL")}
        wrong = check.failures(self._provider.config, given, f"the provider {self._provider.name}")
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(wrong))

    @_answer
    def DiffConfig(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        same = from_struct(request.old_inputs) == from_struct(request.news)
        return provider_pb2.DiffResponse(changes=_DIFF.DIFF_NONE if same else _DIFF.DIFF_SOME)

    @_answer
    def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:
        self._provider.configure(plain(from_struct(request.args)))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=True)

    @_answer
    def Check(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        resource, given = self._resource(request.urn), from_struct(request.news)
        schema, name = resource.schema, request.urn.split("::")[-1]
        wrong = check.failures(schema.inputs, given, schema.token) or resource.problems(given)
        given = resource.named(given, from_struct(request.olds), name, request.randomSeed)
        inputs = check.complete(schema.inputs, given)
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=_failures(wrong))

    @_answer
    def Diff(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        old = _state(request, request.olds)
        new, ignored = from_struct(request.news), frozenset(request.ignoreChanges)
        resource = self._resource(request.urn)
        found = resource.diff(old, new, ignored)
        return provider_pb2.DiffResponse(
            changes=_DIFF.DIFF_SOME if found else _DIFF.DIFF_NONE,
            diffs=sorted({change.top for change in found}),
            replaces=sorted({change.top for change in found if change.replaces}),
            detailedDiff={change.path: _property_diff(change) for change in found},
            hasDetailedDiff=True,
            deleteBeforeReplace=any(change.replaces for change in found) and resource.deletes_first(new),
        )

    @_answer
    def Create(self, request: Any, context: Any) -> provider_pb2.CreateResponse:
        resource, inputs = self._resource(request.urn), from_struct(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct(resource.outputs(resource.preview_create(inputs))))
        identity, outputs = resource.create(self._call(request), inputs)
        return provider_pb2.CreateResponse(id=identity, properties=to_struct(resource.outputs(outputs)))

    @_answer
    def Update(self, request: Any, context: Any) -> provider_pb2.UpdateResponse:
        resource, old, new = self._resource(request.urn), _state(request, request.olds), from_struct(request.news)
        if request.preview:
            outputs = resource.preview_update(old, new)
        else:
            outputs = resource.update(self._call(request), old, new)
        return provider_pb2.UpdateResponse(properties=to_struct(resource.outputs(outputs)))

    @_answer
    def Read(self, request: Any, context: Any) -> provider_pb2.ReadResponse:
        known = State(request.id, from_struct(request.inputs), from_struct(request.properties))
        state = self._resource(request.urn).read(known)
        if state is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=state.id, properties=to_struct(state.outputs), inputs=to_struct(state.inputs)
        )

    @_answer
    def Delete(self, request: Any, context: Any) -> empty_pb2.Empty:
        self._resource(request.urn).delete(self._call(request), _state(request, request.properties))
        return empty_pb2.Empty()

    @_answer
    def Invoke(self, request: Any, context: Any) -> provider_pb2.InvokeResponse:
        if request.tok not in self._provider.functions:
            raise StandinError(f"{request.tok} is not in the stand-in of {self._provider.name}")
        found = self._provider.functions[request.tok](plain(from_struct(request.args)))
        return provider_pb2.InvokeResponse(**{"return": to_struct(found)})

    @_answer
    def Cancel(self, request: empty_pb2.Empty, context: Any) -> empty_pb2.Empty:
        self._cancelled.set()
        return empty_pb2.Empty()

    def _resource(self, urn: str) -> Resource:
        token = urn.split("::")[2].rsplit("$", maxsplit=1)[-1]
        try:
            return self._provider.resource(token)
        except StopIteration:
            raise StandinError(f"{token} is not in the stand-in of {self._provider.name}") from None

    def _call(self, request: Any) -> Call:
        def log(severity: str, text: str, status: bool) -> None:
            if self._engine:
                level = engine_pb2.LogSeverity.Value(severity)
                line = engine_pb2.LogRequest(severity=level, message=text, urn=request.urn, ephemeral=status)
                with contextlib.suppress(grpc.RpcError):  # a command is not failed by its log
                    self._engine.Log(line)

        ends = time.monotonic() + int(request.timeout) if request.timeout else None  # whole seconds, as released
        stack, project, _, name = request.urn.removeprefix("urn:pulumi:").split("::", maxsplit=3)
        return Call(name, log, self._cancelled, ends, stack=f"{project}/{stack}", urn=request.urn)


_DIFF = provider_pb2.DiffResponse


def _state(request: Any, outputs: Any) -> State:
    return State(request.id, from_struct(request.old_inputs), from_struct(outputs))


def _failures(found: list[check.Failure]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=failure.path, reason=failure.reason) for failure in found]


def _property_diff(change: Change) -> provider_pb2.PropertyDiff:
    kind = f"{change.kind.value}_REPLACE" if change.replaces else change.kind.value
    return provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(kind))
