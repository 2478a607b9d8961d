"""A target with every service on three guests, for the suites of tests/e2e."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.existing_hosts import ExistingHosts
from tests.e2e.harness import exclusive
from tests.e2e.machines import PATIENCE_WITH
from tests.e2e.networks import subnet_of
from tests.e2e.test_existing_machines import configure
from tests.kernel.guest_network import GuestStack, as_existing_hosts, running_guests

NAMES, SPARE = ("manager-1", "worker-1", "worker-2"), ("worker-3",)
MANAGER_MEMORY_MIB = 3072  # monitoring, and nearly all other services
TRACES = ("/etc/nuvla-swarm", "/etc/docker/tls", "/etc/exports.d/nuvla-swarm.exports", "/nfs-root")


def make_patient(stack: GuestStack) -> None:
    """Have the stack's copy of the program wait as long for its machines as these tests do."""
    components = stack.folder / "components"
    for script in components.rglob("*.sh"):
        text = script.read_text()
        script.write_text(re.sub(r"^patience_s=(\d+)", _longer, text, flags=re.MULTILINE))
    # By default a manager takes a guest that has waited 15 s for a core for dead, and starts its tasks elsewhere.
    init, usual = components / "swarm/scripts/init.sh", 'docker swarm init --advertise-addr "$ADDRESS" '
    text = init.read_text()
    assert text.count(usual) == 1
    init.write_text(text.replace(usual, f"{usual}--dispatcher-heartbeat 60s "))


def _longer(found: re.Match[str]) -> str:
    return f"patience_s={int(found[1]) * PATIENCE_WITH['guests']}"


@contextmanager
def guest_stack(
    name: str, folder: Path, settings: dict[str, Any], user: str, *names: str, spare: tuple[str, ...] = ()
) -> Iterator[tuple[GuestStack, ExistingHosts]]:
    """Yield a stack with guests that are its hosts, on the network of `user`; its pools are still to be set."""
    stack = GuestStack(name, folder, settings | {"machines": {"provider": "existing", "pools": {}}})
    make_patient(stack)
    options = {"domain": "", "bridge": f"ns{user[:6]}"}  # names of devices are short
    memory = {names[0]: MANAGER_MEMORY_MIB}
    with (
        exclusive(stack),
        running_guests(stack, *names, subnet=subnet_of(user), spare=spare, memory_mib=memory, **options),
    ):
        hosts = as_existing_hosts(stack)
        yield stack, hosts


@contextmanager
def guest_target(name: str, folder: Path, settings: dict[str, Any]) -> Iterator[GuestStack]:
    """Yield a target that is up on guests, with the NFS server of their kernel, and destroy it at the end.

    It measures as often as by default: a guest takes a second for an answer.
    """
    with guest_stack(name, folder, settings | {"nfs": {}, "monitoring": {}}, "guests", *NAMES, spare=SPARE) as (
        target,
        hosts,
    ):
        configure(hosts)
        result = target.up()
        assert result.code == 0, result.text
        (target.folder / "up.log").write_text(result.text)
        yield target
        assert_destroyed(target)


def assert_destroyed(stack: GuestStack) -> None:
    """Destroy a stack, and assert that its hosts keep nothing of the program."""
    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    for machine in stack.guests:
        left = stack.on(machine, "sh", "-c", f"ls -d {' '.join(TRACES)} 2>/dev/null; nft list tables | grep nuvla")
        assert left.text == "", f"{machine}: {left.text}"
        swarm = stack.on(machine, "docker", "info", "--format={{.Swarm.LocalNodeState}}")
        assert "active" not in swarm.text.split(), swarm.text
