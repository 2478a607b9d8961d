"""The computer of the operator: its own settings in a file beside the state, and a proxy that leads to no machine."""

import json
import re

from tests.e2e.harness import Stack, computer_settings

PROXIES = dict.fromkeys(
    ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"
)  # none answers


def prepare(stack: Stack) -> None:
    """Set nothing: the settings of this computer belong to every local stack."""


def check_dead_proxy_is_passed_by(stack: Stack) -> None:
    named = f"STACK={stack.name}"
    updated = stack.run("make", "up", named, env=PROXIES)
    assert updated.code == 0, updated.text
    shown = stack.run("make", "status", named, env=PROXIES)
    assert shown.code == 0, shown.text
    assert len(re.findall(r"^  \w+-1 .* Ready Active", shown.text, re.MULTILINE)) == len(stack.nodes())


def check_settings_of_this_computer_may_be_in_the_stack_or_beside_the_state(stack: Stack) -> None:
    before = stack.file.read_text()
    try:
        for section, values in computer_settings().items():
            for key, value in values.items():
                if stack.get(f"{section}.{key}") == value:  # other areas have images of their own
                    stack.unset(f"{section}.{key}")
        updated = stack.make("up")
        shown = stack.preview("--expect-no-changes")
    finally:
        stack.file.write_text(before)
    assert updated.code == 0, updated.text
    assert shown.code == 0, shown.text
    assert json.loads((stack.folder / ".state/computer.json").read_text()) == computer_settings()
