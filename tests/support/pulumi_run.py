"""Ways to run a component or the whole program with the fake Pulumi."""

import asyncio
import gc
import os
import runpy
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from unittest.mock import patch

import pulumi
from pulumi.runtime import resource as runtime_resource
from pulumi.runtime.mocks import set_mocks
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.settings import SETTINGS, get_root_resource, set_root_resource
from pulumi.runtime.stack import run_in_stack, wait_for_rpcs

from components.machines.shell import Done
from components.swarm import roll
from stacks.config import computer
from tests.support.configs import texts
from tests.support.fake_pulumi import FakeMonitor, FakePulumi

T = TypeVar("T")
# Pulumi looks up the line of the program that registers a resource. It takes a quarter of a run, and no test sees it.
vars(runtime_resource)["_get_stack_trace"] = source_pb2.StackTrace
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "true"  # an f-string on an Output raises
computer.FILE = Path(__file__).with_name("computer.json")  # not that of the developer's computer
PROGRAM = Path(__file__).parents[2] / "__main__.py"


class _Threads(ThreadPoolExecutor):
    """Threads that outlive an event loop: Pulumi opens a loop in each thread and never closes that loop."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do nothing: the threads end with the process."""


_threads = _Threads()
_loops: list[asyncio.AbstractEventLoop] = []


def start(*, preview: bool = False, state: dict[str, Any] | None = None) -> FakePulumi:
    """Return a new fake Pulumi, with a new event loop and an empty configuration, for the next run.

    In a preview the outputs that a provider computes are unknown, as in the first preview of an empty stack.
    """
    for loop in _loops:
        loop.close()
    _loops[:] = [asyncio.new_event_loop()]
    _loops[0].set_default_executor(_threads)
    asyncio.set_event_loop(_loops[0])
    pulumi.runtime.set_all_config({}, [])
    engine = FakePulumi(preview=preview)
    engine.state = state or {}
    set_root_resource(cast(pulumi.Resource, None))
    SETTINGS.rpc_manager.clear()  # a run that failed leaves what it waited for
    SETTINGS.outputs.clear()
    set_mocks(engine, "nuvla-swarm", "test", preview=preview, monitor=FakeMonitor(engine), organization="organization")
    _loops[0].run_until_complete(wait_for_rpcs())  # the stack's own
    return engine


def build(make: Callable[[], T]) -> T:
    """Return what `make` returns, after every resource that it made is registered."""
    made: list[T] = []
    cast(Any, pulumi.runtime).test(lambda: made.append(make()))()
    return made[0]


@dataclass(frozen=True)
class Secret:
    """A secret with its known value."""

    value: Any


def value(thing: Any) -> Any:
    """Return the value of an Output, also deep inside objects; a secret as `Secret`."""
    if isinstance(thing, pulumi.Output):
        known, secret = _loops[0].run_until_complete(_awaited(thing))
        return Secret(known) if secret else value(known)
    if isinstance(thing, Mapping):
        return {key: value(one) for key, one in thing.items()}
    return [value(one) for one in thing] if isinstance(thing, list) else thing


@dataclass(frozen=True)
class Program:
    """The result of a run of the whole program."""

    engine: FakePulumi
    outputs: dict[str, Any]  # an unknown output is None


def run_program(
    document: Mapping[str, Any],
    *,
    preview: bool = False,
    secrets: Mapping[str, str] | None = None,
    state: dict[str, Any] | None = None,
    volumes: Mapping[str, dict[str, Any]] | None = None,
    seen: Callable[[FakePulumi], None] = lambda engine: None,
) -> Program:
    """Run `__main__.py` with a configuration, in the form of Pulumi, and with the state of an earlier run."""
    engine = start(preview=preview, state=state)
    engine.volumes |= volumes or {}
    seen(engine)  # before the program may refuse the configuration
    secret_texts = {f"nuvla-swarm:{key}": text for key, text in (secrets or {}).items()}
    pulumi.runtime.set_all_config({**texts(document), **secret_texts}, list(secret_texts))
    set_root_resource(cast(pulumi.Resource, None))
    stacks: list[Any] = []

    def program() -> None:
        stacks.append(get_root_resource())
        runpy.run_path(str(PROGRAM), run_name="__main__")

    try:
        with patch.object(roll, "run_script", _obeyed):
            _loops[0].run_until_complete(run_in_stack(program))
    finally:
        gc.enable()  # this process lives longer than a program
    return Program(engine, value(stacks[0].outputs))


async def _obeyed(*_: object) -> Done:
    """Tell that a script ran on a machine, of which there are none."""
    return Done(0, "", "")


async def _awaited(output: pulumi.Output[T]) -> tuple[T | None, bool]:
    return await output.future(), await output.is_secret()
