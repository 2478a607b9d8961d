"""How the engine is told to keep a resource whose creation or update failed half-way."""

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from standin.resource import IncompleteError
from standin.values import to_struct


def details(problem: IncompleteError) -> bytes:
    """The status that goes with the failure, with what there is of the resource."""
    made = provider_pb2.ErrorResourceInitFailed(
        id=problem.state.id,
        properties=to_struct(problem.state.outputs),
        inputs=to_struct(problem.state.inputs),
        reasons=[str(problem)],
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(problem))
    status.details.add().Pack(made)
    return bytes(status.SerializeToString())
