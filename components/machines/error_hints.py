"""Error hints for the Docker engine that runs local machines, and for the swarm."""

import re
from collections.abc import Iterable
from typing import Any

import pulumi

from components.machines.cluster import STACK_LABEL

ELSEWHERE = (
    f"of another checkout with a stack of the same name (`docker {{listing}} --filter label={STACK_LABEL}` lists "
    "those of "
    "all checkouts): run `make down` there, or choose another name for this stack; if that checkout is gone"
)
CONTAINER_ELSEWHERE = ELSEWHERE.format(listing="ps --all")
NETWORK_ELSEWHERE = ELSEWHERE.format(listing="network ls")
HINTS = (
    (
        r"Cannot connect to the Docker daemon at (\S+?)\.? Is",
        "no Docker engine answers at {0}: start it, or set DOCKER_HOST to one that runs, and run this again",
    ),
    (
        r"permission denied while trying to connect to the [Dd]ocker (?:daemon socket|API) at (\S+?):?(?:\s|$)",
        "this user may not use the Docker engine at {0}: `sudo usermod -aG docker $(id -un)`, log in again, and run "
        "this again",
    ),
    (
        r"(Pool overlaps)",
        "the network machines.subnet is in use on the Docker engine: remove the one that uses it "
        "(`docker network ls`), or set machines.subnet to a free one, and run this again",
    ),
    (
        r"Unable to create container with image (\S+): unable to pull",
        "the image {0} is not on the Docker engine and cannot be pulled: make it (`make setup`), "
        "or set machines.image to one that is there, and run this again",
    ),
    (
        r'The container name "/(\S+)" is already in use',
        f"a container {{0}} is there already, {CONTAINER_ELSEWHERE}, `docker rm --force --volumes {{0}}`",
    ),
    (
        r"network with name (\S+) already exists",
        f"a network {{0}} is there already, {NETWORK_ELSEWHERE}, `docker network rm {{0}}`",
    ),
)
# Of commands on machines of every provider, which the program runs over SSH.
AGENT_HINTS = (
    (
        r"([Nn]o space left on device)",
        "{name}: a disk of its machine is full: `df -h` there shows which one. Free space, for example of "
        "images that no container uses (`docker image prune --all`); restart its engine (`systemctl restart docker`), "
        "which lost tasks that it could not write down; and run this again",
    ),
    (
        r"dial unix (\S+?): connect:",
        "SSH_AUTH_SOCK is {0}, and no SSH agent listens there: start one, or `unset SSH_AUTH_SOCK`, as the program "
        "needs none, and run this again",
    ),
)
SSH_HINTS = (  # of commands on local machines
    *AGENT_HINTS,
    (
        r"dial tcp (\S+?):\d+:",
        "the local machine at {0} does not answer SSH: local machines need a Docker engine with root rights on this "
        "Linux computer, not Docker Desktop, Colima, Podman, a rootless or a remote engine",
    ),
)
# In the swarm, operators and applications may hold the names of networks and services.
SWARM_HINTS = (
    (
        r"(network|service) (?:with name )?(\S+) already exists",
        "the swarm has a {0} {1} already: if a killed update made it, `make up` puts that right; if it is somebody "
        "else's, remove it (`docker {0} rm {1}` on a manager), and run this again",
    ),
    (  # before a stack is up, NO_PROXY of tools/env.sh lacks addresses that the cloud gives
        r"https?://([\w.-]+):2376\S*\"?: (proxyconnect tcp: [^\n]+|Proxy Authentication Required|Forbidden|Bad Gateway"
        r"|Service Unavailable|Gateway Timeout|Method Not Allowed)",
        "a proxy was asked for the manager at {0} ({1}), to which no proxy leads: `export NO_PROXY={0}`, after what it "
        "has already, and run this again; once the stack is up, `make` adds its machines by itself",
    ),
    (
        r"Cannot connect to the Docker daemon at tcp://([\w.-]+):(\d+)",
        "port {1} of the manager at {0} does not answer this computer: does firewall.management list this computer's "
        "address? Behind a proxy, `export NO_PROXY={0}`, after what it has already. Then run this again",
    ),
)


Hints = Iterable[tuple[str, str]]  # pattern of an error, and a hint: a format of the pattern's groups


def error_hint(errors: Iterable[str], hints: Hints = HINTS, **values: Any) -> str | None:
    """Return the hint for the newest error that a pattern matches; `values` are further values of its format."""
    for error in errors:
        for pattern, text in hints:
            match = re.search(pattern, error)
            if match:
                return text.format(*match.groups(), **values)
    return None


class ErrorHints:
    """Hooks that log a hint for a failed resource, once for all machines that fail alike."""

    def __init__(self, hints: Hints = HINTS, name: str = "advice") -> None:
        self._hints = hints
        self._logged: set[str] = set()
        self.hooks = pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook(name, self._log_hint)])

    def _log_hint(self, args: pulumi.ErrorHookArgs) -> bool:
        hint = error_hint(args.errors, self._hints, name=args.name)
        if hint and hint not in self._logged:
            self._logged.add(hint)
            pulumi.log.error(hint)
        return False  # Pulumi does not retry
