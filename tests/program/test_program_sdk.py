"""stacks/pulumi_runtime.py: nothing of what the SDK does for everybody costs this program its time."""

import asyncio
from typing import Any

import pulumi
import pytest
from pulumi.runtime import stack

from stacks.pulumi_runtime import DEBUG_VARIABLE, drop_debug_messages
from tests.support import pulumi_run
from tests.support.configs import target
from tests.support.rows import rows


@rows("wanted, sent", [("", []), ("1", ["a detail"])])
def test_debug_messages_are_sent_only_on_request(monkeypatch: pytest.MonkeyPatch, wanted: str, sent: list[str]) -> None:
    messages: list[str] = []
    monkeypatch.setattr(pulumi.log, "get_engine", object)
    monkeypatch.setattr(pulumi.log, "_log", lambda _engine, _severity, message, *_more: messages.append(message))
    monkeypatch.setattr(pulumi.log, "debug", messages.append)  # a program that ran before may have dropped the real one
    monkeypatch.setenv(DEBUG_VARIABLE, wanted)
    drop_debug_messages()
    pulumi.log.debug("a detail")
    pulumi.log.warn("a warning")
    assert messages == [*sent, "a warning"]


def test_sdk_waits_for_resources_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []

    class Counting:
        """`asyncio` as the SDK's loop sees it."""

        def __getattr__(self, name: str) -> Any:
            return getattr(asyncio, name)

        def wait(self, outputs: list[asyncio.Task[Any]], **how: Any) -> Any:
            looked_at.append(len(outputs))
            return asyncio.wait(outputs, **how)

    monkeypatch.setattr(stack, "asyncio", Counting())
    registered = len(pulumi_run.run_program(target(workers=24)).engine.types)
    assert sum(looked_at) < registered
