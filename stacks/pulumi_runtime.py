"""The run of a program, without work of the Pulumi SDK and Python that costs time and has no use here."""

import asyncio
import gc
import os
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi import log

from components.machines.prior_state import PriorState
from stacks import prior_state

DEBUG_VARIABLE = "NUVLA_SWARM_DEBUG"  # of the environment


def run(build: Callable[[PriorState], dict[str, Any]]) -> None:
    """Run `build`, which makes all resources from the prior state, and export the outputs that it returns."""
    drop_debug_messages()
    # The search for garbage took half of a preview of 25 machines, although the program's objects live until it ends.
    # Without it, the program uses some MB more, since it makes its resources once and then only waits.
    gc.disable()

    async def program() -> dict[str, Any]:
        outputs = build(await prior_state.read())
        # Let all registrations begin. The SDK waits for registrations that it knows; for one that begins later, it
        # looks at thousands of open outputs again after each of thousands that close (the loop of pulumi/pulumi#22411).
        await asyncio.sleep(0)
        return outputs

    pulumi.run(program)


def drop_debug_messages() -> None:
    """Replace the SDK's function for debug messages by one that does nothing, unless NUVLA_SWARM_DEBUG is set.

    The SDK sends four messages for each resource even if nobody sees them, and the whole program waits for each
    (pulumi/pulumi#7292). That took a tenth of a preview.
    """
    if not os.environ.get(DEBUG_VARIABLE):
        setattr(log, "debug", _drop)  # noqa: B010 - a plain assignment is a redefinition to the type checker


def _drop(*_arguments: object, **_options: object) -> None:
    """Do nothing, in place of `pulumi.log.debug`."""
