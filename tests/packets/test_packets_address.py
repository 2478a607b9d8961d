"""components/virtual_ip/files/keepalived.sh: before the address moves, new connections wait while others end."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from components import assets
from tests.packets.wires import MACHINE, NEIGHBOURS, Ear, Wires

pytestmark = pytest.mark.tools("ip", "nft", "nsenter", "unshare", "curl")

ADDRESS, PORT, ALIVE = "192.168.1.9", 443, 80
CONNECT = f"""
import socket, sys
connection = socket.create_connection(("{ADDRESS}", {PORT}))
print("connected", flush=True)
connection.sendall(sys.stdin.readline().strip().encode())
print("sent", flush=True)
sys.stdin.read()
"""
ANSWER = f"""
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(sys.argv[1]))
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("{MACHINE}", {ALIVE}), Answer)
print("ready", flush=True)
server.serve_forever()
"""


class Holder:
    """The machine with the address, and the script with its files in a folder of the test."""

    def __init__(self, wires: Wires, ear: Ear, folder: Path) -> None:
        self.wires, self.ear, self.folder = wires, ear, folder
        text = assets.read("virtual_ip/files/keepalived.sh")
        for place in ("/etc/nuvla-swarm", "/run"):
            text = re.sub(rf"={place}\b", f"={folder}", text)
        (folder / "keepalived.sh").write_text(text)
        (folder / "keepalived.conf").write_text(f"  virtual_ipaddress {{\n    {ADDRESS}/32 dev eth0\n  }}\n")

    def __call__(self, *words: str) -> bool:
        """Whether the script succeeds."""
        bash = shutil.which("bash")
        assert bash
        command = f"{bash} {self.folder}/keepalived.sh {' '.join(words)}; echo $?"
        return self.wires.run("machine", "sh", "-c", command).strip() == "0"

    def check(self) -> bool:
        return self("check", f"http://{MACHINE}:{ALIVE}/alive")

    def takes_new(self, address: str = ADDRESS) -> bool:
        return self.wires.reach("user", address, f"tcp/{PORT}") == {PORT: "open"}


@pytest.fixture
def holder(wires: Wires, tmp_path: Path) -> Iterator[Holder]:
    wires.run("machine", "ip", "address", "add", f"{ADDRESS}/32", "dev", wires.uplink)
    try:
        with wires.listening("machine", PORT) as ear:
            yield Holder(wires, ear, tmp_path)
    finally:
        wires.run("machine", "nft", "delete", "table", "ip", "nuvla_swarm_address", check=False)
        wires.run("machine", "ip", "address", "del", f"{ADDRESS}/32", "dev", wires.uplink)


@contextmanager
def answering(wires: Wires, status: int) -> Iterator[None]:
    """Traefik says with this status whether it serves on."""
    command = wires.command("machine", sys.executable, "-c", ANSWER, str(status))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.terminate()  # else a test that fails waits for it for ever


def test_new_connections_wait_while_those_under_way_end(holder: Holder) -> None:
    command = holder.wires.command("user", sys.executable, "-c", CONNECT)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stdout.readline() == "connected\n"
        assert holder("stop")
        assert not holder.takes_new()
        client.stdin.write("word\n")
        client.stdin.flush()
        assert client.stdout.readline() == "sent\n"
        assert holder.ear.heard() == {("tcp", PORT, NEIGHBOURS["user"])}
        assert holder.takes_new(MACHINE)
        assert holder("stopped")
        assert holder.takes_new()
        client.communicate("")


def test_traefik_that_ends_gives_up_the_address_and_takes_connections_when_it_is_back(holder: Holder) -> None:
    with answering(holder.wires, 503):
        assert not holder.check()
        assert not holder.check()
        assert not holder.takes_new()
    assert not holder.check(), "it has ended"
    with answering(holder.wires, 200):
        assert holder.check()
        assert holder.takes_new()


def test_traefik_that_does_not_answer_gives_up_the_address_at_once(holder: Holder) -> None:
    assert not holder.check()
    assert holder.takes_new()


def test_keepalived_that_stops_takes_no_new_connections_whatever_traefik_says(holder: Holder) -> None:
    with answering(holder.wires, 200):
        assert holder("stop")
        assert holder.check()
        assert not holder.takes_new()
        assert holder("stopped")
        assert holder.takes_new()
