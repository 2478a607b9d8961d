"""Runs the program without what the Pulumi SDK and Python do that costs time and helps nobody here."""

import asyncio
import gc
import os
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi import log

from components.machines.prior_state import PriorState
from stacks import prior_state

WANTED = "NUVLA_SWARM_DEBUG"  # variable of the environment


def run(build: Callable[[PriorState], dict[str, Any]]) -> None:
    """Has Pulumi call `build`, which makes every resource beside what there is, and export what it returns."""
    drop_debug_messages()
    # Half of a preview of 25 machines was the search for garbage among objects that live until the program ends. What
    # is never looked for amounts to some MB, as the program makes its resources and then only waits.
    gc.disable()

    async def program() -> dict[str, Any]:
        outputs = build(await prior_state.read())
        # Has all registrations begin. The SDK waits for each that it knows; for one that begins later it looks at every
        # open output after each that closes, thousands of each (the loop of pulumi/pulumi#22411).
        await asyncio.sleep(0)
        return outputs

    pulumi.run(program)


def drop_debug_messages() -> None:
    """Spares the program the SDK's debug messages, unless they are wanted.

    They are sent whether or not anybody sees them: four for each resource, for each of which the whole program waits
    (pulumi/pulumi#7292). That was a tenth of a preview.
    """
    if not os.environ.get(WANTED):
        setattr(log, "debug", _drop)  # noqa: B010 - a plain assignment is a redefinition to the type checker


def _drop(*_words: object, **_more: object) -> None:
    """Takes the place of `pulumi.log.debug`."""
