"""tools/stack/former.py: the empty stack of a first try in another backend."""

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.support.rows import rows
from tests.support.stack_checkout import BUCKET, REMOTE, SALT, Checkout
from tools.stack import backend, passphrase, target
from tools.stack.backend import Backend


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    return Checkout(tmp_path, monkeypatch)


def state(**deployment: Any) -> CompletedProcess[str]:
    made = {"secrets_providers": {"type": "passphrase", "state": {"salt": "v1:abc"}}}
    return CompletedProcess([], 0, json.dumps({"deployment": made | deployment}), "")


def elsewhere(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, text: str = REMOTE + SALT) -> Path:
    """Remember the backend of a first try, and export another one."""
    backend.remember("s", Backend("s", f"file://{checkout.folder}/.state?metadata=skip", "generated"))
    monkeypatch.setenv(backend.URL, BUCKET)
    monkeypatch.setenv(passphrase.PASSPHRASE, "x")
    return checkout.write(text)


def test_empty_stack_of_a_first_try_is_left(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, checkout.exported = elsewhere(checkout, monkeypatch), state()
    found = target.open_target("s")
    assert (found.backend, found.exists) == (Backend("s", BUCKET, "exported"), False)
    assert f"s: had no resources in file://{checkout.folder}/.state, its former place" in capsys.readouterr().err
    assert (path.read_text(), checkout.memory()) == (REMOTE, False)


def test_empty_stack_of_plain_pulumi_in_the_checkout_is_left(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, checkout.exported = elsewhere(checkout, monkeypatch), state()
    backend.forget("s")  # as if it was never remembered
    assert not target.open_target("s").exists
    assert path.read_text() == REMOTE


def test_stack_that_the_new_backend_has_keeps_its_salt(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    path, checkout.exported = elsewhere(checkout, monkeypatch), state()
    checkout.exists = True
    assert target.open_target("s").exists
    assert path.read_text() == REMOTE + SALT
    assert backend.recall("s") == Backend("s", BUCKET, "exported")


@rows(
    "exported",
    [state(resources=[{"urn": "x"}]), CompletedProcess([], 255, "", "error: no stack named 's' found"), state()],
)
def test_file_of_a_stack_that_was_never_here_stays(
    checkout: Checkout,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    exported: CompletedProcess[str],
) -> None:
    text = REMOTE + "encryptionsalt: v1:of-production\n"
    path, checkout.exported = elsewhere(checkout, monkeypatch, text), exported
    backend.forget("s")
    with pytest.raises(SystemExit, match="s was made with another state"):
        target.open_target("s")
    assert path.read_text() == text
    assert "its former place" not in capsys.readouterr().err


@rows(
    "exported, text",
    [
        (state(resources=[{"urn": "x"}]), REMOTE + SALT),
        (state(pending_operations=[{"type": "creating"}]), REMOTE + SALT),
        (CompletedProcess([], 255, "", "error: unable to open bucket"), REMOTE + SALT),
        (state(), SALT + REMOTE + "  nuvla-swarm:smtp_password: {secure: x}\n"),
    ],
)
def test_backend_that_may_still_matter_is_not_left(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, exported: CompletedProcess[str], text: str
) -> None:
    path, checkout.exported = elsewhere(checkout, monkeypatch, text), exported
    with pytest.raises(SystemExit, match=r"PULUMI_BACKEND_URL is s3://state, but the state is in file://"):
        target.open_target("s")
    assert (path.read_text(), checkout.memory()) == (text, True)


@rows("exported", [state(), CompletedProcess([], 255, "", "error: no stack named 's' found")])
def test_salt_of_another_state_stays(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, exported: CompletedProcess[str]
) -> None:
    text = REMOTE + "encryptionsalt: v1:of-production\n"
    path, checkout.exported = elsewhere(checkout, monkeypatch, text), exported
    with pytest.raises(SystemExit, match="s was made with another state"):
        target.open_target("s")
    assert path.read_text() == text


def test_url_with_credentials_is_not_asked(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.exported = state()
    elsewhere(checkout, monkeypatch)
    backend.remember("s", Backend("s", "postgres://db/state", "exported", has_credentials=True))
    with pytest.raises(SystemExit, match="but the state is in postgres://db/state"):
        target.open_target("s")
