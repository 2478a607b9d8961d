"""Inputs of commands for the tests' machine, and their failures."""

from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest

from tests.offline.plugin import secret
from tests.offline.sshd import Server


def given(machine: Server, **inputs: Any) -> dict[str, Any]:
    return {"connection": secret(machine.connection()), "addPreviousOutputInEnv": False} | inputs


def refusal(run: Any, *arguments: Any, **options: Any) -> str:
    """The message of a request that must fail."""
    with pytest.raises(grpc.RpcError) as caught:
        run(*arguments, **options)
    return str(caught.value.details())
