"""tools/stack/__main__.py: verbs and their arguments."""

from collections.abc import Callable
from importlib import import_module

import pytest

from tests.support.rows import rows
from tools.stack import __main__ as commands
from tools.stack import target


@rows("arguments, text", [([], "'' given; allowed: up, preview,"), (["upp", "dev"], "'upp' given; allowed: up")])
def test_unknown_verb_is_rejected_with_the_verbs(arguments: list[str], text: str) -> None:
    with pytest.raises(SystemExit, match=text):
        commands.main(arguments)


@rows("verb", [*commands.OPENED, "provider"])
def test_verb_without_a_stack_is_rejected_with_the_stacks(verb: str) -> None:
    for arguments in ([verb], [verb, ""]):
        with pytest.raises(SystemExit, match=f"STACK is empty; stacks are .*dev.*: make {verb} STACK="):
            commands.main(arguments)


@rows("place", [*commands.OPENED.values()])
def test_functions_of_verbs_exist(place: tuple[str, str]) -> None:
    module, function = place
    assert isinstance(getattr(import_module(module), function), Callable)  # type: ignore[arg-type]


def test_verb_gets_the_opened_stack_and_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[object] = []
    monkeypatch.setattr(target, "open_target", lambda stack: f"opened {stack}")
    monkeypatch.setattr("tools.status.check", lambda *arguments: got.append(arguments))
    commands.main(["status", "dev", "--logins"])
    assert got == [("opened dev", "--logins")]


def test_provider_of_a_stack_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    commands.main(["provider", "dev"])
    assert capsys.readouterr().out == "local\n"
