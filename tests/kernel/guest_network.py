"""A network of the Docker engine with guests of a stack."""

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

from tests.e2e.existing_hosts import ExistingHosts, key_pair
from tests.e2e.harness import STACK_LABEL, Result, Stack, docker, image_of
from tests.kernel.guests import MEMORY_MIB, Guest

UP_TIMEOUT_S = 1200  # user mode is slow: each call of a program is two switches of processes here
PYTHON = ["/usr/bin/python3", "/usr/bin/python3.11", "/usr/lib/python3.11"]
SCRIPTS = Path(__file__).parent.parent / "e2e/files"


class GuestStack(Stack):
    """A stack whose machines are guests."""

    device = "vec0"
    guests: dict[str, Guest]  # those that run
    spare: dict[str, Guest]  # which `set_workers` starts
    hosts: ExistingHosts

    def run(self, *command: str, env: dict[str, str] | None = None, timeout_s: int = UP_TIMEOUT_S) -> Result:
        return super().run(*command, env=env, timeout_s=timeout_s)

    def on(self, machine: str, *command: str) -> Result:
        """Run a command on a machine."""
        return self.guests[machine].on(*command)

    def address(self, machine: str) -> str:
        return self.guests[machine].address

    @property
    def subnet(self) -> str:
        return str(next(iter(self.guests.values())).interface.network)

    def in_network(self, machine: str, image: str, *command: str) -> list[str]:
        """Return a command that runs one on a machine, which has what these tests need of the image."""
        return self.guests[machine].command(*command)

    @contextmanager
    def counted_as_member(self, machine: str, address: str) -> Iterator[None]:
        element = ["element", "inet", "nuvla_swarm", "cluster", f"{{ {address} }}"]
        added = self.on(machine, "nft", "add", *element)
        assert added.code == 0, added.text
        try:
            yield
        finally:
            self.on(machine, "nft", "delete", *element)

    def set_workers(self, count: int) -> None:
        names = [f"worker-{number}" for number in range(1, count + 1)]
        for name in names:
            if name in self.spare:
                self.guests[name] = self.spare.pop(name)
                self.guests[name].make()
                start([self.guests[name]])
                add_host(self.hosts, self.guests[name])
        self.set("machines.pools.worker.hosts", {name.split("-")[1]: self.hosts.settings(name) for name in names})

    def restart(self, *machines: str) -> None:
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda machine: self.guests[machine].reboot(), machines))


@contextmanager
def running_guests(
    stack: GuestStack,
    *names: str,
    subnet: str,
    bridge: str,
    image: str = "machine",
    domain: str = ".example",
    spare: Sequence[str] = (),
    memory_mib: Mapping[str, int] | None = None,
) -> Iterator[dict[str, Guest]]:
    """Yield guests that are up, on a network of the engine, which lets them reach this computer and the internet.

    Those that are `spare` can be started later. Guests have MEMORY_MIB, or what `memory_mib` gives them by their names.
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
                domain=domain,
                memory_mib=(memory_mib or {}).get(name, MEMORY_MIB),
            )
            for number, name in enumerate([*names, *spare], 11)
        }
        for guest in guests.values():
            clean_up.callback(guest.remove)
        stack.spare = {name: guests.pop(name) for name in spare}
        stack.guests = guests
        for guest in guests.values():
            guest.make()
        start(guests.values())
        yield guests


def start(guests: Iterable[Guest]) -> None:
    """Start guests side by side, and wait until they are up and can run the scripts of these tests."""
    for guest in guests:
        guest.start()
    python = ["docker", "run", "--rm", image_of("probe"), "tar", "--create", *PYTHON]
    archive = subprocess.run(python, check=True, capture_output=True).stdout
    for guest in guests:
        guest.wait()
        subprocess.run(guest.command("tar", "--extract", "--directory=/"), input=archive, check=True)


def as_existing_hosts(stack: GuestStack) -> ExistingHosts:
    """Return the guests of a stack as hosts that let the user `ops` in, as the tests of existing hosts have them."""
    private_key, _ = key_pair(stack.folder / "login")
    wrong_key, _ = key_pair(stack.folder / "other")
    stack.hosts = ExistingHosts(stack, {}, {}, private_key, wrong_key)
    for guest in stack.guests.values():
        add_host(stack.hosts, guest)
    return stack.hosts


def add_host(hosts: ExistingHosts, guest: Guest) -> None:
    """Add a guest to the hosts, and let their user in."""
    public_key = (hosts.stack.folder / "login.pub").read_text().strip()
    create_user = (SCRIPTS / "create_user.sh").read_text()
    created = guest.on("env", f"PUBLIC_KEY={public_key}", "bash", "-c", create_user)
    assert created.code == 0, created.text
    hosts.addresses[guest.name] = guest.address
    hosts.host_keys[guest.name] = guest.host_key
