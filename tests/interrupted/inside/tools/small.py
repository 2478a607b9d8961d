"""Takes the place of tools for what cannot be had on the machines of these tests."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from tests.interrupted.inside.tools.notify import say_ready

NOTED = Path("/run/stand-in/sysctl")
KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nkey\n-----END PGP PUBLIC KEY BLOCK-----\n"


def containerd(_: Sequence[str]) -> None:
    """Says that it is ready, and waits."""
    say_ready()
    signal.pause()


def curl(words: Sequence[str]) -> None:
    """Has the key of docker.com's packages, and is curl for all else."""
    if any(word.startswith("https://download.docker.com/") for word in words):
        Path(words[words.index("-o") + 1]).write_text(KEY, encoding="utf-8")
    else:
        os.execv("/usr/bin/curl", ["curl", *words])


def gpg(words: Sequence[str]) -> None:
    """Knows that key, and that it signs with another one."""
    if Path(words[-1]).read_text(encoding="utf-8") == KEY:
        print("pub:-:4096:1:8D81803C0EBFCD88:1487788586:::-:::scSC::::::23::0:")
        print("fpr:::::::::9DC858229FC7DD38854AE2D88D81803C0EBFCD88:")
        print("sub:-:4096:1:7EA0A9C3F273FCD8:1487788586::::::s::::::23:")
        print("fpr:::::::::D3306A018370199E527AE7997EA0A9C3F273FCD8:")


def keepalived(_: Sequence[str]) -> None:
    """Waits, whichever settings it has; it reads them again when it is told to."""
    signal.signal(signal.SIGHUP, lambda *_: None)
    while True:
        signal.pause()


def sysctl(words: Sequence[str]) -> None:
    """Only notes what a machine shares with its computer."""
    files = [Path(word.removeprefix("--load=")) for word in words if word.startswith("--load=")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    lines += [word for word in words if "=" in word and not word.startswith("-")]
    shared = [line for line in lines if line.startswith("vm.")]
    if shared:
        NOTED.parent.mkdir(exist_ok=True)
        NOTED.write_text("\n".join(shared), encoding="utf-8")
    else:
        os.execv("/usr/sbin/sysctl", ["sysctl", *words])
