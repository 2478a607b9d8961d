"""stacks/sdk_debug.py: the SDK's debug messages are not sent, unless somebody wants to see them."""

import pulumi
import pytest

from stacks.sdk_debug import WANTED, drop_unless_wanted


def sent(monkeypatch: pytest.MonkeyPatch, wanted: str) -> list[str]:
    """What the program sends of a debug message and of a warning."""
    messages: list[str] = []
    monkeypatch.setattr(pulumi.log, "get_engine", object)
    monkeypatch.setattr(pulumi.log, "_log", lambda _engine, _severity, message, *_more: messages.append(message))
    monkeypatch.setattr(pulumi.log, "debug", pulumi.log.debug)  # put back after the test
    monkeypatch.setenv(WANTED, wanted)
    drop_unless_wanted()
    pulumi.log.debug("a detail")
    pulumi.log.warn("a warning")
    return messages


def test_only_what_is_for_operators_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(monkeypatch, "") == ["a warning"]


def test_whoever_debugs_the_sdk_sees_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(monkeypatch, "1") == ["a detail", "a warning"]
