"""tools/stack/target.py: the stack that a command works on."""

from pathlib import Path

import pytest

from tests.support.rows import rows
from tests.support.stack_checkout import BUCKET, LOCAL, REMOTE, SALT, Checkout
from tools.stack import backend, target


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    return Checkout(tmp_path, monkeypatch)


def test_first_line_names_the_stack_and_its_backend(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    checkout.write(LOCAL)
    assert not target.open_target("s").exists
    [line] = capsys.readouterr().err.splitlines()
    assert line == f"nuvla-swarm: s: target on local: 1 machine; state in file://{checkout.folder}/.state"


def test_only_a_stack_that_exists_is_remembered(checkout: Checkout) -> None:
    checkout.write(REMOTE)
    target.open_target("s")
    assert not checkout.memory()
    checkout.exists = True
    assert target.open_target("s").exists
    assert checkout.memory()


@rows("text", [REMOTE + SALT, "encryptedkey: abc\nsecretsprovider: awskms://x\n" + REMOTE, SALT + "config: {}\n"])
def test_file_of_another_state_is_refused_and_not_changed(checkout: Checkout, text: str) -> None:
    path, checkout.exists = checkout.write(text), False
    backend.memory("s", checkout.folder).unlink(missing_ok=True)
    with pytest.raises(SystemExit) as ended:
        target.open_target("s")
    assert (
        f"s was made with another state (its file has a salt or a key) and is not in file://{checkout.folder}"
        in str(ended.value)
    )
    assert path.read_text() == text
    assert checkout.calls == []
    checkout.exists = True
    assert target.open_target("s").exists


def test_new_stack_is_created_and_said(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    path = checkout.write("encryptionsalt: v1:old\n" + LOCAL)
    target.create(target.open_target("s"))
    assert checkout.calls == [("stack", "init", "--stack", "s", "--no-select")]
    assert path.read_text() == LOCAL + SALT, "the former salt belongs to a state folder that is gone"
    said = f"s is not in {target.open_target('s').backend}: creates it, which takes about a minute\n"
    assert said.startswith("s is not in file:///")
    assert said in capsys.readouterr().err
    assert checkout.memory()


def test_salt_of_a_file_with_secrets_stays(checkout: Checkout) -> None:
    text = SALT + LOCAL + "  nuvla-swarm:smtp_password: {secure: v1:x}\n"
    path = checkout.write(text)
    target.create(target.open_target("s"))
    assert path.read_text() == text


def test_key_service_of_the_file_is_used(checkout: Checkout) -> None:
    checkout.write("secretsprovider: awskms://alias/x\n" + REMOTE)
    target.create(target.open_target("s"))
    assert ("stack", "init", "--stack", "s", "--no-select", "--secrets-provider=awskms://alias/x") in checkout.calls


def test_stack_that_was_never_up_is_told(checkout: Checkout) -> None:
    checkout.write(REMOTE)
    found = target.open_target("s")
    with pytest.raises(SystemExit, match=r"s: is not up in file://\S+: run `make up STACK=s`$"):
        target.require(found)


def test_stack_elsewhere_is_not_created_without_a_passphrase(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(backend.URL, BUCKET)
    checkout.write(REMOTE)
    with pytest.raises(SystemExit, match="its state would be in s3://state, and no passphrase is exported"):
        target.create(target.open_target("s"))
    assert (checkout.calls, checkout.memory()) == ([], False)
    checkout.exists = True
    with pytest.raises(SystemExit, match="its state is in s3://state, and no passphrase is exported"):
        target.open_target("s")
    assert not checkout.memory()


def test_new_stack_that_is_not_accepted_leaves_nothing(checkout: Checkout) -> None:
    path = checkout.write(REMOTE)

    def fails() -> None:
        assert (SALT in path.read_text(), checkout.memory()) == (True, True)
        raise SystemExit("no API key")

    with pytest.raises(SystemExit, match="no API key"), target.created(target.open_target("s")):
        fails()
    assert checkout.calls[1:] == [("stack", "rm", "--stack", "s", "--yes", "--preserve-config")]
    assert (path.read_text(), checkout.memory()) == (REMOTE, False)


def test_new_stack_stays_if_a_setting_was_encrypted_meanwhile(checkout: Checkout) -> None:
    path = checkout.write(REMOTE)
    text = SALT + REMOTE + "  nuvla-swarm:smtp_password: {secure: v1:x}\n"

    def is_interrupted() -> None:
        path.write_text(text)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), target.created(target.open_target("s")):
        is_interrupted()
    assert (len(checkout.calls), path.read_text(), checkout.memory()) == (1, text, True)


def test_stack_that_exists_or_is_accepted_stays(checkout: Checkout) -> None:
    checkout.write(REMOTE)
    with target.created(target.open_target("s")):
        pass
    assert [call[1] for call in checkout.calls] == ["init"]
    checkout.exists = True
    with pytest.raises(SystemExit), target.created(target.open_target("s")):
        raise SystemExit(1)
    assert [call[1] for call in checkout.calls] == ["init"]
