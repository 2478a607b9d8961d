"""What is read nowhere: secrets; and Docker's API, but for what some services have to ask."""

import json
import re
from base64 import b64decode
from pathlib import PurePosixPath
from typing import Any

import pytest

from tests.e2e.harness import Stack
from tests.e2e.port_probes import SCRIPTS

SOCKETS = [PurePosixPath("/run/docker.sock"), PurePosixPath("/var/run/docker.sock")]
ROLES = ("worker", "manager")
PROXIES = {"socket-proxy", "socket-proxy-worker"}
EVERYWHERE = ["GET /_ping", "GET /version"]
OF_EVERY_MACHINE = ["GET /v1.41/info", "GET /containers/{container}/json"]
OF_THE_SWARM = ["GET /services", "GET /v1.41/tasks", "GET /nodes", "GET /networks"]
REFUSED = [
    "POST /containers/create",
    "POST /v1.41/containers/create",
    "POST /containers/{container}/exec",
    "POST /containers/{container}/kill",
    "POST /services/create",
    "POST /swarm/update",
    "POST /_ping",
    "PUT /containers/{container}/archive?path=/",
    "PATCH /info",
    "OPTIONS /info",
    "DELETE /containers/{container}",
    "DELETE /nodes/{node}",
    "GET /secrets",
    "GET /v1.41/secrets",
    "GET /configs",
    "GET /swarm",
    "GET /swarm/unlockkey",
    "GET /containers/{container}/archive?path=/etc/passwd",
    "GET /containers/{container}/export",
    "GET /containers/{container}/logs?stdout=1",
    "GET /containers/{container}/attach/ws",
    "GET /services/traefik/logs?stdout=1",
    "GET /images/traefik:3.6.0/get",
    "GET /plugins",
    "GET //secrets",
    "GET /info/../secrets",
    "GET /%73ecrets",
    "GET /secrets?/info",
    "GET /secrets/json",
]


def process_of(target: Stack, machine: str, service: str) -> tuple[str, str]:
    """Container and process, inside of a machine, of the service's task there."""
    label = f"--filter=label=com.docker.swarm.service.name={service}"
    container = target.on(machine, "docker", "ps", "--quiet", "--no-trunc", label).text.strip()
    return container, target.on(machine, "docker", "inspect", "--format={{.State.Pid}}", container).text.strip()


def statuses(target: Stack, machine: str, way: list[str], place: list[str], requests: list[str]) -> dict[str, str]:
    """What the proxy answers, by the way that curl is told, from a place on the machine."""
    container, _ = process_of(target, machine, "cadvisor")
    node = target.on(machine, "docker", "info", "--format={{.Swarm.NodeID}}").text.strip()
    filled = {text.format(container=container, node=node): text for text in requests}
    script = "REQUESTS='" + "\n".join(filled) + "'\n" + (SCRIPTS / "send_requests.sh").read_text()
    lines = target.on(machine, *place, "bash", "-c", script, "send_requests.sh", *way).text.splitlines()
    return {filled[request]: status for request, _, status in (line.rpartition(" ") for line in lines)}


@pytest.mark.parametrize("machine", ["manager-1", "worker-1"])
def test_the_proxy_on_a_machine_reads_and_does_no_more(whole: Stack, machine: str) -> None:
    volume = whole.on(machine, "docker", "volume", "inspect", "--format={{.Mountpoint}}", "docker-proxy").text.strip()
    way = ["--unix-socket", f"{volume}/docker.sock"]
    assert_it_only_reads(whole, machine, way, [], EVERYWHERE + OF_EVERY_MACHINE)


def test_the_proxy_of_the_swarm_reads_and_does_no_more(whole: Stack) -> None:
    """As Prometheus reaches it, over the network that they are both on."""
    _, reader = process_of(whole, "manager-1", "prometheus")
    proxy, _ = process_of(whole, "manager-1", "socket-proxy")
    address = '--format={{(index .NetworkSettings.Networks "docker-api").IPAddress}}'
    found = whole.on("manager-1", "docker", "inspect", address, proxy).text.strip()
    way, place = ["--connect-to", f"::{found}:2375"], ["nsenter", f"--target={reader}", "--net"]
    assert_it_only_reads(whole, "manager-1", way, place, EVERYWHERE + OF_THE_SWARM)


def assert_it_only_reads(target: Stack, machine: str, way: list[str], place: list[str], answered: list[str]) -> None:
    refused = [*REFUSED, *(text for text in OF_EVERY_MACHINE if text not in answered)]
    wanted = dict.fromkeys(answered, "200") | dict.fromkeys(refused, "403")
    assert statuses(target, machine, way, place, list(wanted)) == wanted


def test_nobody_but_the_proxies_can_use_dockers_socket(whole: Stack) -> None:
    """Neither as a mount, nor in a folder that is one, unless it is not root."""
    reach = set()
    for service in services(whole):
        container = service["Spec"]["TaskTemplate"]["ContainerSpec"]
        for mount in container.get("Mounts", []):
            holds = any(socket.is_relative_to(mount["Source"]) for socket in SOCKETS if mount["Type"] == "bind")
            if holds and (mount["Source"] in map(str, SOCKETS) or container.get("User", "0") == "0"):
                reach.add(service["Spec"]["Name"])
    assert reach == PROXIES


def services(target: Stack) -> list[Any]:
    found: list[Any] = json.loads(target.on("manager-1", "docker", "service", "inspect", *ids(target, "service")).text)
    return found


def secrets_of(exported: dict[str, Any]) -> dict[str, str]:
    """What must be read nowhere in plain text, by what it is."""
    found = {f"password of {name}": login["password"] for name, login in exported["logins"].items()}
    found |= {f"{key} of S3": exported["s3"][key] for key in ("access_key", "secret_key")}
    pems = {f"key of {client}": exported["docker"][client]["key"] for client in ("operator", "nuvla")}
    pems["ssh key"] = exported["ssh"]["private_key"]
    found |= {what: max(pem.splitlines(), key=len) for what, pem in pems.items()}  # one line of its body
    assert all(len(secret) >= 20 for secret in found.values())
    return found


def places_of(target: Stack) -> dict[str, str]:
    """Where somebody could read one."""
    places = {"state": target.state(), "output of up": (target.folder / "up.log").read_text()}
    manager = ["manager-1", "docker"]
    configs = json.loads(target.on(*manager, "config", "inspect", *ids(target, "config")).text)
    for config in configs:
        places[f"config {config['Spec']['Name']}"] = b64decode(config["Spec"]["Data"]).decode()
    for kind in ("service", "config", "secret"):
        places[f"inspected {kind}s"] = target.on(*manager, kind, "inspect", *ids(target, kind)).text
    tasks = target.on(*manager, "service", "ps", "--quiet", "--no-trunc", *ids(target, "service")).text.split()
    places["inspected tasks"] = target.on(*manager, "inspect", "--type=task", *tasks).text
    for machine in ("manager-1", "worker-1", "worker-2"):
        containers = target.on(machine, "docker", "ps", "--all", "--quiet").text.split()
        places[f"containers of {machine}"] = target.on(machine, "docker", "inspect", *containers).text
        places[f"processes of {machine}"] = target.on(machine, "ps", "-ef").text
    return places


def ids(target: Stack, kind: str) -> list[str]:
    return target.on("manager-1", "docker", kind, "ls", "--quiet").text.split()


def test_no_secret_is_in_plain_text_anywhere(whole: Stack, exported: dict[str, Any]) -> None:
    secrets, places = secrets_of(exported), places_of(whole)
    assert "dockerd" in places["processes of worker-1"]
    assert "nuvla:machines:LocalCluster" in places["state"]
    assert "/run/secrets/s3-secret-key" in "".join(text for place, text in places.items() if place.startswith("config"))
    found = [
        f"{what} is in {place}" for what, secret in secrets.items() for place, text in places.items() if secret in text
    ]
    assert found == []


def test_no_service_has_more_power_than_it_needs(whole: Stack) -> None:
    script = (SCRIPTS / "list_privileges.sh").read_text()
    texts = [whole.on(name, "sh", "-c", script).text for name in whole.outputs()["machines"]]
    lines = [line.split() for text in texts for line in text.splitlines()]
    found = {line[0]: line[-2:] for line in lines}
    assert {"traefik", "s3", "prometheus", "alertmanager", "grafana", "node-exporter", "cadvisor"} | PROXIES <= set(
        found
    )
    binds = f"{1 << 10:016x}"  # CAP_NET_BIND_SERVICE
    assert found == {name: ["true", binds if name == "traefik" else "0" * 16] for name in found}


def test_no_token_that_the_state_has_opens_the_swarm(whole: Stack) -> None:
    state = whole.must("pulumi", "stack", "export", "--show-secrets").text
    kept = set(re.findall(r"SWMTKN-1-\w+-\w+", state))
    assert len(kept) >= 2, "of managers and workers"
    valid = {whole.on("manager-1", "docker", "swarm", "join-token", "--quiet", role).text.strip() for role in ROLES}
    assert len(valid) == 2
    assert not kept & valid
