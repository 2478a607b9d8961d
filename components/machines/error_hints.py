"""What to do about errors of the Docker engine that local machines run on, and of the swarm, said beside them."""

import re
from collections.abc import Iterable

import pulumi

ELSEWHERE = (
    "of another checkout with a stack of the same name: run `make down` there, or choose another name for this stack; "
    "if that checkout is gone"
)
HINTS = (
    (
        r"Cannot connect to the Docker daemon at (\S+?)\.? Is",
        "no Docker engine answers at {0}: start it, or set DOCKER_HOST to one that runs, and run this again",
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
        f"a container {{0}} is there already, {ELSEWHERE}, `docker rm --force --volumes {{0}}`",
    ),
    (
        r"network with name (\S+) already exists",
        f"a network {{0}} is there already, {ELSEWHERE}, `docker network rm {{0}}`",
    ),
)
# Of the swarm, where names are taken by what an operator or an application has made there.
SWARM_HINTS = (
    (
        r"(network|service) (?:with name )?(\S+) already exists",
        "the swarm has a {0} {1} already: if a killed update made it, `make up` puts that right; if it is somebody "
        "else's, remove it (`docker {0} rm {1}` on a manager), and run this again",
    ),
)


Hints = Iterable[tuple[str, str]]  # pattern of an error, and what to do about it, with the pattern's groups


def error_hint(errors: Iterable[str], known: Hints = HINTS) -> str | None:
    """What to do about the newest error, if that is known."""
    for error in errors:
        for pattern, text in known:
            found = re.search(pattern, error)
            if found:
                return text.format(*found.groups())
    return None


class ErrorHints:
    """Says what to do, once for all machines that fail alike."""

    def __init__(self, known: Hints = HINTS, name: str = "advice") -> None:
        self._known = known
        self._said: set[str] = set()
        self.hooks = pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook(name, self._advise)])

    def _advise(self, args: pulumi.ErrorHookArgs) -> bool:
        text = error_hint(args.errors, self._known)
        if text and text not in self._said:
            self._said.add(text)
            pulumi.log.error(text)
        return False  # do not try again
