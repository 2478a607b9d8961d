"""Command that ends with a line if the Docker engine cannot run local machines: `local_engine.py [endpoint]`.

Local machines are reached at addresses of a network of the engine: that works with an engine that runs as root on this
computer. `endpoint` only looks at the address of the engine, and does not ask the engine. Exit codes: 1 for a wrong
engine, 3 if no engine answers, with the reason on stdout. It needs nothing but Python, as it runs first.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

NO_ANSWER = 3
TIMEOUT_S = 30
NEEDED = "local machines need a Docker engine that runs as root on this computer"
API_PORT = 2376
VARIABLES = "DOCKER_HOST DOCKER_TLS_VERIFY DOCKER_CERT_PATH"
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Endpoint:
    """The address of an engine, and the context that chose it."""

    host: str  # such as unix:///var/run/docker.sock
    context: str  # name of the docker context; "default" if DOCKER_HOST is set
    certificates: str  # folder of client certificates, empty if there is none

    @property
    def undo(self) -> str:
        """Command that makes the docker client forget this endpoint."""
        if os.environ.get("DOCKER_HOST"):
            return f"unset {VARIABLES}"
        if self.context == "default":
            return ""
        return "unset DOCKER_CONTEXT" if os.environ.get("DOCKER_CONTEXT") else "docker context use default"

    @property
    def name(self) -> str:
        is_context = self.context != "default"
        return f"the docker context {self.context}, {self.host}," if is_context else f"DOCKER_HOST={self.host}"

    def mistake(self) -> str | None:
        """Return a line if the engine is on another computer."""
        try:
            url, port = urlsplit(self.host), urlsplit(self.host).port
        except ValueError as error:
            return f"{self.name} is no address of an engine ({error}): {self.undo}"
        if url.scheme in ("unix", "fd", "npipe") or (url.scheme == "tcp" and url.hostname in HERE):
            return None
        files = "/.state/files/" in f"{Path(self.certificates).absolute()}/"
        if files or (port == API_PORT and self.context.startswith("nuvla-swarm")):
            return f"{self.name} is the swarm of a stack, and local machines would be made inside it: {self.undo}"
        return f"{self.name} is on another computer, and {NEEDED}: {self.undo}"


def main(*arguments: str) -> None:
    """Judge the engine that the docker client uses."""
    where = endpoint()
    if line := where.mistake():
        fail(line)
    if "endpoint" in arguments:
        return
    info, errors = answered("docker", "info", "--format", "{{json .}}")
    if not isinstance(info, Mapping) or not info.get("ServerVersion"):
        print(reason(where, f"{errors}{info}"))
        sys.exit(NO_ANSWER)
    version, _ = answered("docker", "version", "--format", "{{json .Server}}")
    if line := wrong_kind(info, version if isinstance(version, Mapping) else {}) or elsewhere():
        undo = f", then {where.undo}" if where.undo else ""
        fail(f"{line}, and {NEEDED}: install Docker Engine (docs.docker.com/engine/install){undo}")


def endpoint() -> Endpoint:
    """Return the endpoint that the docker client uses."""
    contexts, _ = answered("docker", "context", "inspect")
    context = contexts[0] if isinstance(contexts, list) and contexts else {}
    host = context.get("Endpoints", {}).get("docker", {}).get("Host") or os.environ.get("DOCKER_HOST", "")
    certificates = os.environ.get("DOCKER_CERT_PATH", "")
    return Endpoint(host or "unix:///var/run/docker.sock", context.get("Name") or "default", certificates)


def wrong_kind(info: Mapping[str, Any], server: Mapping[str, Any]) -> str | None:
    """Return the reason why an engine of this kind cannot run local machines, if any."""
    if any("Podman" in component.get("Name", "") for component in server.get("Components") or []):
        return "the engine is Podman"
    if "Docker Desktop" in info.get("OperatingSystem", ""):
        return "the engine is Docker Desktop, whose containers run in a virtual machine"
    if any(option.startswith("name=rootless") for option in info.get("SecurityOptions") or []):
        return "the Docker engine is rootless"
    if info.get("OSType", "linux") != "linux":
        return f"the Docker engine runs containers of {info['OSType']}"
    return None


def elsewhere() -> str | None:
    """Return a line if the network of the engine is not on this computer."""
    networks, _ = answered("docker", "network", "inspect", "bridge")
    configuration = networks[0].get("IPAM", {}).get("Config") if isinstance(networks, list) and networks else None
    gateway = next((row["Gateway"] for row in configuration or [] if row.get("Gateway")), None)
    if gateway is None or is_own(gateway):
        return None
    return f"the Docker engine runs in a virtual machine or a container: {gateway} is no address of this computer"


def is_own(address: str) -> bool:
    """Return whether an address is one of this computer."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def reason(where: Endpoint, errors: str) -> str:
    """Return why no engine answers."""
    if "permission denied" in errors:
        return f"this user may not use the Docker engine at {where.host}"
    return f"no Docker engine answers at {where.host}"


def answered(*command: str) -> tuple[Any, str]:
    """Return the answer of a command, which is JSON, or None, and the errors that the command printed."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return None, f"no answer in {TIMEOUT_S} s"
    try:
        return json.loads(answer.stdout), answer.stderr
    except ValueError:
        return None, answer.stderr


def fail(line: str) -> NoReturn:
    sys.exit(f"nuvla-swarm: error: {line}")


if __name__ == "__main__":
    main(*sys.argv[1:])
