"""tools/stack/target.py: the stack that a command works on."""

from pathlib import Path

import pytest

from tests.support.rows import rows
from tools.stack import backend, settings_file, target
from tools.stack.settings_file import SettingsFile

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
        monkeypatch.delenv("NUVLA_SWARM_STACK_ORIGIN", raising=False)
        find, choose, remember = settings_file.find, backend.choose, backend.remember
        monkeypatch.setattr(settings_file, "find", lambda stack: find(stack, folder))
        monkeypatch.setattr(backend, "choose", lambda stack, file, env: choose(stack, file, env, folder))
        monkeypatch.setattr(backend, "remember", lambda name, found: remember(name, found, folder))
        monkeypatch.setattr(target, "exists", lambda *_: self.exists)
        monkeypatch.setattr(target, "pulumi", lambda *arguments: self.calls.append(arguments))
        monkeypatch.setattr(target, "fill_in", lambda _: self.calls.append(("fill-in",)))

    def write(self, text: str) -> Path:
        path = self.folder / "Pulumi.s.yaml"
        path.write_text(text)
        return path

    def memory(self) -> bool:
        return backend.memory("s", self.folder).exists()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    return Checkout(tmp_path, monkeypatch)


def test_first_line_names_the_stack_and_its_backend(
    checkout: Checkout, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.write(LOCAL)
    assert not target.open_target("s").exists
    [line] = capsys.readouterr().err.splitlines()
    assert line == f"nuvla-swarm: s: target on local: 1 machine; state in file://{checkout.folder}/.state"
    monkeypatch.setenv("NUVLA_SWARM_STACK_ORIGIN", "environment")
    target.open_target("s")
    assert "s (STACK is set in the environment): target" in capsys.readouterr().err


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
    assert checkout.calls == [("stack", "init", "--stack", "s", "--no-select"), ("fill-in",)]
    assert path.read_text() == LOCAL, "its salt belongs to a state folder that is gone"
    assert "s is not in file://" in capsys.readouterr().err
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


def test_missing_settings_of_this_computer_are_written_again(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.write(LOCAL)
    target.complete(target.open_target("s"))
    assert checkout.calls == [("fill-in",)]
    assert "writes this computer's settings (image, engine) into Pulumi.s.yaml again" in capsys.readouterr().err
    for text in (LOCAL.replace("local", "local\n    image: machine:1"), REMOTE):
        checkout.write(text)
        target.complete(target.open_target("s"))
    assert checkout.calls == [("fill-in",)]


def test_stack_that_was_never_up_is_told(checkout: Checkout) -> None:
    checkout.write(REMOTE)
    found = target.open_target("s")
    with pytest.raises(SystemExit, match=r"s: is not up in file://\S+; make up STACK=s$"):
        target.require(found)


def test_settings_of_this_computer_come_from_the_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "settings.sh"
    script.write_text("#!/bin/sh\nprintf 'machines.image=a:1\\nmachines.privileged=true\\n'\n")
    script.chmod(0o755)
    monkeypatch.setattr(target, "SETTINGS_SCRIPT", script)
    written: list[list[str]] = []
    monkeypatch.setattr(target, "set_values", lambda _file, values: written.append(values))
    for provider in ("local", "exoscale"):
        target.fill_in(SettingsFile(tmp_path / "x", {"config": {"nuvla-swarm:machines": {"provider": provider}}}))
    assert written == [["machines.image=a:1", "machines.privileged=true"]]
    script.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(SystemExit) as ended:
        target.fill_in(SettingsFile(tmp_path / "x", {"config": {"nuvla-swarm:machines": {"provider": "local"}}}))
    assert ended.value.code == 3


def test_stack_of_an_organization_is_created_by_its_whole_name(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(backend.URL, "https://api.pulumi.com")
    checkout.write(REMOTE)
    target.create(target.open_target("acme/s"))
    assert checkout.calls[0] == ("stack", "init", "--stack", "acme/s", "--no-select")
    assert "s: target on exoscale: 1 machine; state in https://api.pulumi.com\n" in capsys.readouterr().err
    monkeypatch.delenv(backend.URL)
    checkout.exists = True
    found = target.open_target("s")
    assert (found.stack, found.backend.url) == ("acme/s", "https://api.pulumi.com")
