"""The S3 service as it runs on a machine: the gateway and the front before it, in containers of their images."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import requests

from components import assets
from components.s3.stack import API_PORT, FRONT_COMMAND, FRONT_FILES, gateway_env
from stacks.config.images import ImagesSettings
from tests.support.checkout import CHECKOUT
from tests.support.s3_client import s3_client

ACCESS_KEY = "A1" * 10
SECRET_KEY = "s3cr3t" * 7
NOBODY = 65534
PATIENCE_S = 120  # with two containers that start while others want the cores
USER = NOBODY if os.getuid() == 0 else os.getuid()


def command(*arguments: str | Path) -> str:
    """Runs a command and returns what it printed."""
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.strip()


@cache
def image(key: str) -> str:
    """The image of a service, as the embedded engine finds it."""
    name = f'"$REGISTRY/$(<"{CHECKOUT}/offline/images/{key}/image")"'
    script = f'source "{CHECKOUT}/tools/lib.sh"; use_engine; offline && echo {name}'
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False).stdout.strip()
    return found or str(getattr(ImagesSettings(), key))


@dataclass
class Served:
    """A running S3 service, its folder, and clients of it."""

    folder: Path
    work: Path
    front: str = ""
    gateway: str = ""
    address: str = ""

    @property
    def url(self) -> str:
        return f"http://{self.address}:{API_PORT}"

    def bucket(self, name: str) -> Path:
        return self.folder / name

    def client(self, *, access: str = ACCESS_KEY, secret: str = SECRET_KEY, port: int = API_PORT, **config: Any) -> Any:
        key = {"endpoint": f"http://{self.address}:{port}", "access_key": access, "secret_key": secret}
        return s3_client(key, **config)

    def start_gateway(self) -> None:
        env = [part for name, value in gateway_env("http://s3.test").items() for part in ("--env", f"{name}={value}")]
        start = ("--entrypoint", "/bin/sh", image("versitygw"), "/etc/versitygw/start.sh", "/files")
        self.gateway = self._run(
            "none", "", *env, "--volume", f"{self.work}/start.sh:/etc/versitygw/start.sh:ro", *start
        )

    def start_front(self) -> None:
        program, *arguments = FRONT_COMMAND
        files = ("--volume", f"{self.work}/front:/etc/front:ro", "--entrypoint", program)
        self.front = self._run("bridge", ":ro", *files, image("openresty"), *arguments)
        template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        self.address = command("docker", "inspect", "--format", template, self.front)
        self.wait()

    def wait(self) -> None:
        """Returns once both answer."""
        session = requests.Session()
        session.trust_env = False
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            try:
                if session.get(f"{self.url}/health", timeout=10).status_code == 200:
                    return
            except requests.RequestException:  # a slow answer, too
                pass
            time.sleep(0.05)
        raise AssertionError(self.log())

    def log(self) -> str:
        """What both have written."""
        shown = [
            subprocess.run(["docker", "logs", one], capture_output=True, text=True, check=False) for one in self.all()
        ]
        return "".join(one.stdout + one.stderr for one in shown)

    def all(self) -> list[str]:
        return [one for one in (self.front, self.gateway) if one]

    def kill(self, container: str) -> None:
        command("docker", "rm", "--force", container)

    def _run(self, network: str, access: str, *arguments: str) -> str:
        shared = [f"{self.folder}:/files", f"{self.work}/sockets:/tmp{access}", f"{self.work}/secrets:/run/secrets:ro"]
        volumes = [part for one in shared for part in ("--volume", one)]
        user = f"{USER}:{USER}"
        return command("docker", "run", "--detach", "--user", user, "--network", network, *volumes, *arguments)


@contextmanager
def serve(work: Path, changed: Mapping[str, str] | None = None, size_mib: int | None = None) -> Iterator[Served]:
    """The service over a new folder in `work`, of a size that root can limit; with some words of nginx.conf changed."""
    folder = work / "files"
    for name in ("files", "sockets", "secrets", "front"):
        (work / name).mkdir(mode=0o755)
    (work / "sockets").chmod(0o1777)
    for name, text in {"s3-access-key": ACCESS_KEY, "s3-secret-key": SECRET_KEY}.items():
        (work / "secrets" / name).write_text(text)
    for name in FRONT_FILES:
        (work / "front" / name).write_text(assets.read(f"s3/files/front/{name}"))
    config = work / "front/nginx.conf"
    for old, new in (changed or {}).items():
        assert old in config.read_text()
        config.write_text(config.read_text().replace(old, new))
    (work / "start.sh").write_text(assets.read("s3/files/start.sh"))
    if size_mib:
        command("mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "s3-test", folder)
    if USER == NOBODY:
        os.chown(folder, NOBODY, NOBODY)
    for part in [*work.parents][:-2]:
        part.chmod(part.stat().st_mode | 0o055)
    served = Served(folder=folder, work=work)
    try:
        served.start_gateway()
        served.start_front()
        yield served
    finally:
        for container in served.all():
            subprocess.run(["docker", "rm", "--force", container], capture_output=True, check=False)
        if size_mib:
            command("umount", "--lazy", folder)
