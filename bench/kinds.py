"""Measurements of targets and hosts, on local machines and on the stand-in of Exoscale."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import Quiet
from bench.measure import NAME, SUBNET, TIMEOUT_S, UP, must, say
from tests.e2e.exoscale_stacks import EXOSCALE_MACHINES, ExoscaleStack, exoscale_stack
from tests.e2e.harness import Result, Stack, docker
from tests.e2e.harness import stack as local_stack
from tests.e2e.networks import this_computer

CLOUD_SUBNET = "10.124.0.0/16"
PREVIEW = ("pulumi", "preview", "--suppress-outputs")
DESTROY = ("pulumi", "destroy", "--yes", "--skip-preview", "--suppress-outputs")


@dataclass(frozen=True)
class KindLife:
    """Durations of the commands in the life of an infrastructure."""

    up_s: float
    second_up_s: float
    preview_s: float
    destroy_s: float


@dataclass(frozen=True)
class Previews:
    """Durations of previews and of `up` on Exoscale, and the calls of its API by previews."""

    first_s: float
    first_calls: int
    up_s: float
    unchanged_s: float
    unchanged_calls: int


def settings(kind: str, provider: str, machines: int) -> dict[str, Any]:
    """Return the settings of a manager and workers; on a host, with a worker for the database."""
    pools: dict[str, Any] = {"manager": {"role": "manager"}, "worker": {"role": "worker", "count": machines - 1}}
    if kind == "host":
        pools["worker"]["labels"] = {"type": "worker-db"}
    place = {"provider": "local", "subnet": str(SUBNET)} if provider == "local" else EXOSCALE_MACHINES
    management = this_computer(str(SUBNET)) if provider == "local" else CLOUD_SUBNET
    document = {"kind": kind, "machines": place | {"pools": pools}, "firewall": {"management": [management]}}
    return document | ({"nfs": {"server": "ganesha"}} if kind == "target" else {})


@contextmanager
def stack(kind: str, provider: str, machines: int) -> Iterator[Stack]:
    """Make a stack without resources, in a fixed folder, by which the stand-in finds resources of a killed bench."""
    document = settings(kind, provider, machines)
    folder = Path(tempfile.gettempdir()) / NAME
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with (
            local_stack(NAME, folder, document)
            if provider == "local"
            else exoscale_stack(NAME, folder, document, CLOUD_SUBNET)
        ) as new_stack:
            new_stack.remove()  # resources of a killed bench
            yield new_stack
    finally:
        shutil.rmtree(folder)


def _timed(quiet: Quiet, measured: Stack, *command: str) -> float:
    quiet.wait()
    start = time.monotonic()
    result: Result = measured.run(*command, timeout_s=TIMEOUT_S)
    must(result)
    took_s = time.monotonic() - start
    say(f"  {' '.join(command)}: {took_s:.1f} s ({quiet.last()})")
    return took_s


def life(quiet: Quiet, kind: str, provider: str) -> KindLife:
    """Measure the life of three machines, from the first `up` to `destroy`."""
    say(f"{kind} on {provider}")
    with stack(kind, provider, 3) as measured:
        up_s = _timed(quiet, measured, *UP)
        second_up_s = _timed(quiet, measured, *UP)
        preview_s = _timed(quiet, measured, *PREVIEW, "--expect-no-changes")
        return KindLife(up_s, second_up_s, preview_s, _timed(quiet, measured, *DESTROY))


def previews(quiet: Quiet, machines: int) -> Previews:
    """Measure the first preview of a target on Exoscale, `up`, and a preview without changes.

    The second preview runs while the machines are stopped: real machines on Exoscale would use no cores of this
    computer, and a preview does not connect to them.
    """
    say(f"previews of {machines} machines on exoscale")
    with stack("target", "exoscale", machines) as measured:
        assert isinstance(measured, ExoscaleStack)
        first_s = _timed(quiet, measured, *PREVIEW)
        first_calls = len(measured.calls())
        up_s = _timed(quiet, measured, *UP)
        docker("kill", *measured.labelled_ids("container"))
        calls = len(measured.calls())
        unchanged_s = _timed(quiet, measured, *PREVIEW, "--expect-no-changes")
        return Previews(first_s, first_calls, up_s, unchanged_s, len(measured.calls()) - calls)
