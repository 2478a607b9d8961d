"""One command on a machine: its variables, its input, its output while it runs, and how it ended."""

import contextlib
import json
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

import paramiko

from command.transport import Transport
from standin.resource import Call, StandinError

CHUNK = 1 << 15


@dataclass(frozen=True, kw_only=True)
class Job:
    """A command to run, and the streams of its output that go to the engine's log."""

    command: str
    stdin: str = ""
    environment: dict[str, str]  # each must be accepted by the server
    previous: dict[str, str]  # a refused one is a warning
    log_stdout: bool = True
    log_stderr: bool = True


@dataclass(frozen=True)
class Output:
    """Output of a command, without a last line feed."""

    stdout: str
    stderr: str


class _Collector:
    """Keeps each stream, both in the order they came, and hands whole lines of the logged ones to the log."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self.streams = {"stdout": bytearray(), "stderr": bytearray()}
        self.both = bytearray()
        self._log, self._line, self._lock = log, bytearray(), threading.Lock()

    def read(self, stream: str, receive: Callable[[int], bytes], logged: bool) -> None:
        while chunk := receive(CHUNK):
            with self._lock:
                self.streams[stream] += chunk
                self.both += chunk
                if logged:
                    self._line += chunk
                    *lines, rest = self._line.split(b"\n")
                    self._line = rest
                    for line in lines:
                        self._log(_text(line.removesuffix(b"\r")))

    def end(self) -> None:
        if self._line:
            self._log(_text(self._line))


def run(call: Call, transport: Transport, job: Job) -> Output:
    """Runs it to its end: neither a time-out nor a cancellation stops a command that has begun, as when released."""
    try:
        channel = transport.open_session()
        _set_variables(call, transport, channel, job)
        channel.exec_command(job.command)
    except (paramiko.SSHException, EOFError, OSError) as problem:
        raise StandinError(f"{problem or 'EOF'}: running {_quoted(job.command)}:\n") from None
    collector = _Collector(lambda line: call.log("INFO", line, True))
    work = [
        threading.Thread(target=collector.read, args=("stdout", channel.recv, job.log_stdout), daemon=True),
        threading.Thread(target=collector.read, args=("stderr", channel.recv_stderr, job.log_stderr), daemon=True),
        threading.Thread(target=_feed, args=(channel, job.stdin), daemon=True),
    ]
    for thread in work:
        thread.start()
    for thread in work[:2]:  # not the input: a command may end without reading it
        thread.join()
    status = channel.recv_exit_status()
    collector.end()
    if status:
        ended = _reason(status, transport.signals.get(channel.chanid))
        raise StandinError(f"{ended}: running {_quoted(job.command)}:\n{_text(collector.both)}")
    return Output(*(_text(collector.streams[name]).removesuffix("\n") for name in ("stdout", "stderr")))


def _set_variables(call: Call, transport: Transport, channel: paramiko.Channel, job: Job) -> None:
    for name, value in [*job.environment.items(), *job.previous.items()]:
        if transport.set_variable(channel, name, value):
            continue
        required = name in job.environment
        hint = f"The SSH server refuses the variable {name!r}: its AcceptEnv does not list it."
        call.log("ERROR" if required else "WARNING", hint, False)
        if required:
            raise StandinError(f'could not set environment variable "{name}": ssh: setenv failed')


def _feed(channel: paramiko.Channel, text: str) -> None:
    with contextlib.suppress(OSError, EOFError):  # the command ended before it read all
        channel.sendall(text.encode())
        channel.shutdown_write()


def _reason(status: int, by: str | None) -> str:
    if by:
        return f"Process exited with status {128 + _SIGNALS.get(by, 0)} from signal {by}"
    if status == -1:
        return "wait: remote command exited without exit status or exit signal"
    return f"Process exited with status {status}"


_SIGNALS = {name.removeprefix("SIG"): number.value for name, number in signal.Signals.__members__.items()}


def _quoted(command: str) -> str:
    return json.dumps(command, ensure_ascii=False)


def _text(raw: bytes | bytearray) -> str:
    return bytes(raw).decode(errors="replace")
