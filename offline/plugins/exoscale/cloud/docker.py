"""The Docker engine that the cloud's machines, disks and networks are on."""

import io
import subprocess
import tarfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from exoscale.cloud import store
from standin.launch import CHECKOUT
from standin.resource import StandinError

LABEL: Final = "io.nuvla.exoscale"
STACK_LABEL: Final = "io.nuvla.swarm.stack"
PATIENCE_S: Final = 120
REMOVALS: Final = 3
_CAPABILITIES: Final = (  # as components/machines/local/container.py has them
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_CHROOT SYS_PTRACE SYS_ADMIN "
    "SYS_NICE SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP"
).split()
_UNCONFINED: Final = [f"--security-opt={name}=unconfined" for name in ("seccomp", "apparmor", "systempaths")]


_ASKING: Final = threading.Lock()


class EngineError(StandinError):
    """The engine refused."""


@dataclass(frozen=True)
class File:
    """A file for a machine, or a link when it has a target."""

    content: bytes = b""
    mode: int = 0o644
    target: str = ""


def docker(*arguments: str, data: bytes = b"") -> str:
    """Runs one command; its error is the engine's."""
    done = subprocess.run(["docker", *arguments], check=False, capture_output=True, input=data, timeout=PATIENCE_S)
    if done.returncode:
        text = done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}"
        raise EngineError(f"the Docker engine behind the stand-in of exoscale, docker {arguments[0]}: {text}")
    return done.stdout.decode().strip()


def remove(container: str) -> None:
    """Removes a machine; again if the engine finds its folder in use at first (moby/moby#30392)."""
    for tries_left in reversed(range(REMOVALS)):
        try:
            docker("rm", "--force", "--volumes", container)
        except EngineError as error:
            if not tries_left or "failed to remove root filesystem" not in str(error):
                raise
        else:
            return


def labels(kind: str, stack: str = "exoscale-standin") -> list[str]:
    """What tells whose a thing is."""
    return [f"--label={LABEL}={kind}", f"--label={LABEL}.cloud={store.key()}", f"--label={STACK_LABEL}={stack}"]


def _settings() -> dict[str, str]:
    with _ASKING:  # many machines are made at a time
        return _asked()


@cache
def _asked() -> dict[str, str]:
    """What local/settings.sh says of local machines on this engine."""
    command = [CHECKOUT / "local" / "settings.sh"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    if done.returncode:
        raise EngineError(f"the stand-in of exoscale needs local/settings.sh: {done.stderr.strip()}")
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def image() -> str:
    """The image that every template stands for."""
    found = _settings()["machines.image"]
    try:
        docker("image", "inspect", "--format={{.Id}}", found)
    except EngineError:
        raise EngineError(f"the stand-in of exoscale needs the image {found}: run 'tools/setup.sh images'") from None
    return found


def isolation() -> list[str]:
    """What lets systemd run in a container, on an engine with cgroup v2 (privileged) or v1."""
    if _settings()["machines.privileged"] == "true":
        return ["--privileged", "--cgroupns=private"]
    capabilities = ["--cap-drop=ALL", *(f"--cap-add={name}" for name in _CAPABILITIES)]
    mount = "--volume=/sys/fs/cgroup:/sys/fs/cgroup"
    return [*capabilities, *_UNCONFINED, "--device-cgroup-rule=a *:* rwm", "--cgroupns=host", mount]


def hypervisor(script: Path, *arguments: str, volume: str = "") -> str:
    """Runs a script beside the machines, where disks are seen as files."""
    mounts = [f"--volume={volume}:/volume"] if volume else []
    rights = ["--cap-add=SYS_ADMIN", "--cap-add=MKNOD", *_UNCONFINED[:2], "--device-cgroup-rule=a *:* rwm"]
    run = ["run", "--rm", "--interactive", "--network=none", *labels("hypervisor"), *rights, *mounts]
    return docker(*run, image(), "bash", "-s", "--", *arguments, data=script.read_bytes())


def exists(container: str) -> bool:
    """Whether a machine is there, running or not."""
    return bool(docker("ps", "--all", "--quiet", f"--filter=name=^{container}$"))


def is_running(container: str) -> bool:
    """Whether its processes run: one that is paused runs to Docker, as a machine that hangs does to a cloud."""
    return docker("container", "inspect", "--format={{.State.Status}}", container) == "running"


def mac_address(container: str, network: str) -> str:
    """Of the container's interface on the network."""
    format_ = f'{{{{(index .NetworkSettings.Networks "{network}").MacAddress}}}}'
    return docker("inspect", f"--format={format_}", container)


def put(container: str, files: Mapping[str, File]) -> None:
    """Writes files into a machine, whether it runs or not; missing folders are made."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, file in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.mode, entry.size = file.mode, len(file.content)
            if file.target:
                entry.type, entry.linkname = tarfile.SYMTYPE, file.target
            tar.addfile(entry, io.BytesIO(file.content))
    docker("cp", "-", f"{container}:/", data=archive.getvalue())
