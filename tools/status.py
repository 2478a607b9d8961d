"""Command that prints the machines, addresses and health of a stack, with --logins also the generated logins."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3

from tools.certificates import shown
from tools.service_health import services

# A line for each node: the name of its machine, its state, availability and reachability.
NODE = (
    '{{index .Spec.Labels "nuvla-swarm.machine"}} {{.Status.State}} {{.Spec.Availability}} '
    "{{with .ManagerStatus}}{{if .Leader}}leader{{else}}{{.Reachability}}{{end}}{{end}}"
)
PRIVATE_FILES = Path(".state/files")


def stack_outputs(stack: str) -> dict[str, Any]:
    """Return the outputs of a stack, secrets included."""
    answer = subprocess.run(
        ["pulumi", "stack", "output", "--json", "--show-secrets", "--stack", stack],
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    )
    outputs: dict[str, Any] = json.loads(answer.stdout)
    return outputs


def write_private_file(stack: str, name: str, text: str) -> Path:
    """Write a file that only its owner may read; return its path."""
    folder = PRIVATE_FILES / stack
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def nodes(docker: list[str]) -> dict[str, str]:
    """Return the state of each node of the swarm, by the name of its machine."""
    ids = _docker(*docker, "node", "ls", "--quiet").split()
    lines = _docker(*docker, "node", "inspect", *ids, "--format", NODE).splitlines() if ids else []
    return {name: " ".join(states).title() for name, *states in map(str.split, lines)}


def _docker(*command: str) -> str:
    answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    if answer.returncode != 0:
        print(answer.stderr.strip(), file=sys.stderr)
    return answer.stdout


def certificates(outputs: dict[str, Any]) -> list[str]:
    """Return a line for the end of each client certificate of Docker's API, the earliest first."""
    lines = []
    for holder, end in sorted(outputs.get("certificates", {}).items(), key=lambda item: str(item[1])):
        until = datetime.fromisoformat(end)
        days = (until - datetime.now(UTC)).days
        validity = f"{days} days" if days >= 0 else "it has ended"
        lines.append(f"on 2376, of {holder}: until {until:%Y-%m-%d}, {validity}")
    return lines


def logins(outputs: dict[str, Any]) -> dict[str, str]:
    """Return a line with user and password for each generated login."""
    lines = {name: f"{login['username']} {login['password']}" for name, login in outputs["logins"].items()}
    if "s3" in outputs:
        lines["s3"] = f"{outputs['s3']['access_key']} {outputs['s3']['secret_key']}"
    return lines


def main(stack: str, *, with_logins: bool) -> None:
    """Print the status of a stack."""
    urllib3.disable_warnings()
    outputs = stack_outputs(stack)
    if not outputs:
        sys.exit(f"{stack}: is not up; `make up STACK={stack}`")
    key = write_private_file(stack, "ssh_key", outputs["ssh"]["private_key"])
    endpoint, operator = outputs["docker"]["endpoint"], outputs["docker"]["operator"]
    for name, text in operator.items():
        write_private_file(stack, f"{name}.pem", text)
    docker = ["docker", "--tlsverify", "--host", endpoint]
    for option in ("ca", "cert", "key"):
        docker.append(f"--tls{option if option != 'ca' else 'cacert'}={PRIVATE_FILES / stack / option}.pem")
    state = nodes(docker)
    print(f"\n{outputs['kind']} `{stack}`\n")
    for name, machine in outputs["machines"].items():
        print(f"  {name:<14} {machine['public_address']:<16} {state.get(name, 'not in the swarm').rstrip()}")
    print()
    for name, (address, health) in services(outputs).items():
        print(f"  {name:<14} {address}  {health}")
    print()
    host = urlsplit(outputs["urls"]["traefik"]).hostname or ""
    for name, machine in outputs["machines"].items():
        if machine["role"] == "manager":
            print(f"  {'certificate':<14} on {name}: {shown(machine['public_address'], host)}")
    for line in certificates(outputs):
        print(f"  {'certificate':<14} {line}")
    print()
    if with_logins:
        for name, login in logins(outputs).items():
            print(f"  {name:<14} {login}")
    else:
        print(f"  {'logins':<14} make status STACK={stack}")
    print(f"\n  ssh -i {key} {outputs['ssh']['user']}@<address>")
    print(f"  export DOCKER_HOST={endpoint} DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH={key.parent}\n")


if __name__ == "__main__":
    main(sys.argv[1], with_logins="--logins" in sys.argv[2:])
