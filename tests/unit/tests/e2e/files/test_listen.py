"""The listener of the firewall's tests: whose a port is on which it cannot listen, and what it has heard in the end."""

import signal
import socket
import subprocess
import sys

from tests.support.checkout import CHECKOUT
from tests.support.crowd import crowd
from tests.support.ports import reserved_port

HOST = "127.0.0.1"
TEXT = (CHECKOUT / "tests/e2e/files/listen.py").read_text()
AT_ONCE = TEXT.replace("BUSY_S = 10", "BUSY_S = 0")


def test_ports_of_listeners_and_of_outgoing_connections_are_told_apart() -> None:
    assert AT_ONCE != TEXT
    with socket.create_server((HOST, 0)) as server, socket.create_connection(server.getsockname()) as outgoing:
        taken, busy = server.getsockname()[1], outgoing.getsockname()[1]
        command = [sys.executable, "-c", AT_ONCE, HOST, str(taken), str(busy)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as listener:
            said, _ = listener.communicate("", timeout=30 * crowd())
        assert said.splitlines() == [f"taken tcp {taken}", f"busy tcp {busy}", "ready"]


def test_datagrams_that_came_before_the_end_of_the_input_are_told() -> None:
    """Also by a listener that has had no core since."""
    with reserved_port() as port, socket.socket(type=socket.SOCK_DGRAM) as sender:
        command = [sys.executable, "-c", AT_ONCE, HOST, str(port)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as listener:
            assert listener.stdout
            assert [listener.stdout.readline() for _ in range(2)] == [f"busy tcp {port}\n", "ready\n"]
            listener.send_signal(signal.SIGSTOP)
            for _ in range(3):
                sender.sendto(b"probe", (HOST, port))
            assert listener.stdin
            listener.stdin.close()
            listener.send_signal(signal.SIGCONT)
            assert listener.stdout.read() == f"udp {port} {HOST}\n" * 3
