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


def sysctl(words: Sequence[str]) -> None:
    """Only notes what a machine shares with its computer."""
    files = [Path(word.removeprefix("--load=")) for word in words if word.startswith("--load=")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    shared = [line for line in lines if line.startswith("vm.")]
    if shared:
        NOTED.parent.mkdir(exist_ok=True)
        NOTED.write_text("\n".join(shared), encoding="utf-8")
    else:
        os.execv("/usr/sbin/sysctl", ["sysctl", *words])
