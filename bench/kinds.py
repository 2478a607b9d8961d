"""Both kinds, on local machines and on the stand-in of Exoscale: from nothing to nothing, and previews."""

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
from tests.e2e.clouds import ON_EXOSCALE, CloudStack, cloud_stack
from tests.e2e.harness import Result, Stack, docker
from tests.e2e.harness import stack as local_stack
from tests.e2e.networks import here

CLOUD = "10.124.0.0/16"
FEW = 6  # machines with every service, which two cores can run
PREVIEW = ("pulumi", "preview", "--suppress-outputs")
DESTROY = ("pulumi", "destroy", "--yes", "--skip-preview", "--suppress-outputs")


@dataclass(frozen=True)
class KindLife:
    """How long the parts of one infrastructure's life took, in seconds."""

    up_s: float
    second_up_s: float
    preview_s: float
    destroy_s: float


@dataclass(frozen=True)
class Previews:
    """Previews on Exoscale, and how often they asked its API."""

    first_s: float
    first_calls: int
    unchanged_s: float
    unchanged_calls: int


def settings(kind: str, provider: str, machines: int) -> dict[str, Any]:
    """One manager, and workers; on a host, one of them for the database."""
    pools: dict[str, Any] = {"manager": {"role": "manager"}, "worker": {"role": "worker", "count": machines - 1}}
    if kind == "host":
        pools["worker"]["labels"] = {"type": "worker-db"}
    place = {"provider": "local", "subnet": str(SUBNET)} if provider == "local" else ON_EXOSCALE
    people = here(str(SUBNET)) if provider == "local" else CLOUD
    made: dict[str, Any] = {"kind": kind, "machines": place | {"pools": pools}, "firewall": {"management": [people]}}
    return made | ({"nfs": {"server": "ganesha"}} if kind == "target" else {})


@contextmanager
def stack(kind: str, provider: str, machines: int) -> Iterator[Stack]:
    """A stack that is not up yet, always in the same folder, by which the stand-in knows what a killed bench left."""
    wanted = settings(kind, provider, machines)
    folder = Path(tempfile.gettempdir()) / NAME
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with (
            local_stack(NAME, folder, wanted) if provider == "local" else cloud_stack(NAME, folder, wanted, CLOUD)
        ) as made:
            made.remove()  # of a bench that was killed
            yield made
    finally:
        shutil.rmtree(folder)


def _timed(quiet: Quiet, made: Stack, *command: str) -> float:
    quiet.wait()
    start = time.monotonic()
    result: Result = made.run(*command, timeout_s=TIMEOUT_S)
    must(result)
    took_s = time.monotonic() - start
    say(f"  {' '.join(command)}: {took_s:.1f} s ({quiet.last()})")
    return took_s


def life(quiet: Quiet, kind: str, provider: str) -> KindLife:
    """Three machines, from nothing to nothing."""
    say(f"{kind} on {provider}")
    with stack(kind, provider, 3) as made:
        up_s = _timed(quiet, made, *UP)
        second_up_s = _timed(quiet, made, *UP)
        preview_s = _timed(quiet, made, *PREVIEW, "--expect-no-changes")
        return KindLife(up_s, second_up_s, preview_s, _timed(quiet, made, *DESTROY))


def previews(quiet: Quiet, machines: int) -> Previews:
    """A target on Exoscale: the preview of all of it, and the one that finds nothing to do.

    For that one the machines are halted: Exoscale's would use no cores of this computer, and a preview asks them
    nothing. Of many machines it is without monitoring and S3, whose checks of health want more cores than one computer
    has.
    """
    say(f"previews of {machines} machines on exoscale")
    with stack("target", "exoscale", machines) as made:
        assert isinstance(made, CloudStack)
        first_s = _timed(quiet, made, *PREVIEW)
        first_calls = len(made.calls())
        if machines > FEW:
            for section in ("monitoring", "s3"):
                made.set(section, {"enabled": False})
        _timed(quiet, made, *UP)
        docker("kill", *made.on_engine("container"))
        before = len(made.calls())
        unchanged_s = _timed(quiet, made, *PREVIEW, "--expect-no-changes")
        return Previews(first_s, first_calls, unchanged_s, len(made.calls()) - before)
