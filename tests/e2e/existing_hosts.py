"""Hosts that exist before their stack: containers with a fresh system and an SSH server."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from components.machines.local.container import CAPABILITIES
from tests.e2e.harness import SCRIPTS, STACK_LABEL, Stack, docker, image_of, run
from tests.e2e.networks import address, subnet_of, this_computer
from tests.e2e.waiting import wait_for
from tests.support.checkout import CHECKOUT

NETWORK_USER = "existing"  # the default user of networks
THIS_COMPUTER = this_computer(subnet_of(NETWORK_USER))
BOOT_TIMEOUT_S = 180
IMAGE_TIMEOUT_S = 1800  # of a system that has no image yet; seen: 4 min


@dataclass(frozen=True)
class ExistingHosts:
    """The hosts of a stack, by the names that they get as machines."""

    stack: Stack
    addresses: dict[str, str]
    host_keys: dict[str, str]
    private_key: str
    wrong_key: str  # opens no host

    def settings(self, name: str) -> dict[str, Any]:
        """Return the settings of one host."""
        return {"address": self.addresses[name], "port": 22, "user": "ops", "host_key": self.host_keys[name]}

    def script(self, name: str, file: str, **parameters: str) -> str:
        """Run a script of these tests on a host, and return its output."""
        return run_script(self.stack.container(name), file, **parameters)


@contextmanager
def existing_hosts(
    stack: Stack,
    *names: str,
    with_engine: Sequence[str] = (),
    systems: Mapping[str, str] | None = None,
    network_user: str = NETWORK_USER,
) -> Iterator[ExistingHosts]:
    """Yield hosts with the stack's label, by which its clean-up removes them; some have Docker installed already.

    Hosts named in `systems` have that system, such as ubuntu-24.04; the others have that of local machines.
    """
    images = {name: image_of("machine" if name in with_engine else "plain") for name in names}
    images |= {name: image_of_system(system) for name, system in (systems or {}).items()}
    private_key, public_key = key_pair(stack.folder / "login")
    wrong_key, _ = key_pair(stack.folder / "other")
    labels = ["--label", f"{STACK_LABEL}=nuvla-swarm/{stack.name}"]
    network = f"nuvla-swarm-{stack.name}"
    with ExitStack() as clean_up:
        docker("network", "create", *labels, "--subnet", subnet_of(network_user), network)
        clean_up.callback(stack.remove)
        host_keys, addresses = {}, {}
        for number, name in enumerate(names):
            addresses[name] = address(network_user, number + 11)
            _, host_keys[name] = key_pair(stack.folder / name)
            options = ["--network", network, "--ip", addresses[name], *labels]
            start_host(stack.container(name), name, options, images[name], stack.folder / name)
        for name in names:
            wait_for(partial(is_up, stack, name), f"{name} is up", BOOT_TIMEOUT_S)
            run_script(stack.container(name), "create_user.sh", PUBLIC_KEY=public_key)
        yield ExistingHosts(stack, addresses, host_keys, private_key, wrong_key)


def is_up(stack: Stack, name: str) -> bool:
    """Return whether a host has booted."""
    return stack.on(name, "systemctl", "is-active", "--quiet", "multi-user.target").code == 0


def image_of_system(system: str) -> str:
    """Return the name of the image of a fresh system, such as ubuntu-24.04, which is built if it is not there."""
    built = run("local/build.sh", "plain", system, cwd=CHECKOUT, timeout_s=IMAGE_TIMEOUT_S)
    assert built.code == 0, built.text
    return built.text.splitlines()[-1]


def start_host(container: str, name: str, options: list[str], image: str, host_key: Path) -> None:
    """Start a host with that host key, of an image of local/Dockerfile; the last two options are its label."""
    for volume in ("disk", "data"):
        docker("volume", "create", *options[-2:], f"{container}-{volume}")
    # NFS can share what is in /srv: the container's own file system has no handles of files.
    volumes = ["--volume", f"{container}-disk:/var/lib/docker", "--volume", f"{container}-data:/srv"]
    mounts = [*volumes, "--tmpfs", "/run", "--tmpfs", "/tmp:exec"]
    docker(
        *("create", "--name", container, "--hostname", f"{name}.example", *options, *mounts),
        *("--env", "container=docker", *isolation(), image),
    )
    docker("cp", str(host_key), f"{container}:/etc/ssh/ssh_host_ed25519_key")
    docker("start", container)


def isolation() -> list[str]:
    """Return options of `docker run` that let systemd run, by the settings of local machines on this engine."""
    if "machines.privileged=true" in run("local/settings.sh", cwd=CHECKOUT).text:
        return ["--privileged", "--cgroupns=private"]
    security_options = [f"--security-opt={name}=unconfined" for name in ("seccomp", "apparmor", "systempaths")]
    capabilities = [f"--cap-add={name}" for name in CAPABILITIES]
    cgroup_options = ["--device-cgroup-rule=a *:* rwm", "--cgroupns=host", "--volume=/sys/fs/cgroup:/sys/fs/cgroup"]
    return ["--cap-drop=ALL", *capabilities, *security_options, *cgroup_options]


def key_pair(file: Path) -> tuple[str, str]:
    """Create an SSH key with the private key in `file`, and return the private and the public key."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file], check=True)
    return file.read_text(), file.with_suffix(".pub").read_text().strip()


def run_script(container: str, file: str, **parameters: str) -> str:
    """Run a script of these tests in a container, and return its output."""
    variables = [f"--env={key}={value}" for key, value in parameters.items()]
    completed = subprocess.run(
        ["docker", "exec", "--interactive", *variables, container, "bash", "-s"],
        input=(SCRIPTS / file).read_text(),
        text=True,
        capture_output=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout
