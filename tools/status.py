"""`make status`: the machines, addresses and health of a stack, with --logins also the generated logins."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from components.monitoring.receivers import NO_RECEIVER_ADVICE
from tools import certificates
from tools.access import files
from tools.access.web import Web
from tools.console import drop, fail
from tools.repair.connection import connected
from tools.repair.state import State
from tools.repair.swarm import NoAnswerError
from tools.service_health import Health
from tools.stack.next_steps import receivers
from tools.stack.target import Target, require

MACHINE_LABEL = "nuvla-swarm.machine"
NOBODY = f"nobody ({NO_RECEIVER_ADVICE})"


def show(target: Target, *options: str) -> None:
    """Print the status of a stack; write the files with which an operator reaches its machines and its swarm.

    Errors: exits with a line if the stack is not up.
    """
    require(target)
    urllib3.disable_warnings()
    state = State.read(target.stack)
    outputs = state.outputs()
    if not outputs:
        problem = "its last `make up` did not finish" if state.resources else "is not up"
        fail(f"{target.name}: {problem}: run `make up STACK={target.name}` (state in {target.backend})")
    status = Status(target, state, outputs)
    sections = [status.machines, status.services, status.certificates]
    sections.append(status.logins if "--logins" in options else status.hidden_logins)
    try:
        _write(f"{outputs.get('kind', 'infrastructure')} `{target.name}`", [*sections, status.access])
    except BrokenPipeError:  # of `make status | head`
        drop(sys.stdout)


def _write(title: str, sections: Iterable[Callable[[], Iterable[str]]]) -> None:
    print(f"\n{title}", flush=True)
    for section in sections:
        print()
        for line in guarded(section):
            print(f"  {line}", flush=True)
    print(flush=True)


def guarded(section: Callable[[], Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a section; if it fails, yield a line with the reason."""
    try:
        yield from section()
    except NoAnswerError as error:
        yield f"unknown: {error}"
    except KeyError as error:  # of an update by another version of the program
        yield f"unknown: the last update left no output {error}: run `make up`"
    except Exception as error:
        yield f"unknown: {type(error).__name__}: {error}".replace("\n", " ")


class Status:
    """The lines of a status, by section."""

    def __init__(self, target: Target, state: State, outputs: dict[str, Any]):
        self._target, self._state, self._outputs = target, state, outputs
        self._machines: dict[str, dict[str, Any]] = outputs.get("machines") or {}
        self._folder = files.FOLDER / target.name

    def machines(self) -> Iterator[str]:
        """Yield a line for each machine: its address and the state of its node."""
        nodes, problem = {}, None
        try:
            nodes = self._nodes()
        except (NoAnswerError, KeyError, TypeError, AttributeError, ValueError) as error:
            problem = str(error) or type(error).__name__
        missing = "unknown" if problem else "not in the swarm"
        for name, machine in self._machines.items():
            yield f"{name:<14} {machine.get('public_address', ''):<16} {nodes.get(name, missing)}"
        if not problem and not self._machines.keys() <= nodes.keys():
            yield f"{'swarm':<14} `make up STACK={self._target.name}` joins the machines that are not in it"
        if problem:
            address, port = self._endpoint()
            yield (
                f"{'swarm':<14} port {port} of the manager at {address} does not answer this computer: {problem}. Is "
                "the machine up, and does firewall.management list this computer's address?"
                f"{_question_of_proxy(address)}"
            )

    def services(self) -> Iterator[str]:
        """Yield a line for each service, and for the domain if it leads elsewhere."""
        web = Web(self._domain(), self._endpoint()[0])
        if problem := web.problem():
            yield f"{'domain':<14} {problem}"
        for name, (address, health) in Health(self._outputs, web).lines().items():
            yield f"{name:<14} {address}  {health}"
        if "prometheus" in self._outputs["urls"]:
            yield f"{'alerts go to':<14} {receivers(self._target.file) or NOBODY}"

    def certificates(self) -> Iterator[str]:
        """Yield a line for each certificate: client certificates, Nuvla's first, then the certificates of Traefik."""
        for line in certificates.of_docker(self._outputs.get("certificates") or {}, self._target.name):
            yield f"{'certificate':<14} {line}"
        for name, machine in self._machines.items():
            if machine.get("role") == "manager":
                shown = certificates.shown(str(machine.get("public_address")), self._domain())
                yield f"{'certificate':<14} on {name}: {shown}"

    def logins(self) -> Iterator[str]:
        """Yield a line with user and password for each generated login."""
        for name, login in (self._outputs.get("logins") or {}).items():
            yield f"{name:<14} {login['username']} {login['password']}"
        if s3 := self._outputs.get("s3"):
            yield f"{'s3':<14} {s3['access_key']} {s3['secret_key']}"

    def hidden_logins(self) -> Iterator[str]:
        """Yield a line without logins for `make up`, whose output logs keep."""
        yield f"{'logins':<14} make status STACK={self._target.name}"

    def access(self) -> Iterator[str]:
        """Write the files of an operator; yield the commands that use them."""
        if not self._state.cluster():
            return
        docker = files.write_docker(
            self._folder, self._outputs["docker"]["endpoint"], self._outputs["docker"]["operator"]
        )
        hosts = list(files.hosts(self._state, list(self._machines)))
        config = files.write_ssh(self._folder, self._outputs["ssh"]["private_key"], hosts)
        machine = next(iter(self._machines), "<machine>")
        yield f"{'docker':<14} {docker} node ls"
        yield f"{'ssh':<14} ssh -F {config} {machine}"

    def _endpoint(self) -> tuple[str, int]:
        parts = urlsplit(self._outputs["docker"]["endpoint"])
        return str(parts.hostname), parts.port or 0

    def _domain(self) -> str:
        return urlsplit(self._outputs["urls"]["traefik"]).hostname or ""

    def _nodes(self) -> dict[str, str]:
        """Return the state of each node of the swarm, by the name of its machine."""
        with connected(self._state) as swarm:
            if swarm is None:
                raise NoAnswerError("the state has no manager")
            return {_machine(node): _state(node) for node in swarm.nodes()}


def _question_of_proxy(address: str) -> str:
    """Return a question about NO_PROXY if a proxy is asked for an address."""
    proxy = requests.utils.get_environ_proxies(f"https://{address}/").get("https")
    return f" The proxy {urlsplit(proxy).hostname} is asked for it: does NO_PROXY lack {address}?" if proxy else ""


def _machine(node: Any) -> str:
    return str((node["Spec"].get("Labels") or {}).get(MACHINE_LABEL) or node.get("Description", {}).get("Hostname"))


def _state(node: Any) -> str:
    manager = node.get("ManagerStatus") or {}
    reach = "Leader" if manager.get("Leader") else str(manager.get("Reachability", "")).title()
    return f"{node['Status']['State'].title()} {node['Spec']['Availability'].title()} {reach}".rstrip()
