"""`make status`: machines, addresses and health of a stack, with --logins also logins; 1 if something is not well."""

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
from tools.console import Fault, drop, fail
from tools.repair.connection import connected
from tools.repair.state import State
from tools.repair.swarm import NoAnswerError
from tools.service_health import Health
from tools.stack.next_steps import receivers
from tools.stack.target import Target, require

MACHINE_LABEL = "nuvla-swarm.machine"
Line = tuple[str, str]  # what it is about, and a text, which may be a `Fault`
NOBODY = f"nobody ({NO_RECEIVER_ADVICE})"


def check(target: Target, *options: str) -> None:
    """Show the status of a stack; exit with a line if something is not well."""
    if faults := show(target, *options):
        fail(f"{target.name}: not well: {', '.join(faults)}")


def show(target: Target, *options: str) -> list[str]:
    """Print the status of a stack, and return what is not well.

    It writes the files with which an operator reaches the machines and the swarm.
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
        return _write(f"{outputs.get('kind', 'infrastructure')} `{target.name}`", [*sections, status.access])
    except BrokenPipeError:  # of `make status | head`
        drop(sys.stdout)
        return []


def _write(title: str, sections: Iterable[Callable[[], Iterable[Line]]]) -> list[str]:
    faults = []
    print(f"\n{title}", flush=True)
    for section in sections:
        print()
        for name, text in guarded(section):
            print(f"  {name:<14} {text}", flush=True)
            if isinstance(text, Fault):
                faults.append(name)
    print(flush=True)
    return list(dict.fromkeys(faults))


def guarded(section: Callable[[], Iterable[Line]]) -> Iterator[Line]:
    """Yield the lines of a section; if it fails, yield a line with the reason."""
    name = section.__name__
    try:
        yield from section()
    except NoAnswerError as error:
        yield name, Fault(f"unknown: {error}")
    except KeyError as error:  # of an update by another version of the program
        yield name, Fault(f"unknown: the last update left no output {error}: run `make up`")
    except Exception as error:
        yield name, Fault(f"unknown: {type(error).__name__}: {error}".replace("\n", " "))


class Status:
    """The lines of a status, by section."""

    def __init__(self, target: Target, state: State, outputs: dict[str, Any]):
        self._target, self._state, self._outputs = target, state, outputs
        self._machines: dict[str, dict[str, Any]] = outputs.get("machines") or {}
        self._folder = files.FOLDER / target.name
        self._other_manager: str | None = None  # address of one that answers in the place of the API manager
        self._lacking: dict[str, str] = {}  # services that lack tasks, and how many run

    def machines(self) -> Iterator[Line]:
        """Yield a line for each machine: its address and the state of its node."""
        lost = dict.fromkeys(self._state.lost(), "lost, by machines.lost")
        nodes, problem = {}, None
        try:
            nodes = self._ask_swarm()
        except (NoAnswerError, KeyError, TypeError, AttributeError, ValueError) as error:
            problem = str(error) or type(error).__name__
        missing = "unknown" if problem else Fault("not in the swarm")
        for name, machine in self._machines.items():
            state = nodes.get(name) or lost.get(name, missing)
            yield name, type(state)(f"{machine.get('public_address', ''):<16} {state}")
        if not problem and not self._machines.keys() <= nodes.keys() | lost.keys():
            yield "swarm", f"`make up STACK={self._target.name}` joins the machines that are not in it"
        address, port = self._endpoint()
        if self._other_manager:
            yield "swarm", Fault(f"the manager at {address} does not answer; this is what {self._other_manager} says")
        if problem:
            text = (
                f"port {port} of the manager at {address} does not answer this computer: {problem}. Is the machine up, "
                f"and does firewall.management list this computer's address?{_question_of_proxy(address)}"
            )
            yield "swarm", Fault(text)

    def services(self) -> Iterator[Line]:
        """Yield a line for each service, for those that lack tasks, and for the domain if it leads elsewhere."""
        web = Web(self._domain(), self._endpoint()[0])
        if problem := web.problem():
            yield "domain", problem  # its records are the operator's
        for name, (address, health) in Health(self._outputs, web).lines().items():
            yield name, type(health)(f"{address}  {health}")
        for name, tasks in self._lacking.items():
            yield name, Fault(tasks)
        if "prometheus" in self._outputs["urls"]:
            yield "alerts go to", receivers(self._target.file) or NOBODY

    def certificates(self) -> Iterator[Line]:
        """Yield a line for each certificate: client certificates, Nuvla's first, then the certificates of Traefik."""
        for line in certificates.of_docker(self._outputs.get("certificates") or {}, self._target.name):
            yield "certificate", line
        for name, machine in self._machines.items():
            if machine.get("role") == "manager" and name not in self._state.lost():
                shown = certificates.shown(str(machine.get("public_address")), self._domain())
                yield "certificate", type(shown)(f"on {name}: {shown}")

    def logins(self) -> Iterator[Line]:
        """Yield a line with user and password for each generated login."""
        for name, login in (self._outputs.get("logins") or {}).items():
            yield name, f"{login['username']} {login['password']}"
        if s3 := self._outputs.get("s3"):
            yield "s3", f"{s3['access_key']} {s3['secret_key']}"

    def hidden_logins(self) -> Iterator[Line]:
        """Yield a line without logins for `make up`, whose output logs keep."""
        yield "logins", f"make status STACK={self._target.name}"

    def access(self) -> Iterator[Line]:
        """Write the files of an operator; yield the commands that use them."""
        if not self._state.cluster():
            return
        docker = files.write_docker(self._folder, self._docker_endpoint(), self._outputs["docker"]["operator"])
        hosts = list(files.hosts(self._state, list(self._machines)))
        config = files.write_ssh(self._folder, self._outputs["ssh"]["private_key"], hosts)
        machine = next(iter(self._machines), "<machine>")
        yield "docker", f"{docker} node ls"
        yield "ssh", f"ssh -F {config} {machine}"

    def _docker_endpoint(self) -> str:
        """Return the endpoint of Docker's API, that of another manager while the API manager does not answer."""
        address, port = self._endpoint()
        return f"https://{self._other_manager or address}:{port}"

    def _endpoint(self) -> tuple[str, int]:
        parts = urlsplit(self._outputs["docker"]["endpoint"])
        return str(parts.hostname), parts.port or 0

    def _domain(self) -> str:
        return urlsplit(self._outputs["urls"]["traefik"]).hostname or ""

    def _ask_swarm(self) -> dict[str, str]:
        """Return the state of each node of the swarm, by the name of its machine; note which services lack tasks."""
        with connected(self._state) as swarm:
            if swarm is None:
                raise NoAnswerError("the state has no manager")
            if swarm.stands_in:
                self._other_manager = swarm.host
            self._lacking = swarm.lacking(self._state.label)
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
    text = f"{node['Status']['State'].title()} {node['Spec']['Availability'].title()} {reach}".rstrip()
    return text if node["Status"]["State"] == "ready" and reach != "Unreachable" else Fault(text)
