"""Docker's command line, as the check of images uses it, and the derived images that it builds."""

import io
import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass

TIMEOUT_S = 600  # of a pull over a slow line


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file or folder that a derived image has beside those of its base."""

    path: str
    text: str | None = None  # None: a folder
    mode: int = 0o444
    user: int = 0  # also the number of its group


def docker(
    *arguments: str, given: bytes | None = None, timeout_s: float = TIMEOUT_S
) -> subprocess.CompletedProcess[str]:
    """Run a command of Docker; return what it printed, and its exit code."""
    command = ["docker", *arguments]
    try:
        done = subprocess.run(command, input=given or b"", capture_output=True, timeout=timeout_s, check=False)
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", "docker: command not found")
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer within {timeout_s:.0f} seconds")
    return subprocess.CompletedProcess(
        command, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that a command printed, of its errors if there are any."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1].strip() if lines else f"exit code {done.returncode}"


def no_engine() -> str:
    """Return why no Docker engine answers; empty if one does."""
    done = docker("version", "--format", "{{.Server.Version}}", timeout_s=20)
    return "" if done.returncode == 0 else last_line(done)


def root_folder() -> str:
    """Return the folder of the engine's data."""
    return docker("info", "--format", "{{.DockerRootDir}}").stdout.strip() or "/var/lib/docker"


def socket() -> str:
    """Return the path of the engine's socket, on the engine's machine."""
    done = docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    path = done.stdout.strip().removeprefix("unix://")
    return path if done.returncode == 0 and path.startswith("/") else "/var/run/docker.sock"


def fetch(image: str) -> str:
    """Pull an image; return why it cannot be had, or an empty text. An image that is there need be in no registry."""
    done = docker("pull", "--quiet", image)
    if done.returncode == 0 or docker("image", "inspect", image).returncode == 0:
        return ""
    return last_line(done)


def build(tag: str, image: str, entries: Iterable[Entry]) -> str:
    """Build an image with further files and folders; return what went wrong, or an empty text.

    The files are part of the image, since the engine may be on another computer, whose files nothing here can mount.
    """
    recipe = f"FROM {image}\nADD files.tar /\n".encode()
    context = _archive([("Dockerfile", recipe, 0o644, 0), ("files.tar", _files(entries), 0o644, 0)])
    done = docker("build", "--quiet", "--tag", tag, "-", given=context)
    return "" if done.returncode == 0 else last_line(done)


def _files(entries: Iterable[Entry]) -> bytes:
    return _archive(
        (entry.path.lstrip("/"), None if entry.text is None else entry.text.encode(), entry.mode, entry.user)
        for entry in entries
    )


def _archive(members: Iterable[tuple[str, bytes | None, int, int]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content, mode, user in members:
            member = tarfile.TarInfo(name)
            member.mode, member.uid, member.gid = mode, user, user
            if content is None:
                member.type = tarfile.DIRTYPE
            else:
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content or b""))
    return packed.getvalue()
