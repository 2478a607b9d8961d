"""Instances of the stand-in of ``exoscale``, from inside and from outside."""

import socket
import subprocess
import time
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import json_format  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2, status_pb2

from tests.offline.clouds import MACHINE, Cloud, docker
from tests.offline.plugin import Made

PATIENCE_S = 180


class Instance:
    """A machine, seen from the engine and from outside."""

    def __init__(self, whole: Cloud, **changes: Any) -> None:
        self.cloud = whole
        self.given = MACHINE | {"name": "one"} | changes
        self.made = whole.make("instance", **self.given)
        self.container = f"exoscale-{self.given['name']}-{self.made.id[:8]}"
        self.address = str(self.made.outputs["publicIpAddress"])

    def on(self, *command: str) -> str:
        return docker("exec", self.container, *command)

    def change(self, **changes: Any) -> Made:
        self.given |= changes
        self.made = self.cloud.instance.update(self.made, self.given)
        return self.made

    def second_interface(self) -> str:
        """Whatever the engine calls it by now."""
        [found] = set(self.on("ls", "/sys/class/net").split()) - {"lo", "eth0"}
        return found

    def wait(self, *command: str) -> None:
        """Until the command succeeds in the machine."""
        ends = time.monotonic() + PATIENCE_S
        while subprocess.run(["docker", "exec", self.container, *command], check=False, capture_output=True).returncode:
            assert time.monotonic() < ends, command
            time.sleep(0.2)

    def answers(self, port: int, address: str = "") -> bool:
        """Whether the host gets an answer from it, be it a refusal: what a group drops has none."""
        with socket.socket() as probe:
            probe.settimeout(1)
            try:
                probe.connect((address or self.address, port))
            except ConnectionRefusedError:
                return True
            except TimeoutError:
                return False
            return True


def kept(problem: grpc.RpcError) -> Made:
    """What the engine keeps in its state of a resource whose creation failed half-way."""
    status, made = status_pb2.Status(), provider_pb2.ErrorResourceInitFailed()
    status.ParseFromString(dict(problem.trailing_metadata())["grpc-status-details-bin"])
    assert status.details[0].Unpack(made)
    assert list(made.reasons) == [problem.details()]
    return Made(made.id, json_format.MessageToDict(made.inputs), json_format.MessageToDict(made.properties))
