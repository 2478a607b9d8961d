"""A network of the Docker engine with guests of a stack."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

from tests.e2e.existing_hosts import ExistingHosts, key_pair
from tests.e2e.harness import STACK_LABEL, Result, Stack, docker
from tests.kernel.guests import Guest

UP_TIMEOUT_S = 1200  # user mode is slow: each call of a program is two switches of processes here
SCRIPTS = Path(__file__).parent.parent / "e2e/files"


class GuestStack(Stack):
    """A stack whose machines are guests."""

    guests: dict[str, Guest]

    def run(self, *command: str, env: dict[str, str] | None = None, timeout_s: int = UP_TIMEOUT_S) -> Result:
        return super().run(*command, env=env, timeout_s=timeout_s)

    def on(self, machine: str, *command: str) -> Result:
        """Run a command on a machine."""
        return self.guests[machine].on(*command)

    def address(self, machine: str) -> str:
        return self.guests[machine].address


@contextmanager
def running_guests(
    stack: GuestStack, *names: str, subnet: str, bridge: str, image: str = "machine"
) -> Iterator[dict[str, Guest]]:
    """Yield guests that are up, on a network of the engine, which lets them reach this computer and the internet.

    The network has the stack's label, by which its clean-up removes it, also after a killed run.
    """
    network = f"nuvla-swarm-{stack.name}"
    addresses = IPv4Network(subnet)
    with ExitStack() as clean_up:
        options = ["--label", f"{STACK_LABEL}=nuvla-swarm/{stack.name}", "--subnet", subnet]
        docker("network", "create", *options, "--opt", f"com.docker.network.bridge.name={bridge}", network)
        clean_up.callback(docker, "network", "rm", network)
        guests = {
            name: Guest(
                name=name,
                interface=IPv4Interface(f"{addresses[number]}/{addresses.prefixlen}"),
                folder=stack.folder / "guests" / name,
                bridge=bridge,
                tap=f"{bridge}-{number}",
                env=stack.env,
                image=image,
            )
            for number, name in enumerate(names, 11)
        }
        for guest in guests.values():
            clean_up.callback(guest.remove)
            guest.make()
            guest.start()
        for guest in guests.values():
            guest.wait()
        stack.guests = guests
        yield guests


def as_existing_hosts(stack: GuestStack) -> ExistingHosts:
    """Return the guests of a stack as hosts that let the user `ops` in, as the tests of existing hosts have them."""
    private_key, public_key = key_pair(stack.folder / "login")
    wrong_key, _ = key_pair(stack.folder / "other")
    for guest in stack.guests.values():
        create_user = (SCRIPTS / "create_user.sh").read_text()
        created = guest.on("env", f"PUBLIC_KEY={public_key}", "bash", "-c", create_user)
        assert created.code == 0, created.text
    addresses = {name: guest.address for name, guest in stack.guests.items()}
    host_keys = {name: guest.host_key for name, guest in stack.guests.items()}
    return ExistingHosts(stack, addresses, host_keys, private_key, wrong_key)
