"""The listener of the firewall's tests: whose a port is on which it cannot listen."""

import socket
import subprocess
import sys

from tests.support.checkout import CHECKOUT

HOST = "127.0.0.1"


def test_ports_of_listeners_and_of_outgoing_connections_are_told_apart() -> None:
    text = (CHECKOUT / "tests/e2e/files/listen.py").read_text()
    assert text.count("BUSY_S = 10") == 1
    with socket.create_server((HOST, 0)) as server, socket.create_connection(server.getsockname()) as outgoing:
        taken, busy = server.getsockname()[1], outgoing.getsockname()[1]
        command = [sys.executable, "-c", text.replace("BUSY_S = 10", "BUSY_S = 0"), HOST, str(taken), str(busy)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as listener:
            said, _ = listener.communicate("", timeout=30)
        assert said.splitlines() == [f"taken tcp {taken}", f"busy tcp {busy}", "ready"]
