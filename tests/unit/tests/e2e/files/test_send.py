"""The sender of the firewall's tests: what it says of ports whose answers it has had no core to look at in time."""

import socket
import subprocess
import sys

from tests.support.checkout import CHECKOUT
from tests.support.ports import reserved_port

HOST = "127.0.0.1"
TEXT = (CHECKOUT / "tests/e2e/files/send.py").read_text()
TOO_LATE = TEXT.replace(
    "CONNECT_TIMEOUT_S = 3.5", "CONNECT_TIMEOUT_S = -1"
)  # the deadline has passed at the first look


def test_connections_that_are_made_before_the_last_look_are_open() -> None:
    assert TOO_LATE != TEXT
    with socket.create_server((HOST, 0)) as server, reserved_port() as closed:
        port = server.getsockname()[1]
        command = [sys.executable, "-c", TOO_LATE, HOST, HOST, str(port), str(closed)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert sorted(told.splitlines()) == sorted([f"{port} open", f"{closed} Connection refused"])
