"""Takes the place of servers of files: what they have read is in a file, and they listen on their ports."""

import re
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.interrupted.inside.tools.notify import say_ready

READ = Path("/run/stand-in")
SETTINGS = Path("/etc/ganesha/ganesha.conf")
MOUNTD = Path("/etc/nfs.conf.d/nuvla-swarm.conf")
NFS = 2049


def rpcbind(_: Sequence[str]) -> None:
    """Says where others listen."""
    serve([111])


def statd(_: Sequence[str]) -> None:
    """Looks after locks."""
    serve([662])


def ganesha(words: Sequence[str]) -> None:
    """Serves by its settings; with a word, only reads them again."""
    text = SETTINGS.read_text(encoding="utf-8")
    (READ / "ganesha").write_text(text, encoding="utf-8")
    if not words:
        serve([NFS, int(re.findall(r"MNT_Port = (\d+)", text)[0])], READ / "ganesha")


def busctl(_: Sequence[str]) -> None:
    """Tells what Ganesha exports."""
    exported = re.findall(r"Path = (.*);", (READ / "ganesha").read_text(encoding="utf-8"))
    print(*(f'"{path}"' for path in exported))


def kernel(_: Sequence[str]) -> None:
    """Serves by its exports."""
    exportfs([])
    serve([NFS, int(re.findall(r"port=(\d+)", MOUNTD.read_text(encoding="utf-8"))[0])], READ / "exports")


def exportfs(_: Sequence[str]) -> None:
    """Reads the exports again."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(Path("/etc/exports.d").glob("*.exports"))]
    (READ / "exports").write_text("".join(texts), encoding="utf-8")


def serve(ports: Sequence[int], *read: Path) -> None:
    """Listens until it is ended, and forgets what it has read then."""
    listening = [socket.create_server(("", port)) for port in ports]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    say_ready()
    try:
        signal.pause()
    finally:
        for file in read:
            file.unlink(missing_ok=True)
        for one in listening:
            one.close()
