"""Hosts that were there before any stack: containers as a fresh Debian, with an SSH server and nothing else."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.machines.local.cluster import CAPABILITIES
from tests.e2e.harness import CHECKOUT, LABEL, Stack, docker, run
from tests.e2e.networks import address, here, subnet_of

USER = "existing"  # of networks, if no other one is named
HERE = here(subnet_of(USER))
SCRIPTS = CHECKOUT / "tests/e2e/files"


@dataclass(frozen=True)
class Hosts:
    """The hosts of a stack, by the names that they will have as machines."""

    stack: Stack
    addresses: dict[str, str]
    host_keys: dict[str, str]
    private_key: str
    other_key: str  # that opens none of them

    def settings(self, name: str) -> dict[str, Any]:
        """One of them, as a setting."""
        return {"address": self.addresses[name], "port": 22, "user": "ops", "host_key": self.host_keys[name]}

    def script(self, name: str, file: str, **parameters: str) -> str:
        """What a script of these tests prints on a host."""
        return _script(self.stack.container(name), file, **parameters)


@contextmanager
def hosts(stack: Stack, *names: str, with_engine: Sequence[str] = (), user: str = USER) -> Iterator[Hosts]:
    """Hosts that the stack's own clean-up removes too, as they bear its label; some have an engine of their own."""
    private_key, public_key = _key_pair(stack.folder / "login")
    other_key, _ = _key_pair(stack.folder / "other")
    marks = ["--label", f"{LABEL}=nuvla-swarm/{stack.name}"]
    network = f"nuvla-swarm-{stack.name}"
    with ExitStack() as undone:
        docker("network", "create", *marks, "--subnet", subnet_of(user), network)
        undone.callback(stack.remove)
        host_keys, addresses = {}, {}
        for number, name in enumerate(names):
            addresses[name] = address(user, number + 11)
            _, host_keys[name] = _key_pair(stack.folder / name)
            options = ["--network", network, "--ip", addresses[name], *marks]
            image = "machine" if name in with_engine else "plain"
            _start(stack.container(name), name, options, image, stack.folder / name)
            _script(stack.container(name), "create_user.sh", PUBLIC_KEY=public_key)
        yield Hosts(stack, addresses, host_keys, private_key, other_key)


def _start(container: str, name: str, options: list[str], kind: str, host_key: Path) -> None:
    docker("volume", "create", *options[-2:], f"{container}-disk")
    image = image_of(kind)
    places = ["--volume", f"{container}-disk:/var/lib/docker", "--tmpfs", "/run", "--tmpfs", "/tmp:exec"]
    docker(
        *("create", "--name", container, "--hostname", f"{name}.example", *options, *places),
        *("--env", "container=docker", *isolation(), image),
    )
    docker("cp", str(host_key), f"{container}:/etc/ssh/ssh_host_ed25519_key")
    docker("start", container)


def image_of(kind: str) -> str:
    """The image of a `plain` host, or of a `machine` with the packages that the program installs."""
    return next(tag for tag in run("local/build.sh", "tags", cwd=CHECKOUT).text.split() if f"/{kind}:" in tag)


def isolation() -> list[str]:
    """What lets systemd run there, by the settings that local machines have on this engine."""
    if "machines.privileged=true" in run("local/settings.sh", cwd=CHECKOUT).text:
        return ["--privileged", "--cgroupns=private"]
    unconfined = [f"--security-opt={name}=unconfined" for name in ("seccomp", "apparmor", "systempaths")]
    added = [f"--cap-add={name}" for name in CAPABILITIES]
    groups = ["--device-cgroup-rule=a *:* rwm", "--cgroupns=host", "--volume=/sys/fs/cgroup:/sys/fs/cgroup"]
    return ["--cap-drop=ALL", *added, *unconfined, *groups]


def _key_pair(file: Path) -> tuple[str, str]:
    """Both halves of a new key, of which the private one is in the file."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file], check=True)
    return file.read_text(), file.with_suffix(".pub").read_text().strip()


def _script(container: str, file: str, **parameters: str) -> str:
    given = [f"--env={key}={value}" for key, value in parameters.items()]
    done = subprocess.run(
        ["docker", "exec", "--interactive", *given, container, "bash", "-s"],
        input=(SCRIPTS / file).read_text(),
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
