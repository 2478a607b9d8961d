"""stacks/sdk_debug.py: the SDK's debug messages are not sent, unless somebody wants to see them."""

import pulumi
import pytest

from stacks.sdk_debug import WANTED, drop_unless_wanted


@pytest.mark.parametrize(("wanted", "sent"), [("", []), ("1", ["a detail"])])
def test_a_debug_message_is_sent_to_whoever_asked_for_it(
    monkeypatch: pytest.MonkeyPatch, wanted: str, sent: list[str]
) -> None:
    messages: list[str] = []
    monkeypatch.setattr(pulumi.log, "debug", messages.append)
    monkeypatch.setenv(WANTED, wanted)
    drop_unless_wanted()
    pulumi.log.debug("a detail")
    assert messages == sent
