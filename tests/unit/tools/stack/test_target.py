"""tools/stack/target.py: the stack that a command works on."""

from pathlib import Path

import pytest

from tests.support.rows import rows
from tools.stack import backend, settings_file, target

LOCAL = "config:\n  nuvla-swarm:machines:\n    provider: local\n    pools: {manager: {role: manager}}\n"
REMOTE = LOCAL.replace("local", "exoscale")
SALT = "encryptionsalt: v1:abc\n"


class Checkout:
    """A checkout with a stack, and a stand-in of Pulumi that knows whether the stack exists."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch):
        self.folder, self.exists = folder, False
        self.calls: list[tuple[str, ...]] = []
        (folder / "examples").mkdir()
        for name in (backend.URL, backend.DEFAULT, backend.PASSPHRASE, backend.PASSPHRASE_FILE):
            monkeypatch.setenv(name, "")
            monkeypatch.delenv(name)
        monkeypatch.setenv("PULUMI_HOME", "/nowhere")
        find, choose, remember = settings_file.find, backend.choose, backend.remember
        monkeypatch.setattr(settings_file, "find", lambda stack: find(stack, folder))
        monkeypatch.setattr(backend, "choose", lambda stack, file, env: choose(stack, file, env, folder))
        monkeypatch.setattr(backend, "remember", lambda name, found: remember(name, found, folder))
        monkeypatch.setattr(target, "exists", lambda *_: self.exists)
        monkeypatch.setattr(target, "pulumi", lambda *arguments: self.calls.append(arguments))

    def write(self, text: str) -> Path:
        path = self.folder / "Pulumi.s.yaml"
        path.write_text(text)
        return path

    def memory(self) -> bool:
        return backend.memory("s", self.folder).exists()


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
    path = checkout.write(SALT + LOCAL)
    target.create(target.open_target("s"))
    assert checkout.calls == [("stack", "init", "--stack", "s", "--no-select")]
    assert path.read_text() == LOCAL, "its salt belongs to a state folder that is gone"
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
