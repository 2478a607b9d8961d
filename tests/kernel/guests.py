"""Guests: machines with a kernel of their own, as processes (user-mode Linux) on one network of the engine."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path

from tests.e2e.existing_hosts import key_pair
from tests.e2e.harness import Result, kill, processes_with, run
from tests.e2e.waiting import wait_for
from tests.kernel.archive import write_archive
from tests.support.checkout import CHECKOUT

MEMORY_MIB = 1500
BOOT_TIMEOUT_S = 300  # seen: 10 to 80 s, the engine's start included
SSH_OPTIONS = "BatchMode=yes StrictHostKeyChecking=yes ConnectTimeout=30 ServerAliveInterval=15 LogLevel=ERROR".split()
RECIPES = CHECKOUT / "offline/kernel"


def built(recipe: str, *arguments: str) -> str:
    """Return the path that a recipe of offline/kernel prints, after the recipe has built what is lacking."""
    completed = subprocess.run([RECIPES / recipe, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return completed.stdout.strip()


@dataclass(frozen=True, kw_only=True)
class Guest:
    """A machine: a process with a disk of its own, whose kernel starts anew when the machine reboots."""

    name: str
    interface: IPv4Interface  # its address, and the network
    folder: Path  # with its keys, its disk and what it says
    bridge: str  # of the network, on this computer
    tap: str  # its device there
    env: Mapping[str, str]  # of its processes: the harness finds what a killed run left by it
    image: str = "plain"  # of its disk: `plain`, or `machine` with Docker
    memory_mib: int = MEMORY_MIB
    domain: str = ".example"  # behind its name

    @property
    def hostname(self) -> str:
        return self.name + self.domain

    @property
    def address(self) -> str:
        return str(self.interface.ip)

    @property
    def host_key(self) -> str:
        return (self.folder / "host_key.pub").read_text().strip()

    def console(self) -> str:
        """Return what kernel and systemd have said since the guest was made."""
        parts = [self.folder / name for name in ("console", "boot")]
        return "".join(part.read_text(errors="replace") for part in parts if part.exists())

    def make(self) -> None:
        """Write what makes this guest of the common disk."""
        self.folder.mkdir(parents=True)
        _, host_key = key_pair(self.folder / "host_key")
        _, login = key_pair(self.folder / "login")
        (self.folder / "known_hosts").write_text(f"{self.address} {host_key}\n")
        gateway = next(self.interface.network.hosts())
        files = {
            "etc/guest/environment": f"ADDRESS={self.interface}\nGATEWAY={gateway}\n",
            "etc/hostname": f"{self.hostname}\n",
            "etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {self.hostname} {self.name}\n",
            "etc/resolv.conf": Path("/etc/resolv.conf").read_text(),
            "etc/ssh/ssh_host_ed25519_key": (self.folder / "host_key").read_text(),
            "root/.ssh/authorized_keys": f"{login}\n",
        }
        write_archive(self.folder / "identity", files)

    def start(self) -> None:
        """Start the machine, for the first time or after `kill`; `wait` waits until it is up."""
        remove_device(self.tap)
        must("ip", "tuntap", "add", "dev", self.tap, "mode", "tap")
        must("ip", "link", "set", self.tap, "master", self.bridge, "up")
        kernel, disk = built("build.sh"), built("disk.sh", self.image)
        # Packets of sockets of this computer come joined: without gro=1 the joined ones are cut off, and sent again.
        arguments = [
            *(f"mem={self.memory_mib}M", f"umid={self.name}", f"uml_dir={self.folder}", "con=null", "con0=null,fd:1"),
            *(f"ubda={self.folder / 'disk'},{disk}", f"ubdbr={self.folder / 'identity'}", "root=/dev/ubda", "rw"),
            *(f"vec0:transport=tap,ifname={self.tap},depth=64,gro=1", f"systemd.hostname={self.hostname}"),
        ]
        command = ["setsid", "--fork", str(RECIPES / "guest.sh"), str(self.folder), kernel, *arguments]
        nothing = subprocess.DEVNULL  # else the guest holds the pipes of whoever runs the tests
        environment = {**self.env, **self._mark}
        subprocess.run(command, check=True, env=environment, stdin=nothing, stdout=nothing, stderr=nothing)

    @property
    def _mark(self) -> dict[str, str]:
        return {"NUVLA_SWARM_GUEST": str(self.folder)}

    def kill(self) -> None:
        """Switch the power off: what is not on the disk is lost."""
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int((self.folder / "pid").read_text()), signal.SIGKILL)  # first: it would start the kernel anew
        kill(self._processes())
        wait_for(lambda: not self._processes(), f"{self.name} has ended", 30)

    def _processes(self) -> list[int]:
        [mark] = (f"{key}={value}" for key, value in self._mark.items())
        return processes_with(mark)

    def remove(self) -> None:
        """Remove the machine, its disk and its device."""
        self.kill()
        remove_device(self.tap)
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self) -> None:
        """Wait until systemd has started all that it starts."""
        self._wait_for(lambda: self.on("systemctl", "is-system-running", "--wait").code == 0, "is up")

    def boot_id(self) -> str:
        """Return the id of this run of the kernel; empty while the machine does not answer."""
        answer = self.on("cat", "/proc/sys/kernel/random/boot_id")
        return answer.text.strip() if answer.code == 0 else ""

    def reboot(self) -> None:
        """Reboot the machine as an operator does, and wait until it is up again."""
        before = self.boot_id()
        self.on("systemctl", "reboot")
        self._wait_for(lambda: self.boot_id() not in ("", before), "has rebooted")
        self.wait()

    def _wait_for(self, condition: Callable[[], bool], what: str) -> None:
        wait_for(condition, f"{self.name} {what}", BOOT_TIMEOUT_S, lambda: self.console()[-3000:])

    def command(self, *command: str) -> list[str]:
        """Return a command of this computer that runs one on the machine as root, with these very arguments."""
        options = [f"-o{option}" for option in (*SSH_OPTIONS, f"UserKnownHostsFile={self.folder / 'known_hosts'}")]
        return ["ssh", f"-i{self.folder / 'login'}", *options, f"root@{self.address}", shlex.join(command)]

    def on(self, *command: str) -> Result:
        """Run a command on the machine."""
        return run(*self.command(*command))


def must(*command: str) -> str:
    """Run a command that has to succeed, and return its output."""
    result = run(*command)
    assert result.code == 0, result.text
    return result.text


def remove_device(name: str) -> None:
    """Remove a network device of this computer, which may be gone."""
    if Path(f"/sys/class/net/{name}").exists():
        must("ip", "link", "delete", name)
