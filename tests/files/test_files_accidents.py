"""Accidents of operators with the commands, by the real CLI and states in folders: nothing is made, lost or changed."""

import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.e2e.harness import PROGRAM_PARTS, Result, run
from tests.support.checkout import CHECKOUT, copy_part
from tests.support.crowd import crowd

pytestmark = pytest.mark.tools("pulumi")
VERBS = ("up", "preview", "status", "down", "refresh", "template", "nuvla")
OWN = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", "YES", "STACK")
KEY_SETTING = "nuvla-swarm:ssh_private_key"
KEY = {"EXOSCALE_API_KEY": "EXOx", "EXOSCALE_API_SECRET": "x"}


class Checkout:
    """A fresh checkout, the shells of an operator in it, and a state in another folder that stands for a bucket."""

    def __init__(self, folder: Path):
        self.folder, self.bucket = folder / "checkout", folder / "bucket"
        self.bucket.mkdir()
        self.folder.mkdir()
        for part in PROGRAM_PARTS:
            copy_part(CHECKOUT / part, self.folder / part)
        (self.folder / ".venv").symlink_to(CHECKOUT / ".venv")
        self.exports = {"PULUMI_BACKEND_URL": self.bucket.as_uri(), "PULUMI_CONFIG_PASSPHRASE": "aaa"}

    def shell(self, *command: str, exported: Mapping[str, str] = {}) -> Result:
        """Run a command in a new shell, with nothing of the state exported but what is given."""
        env = {key: value for key, value in os.environ.items() if key not in OWN and key != "NUVLA_SWARM_BACKEND"}
        home = {"PULUMI_HOME": env.get("PULUMI_HOME", ""), "NUVLA_SWARM_OFFLINE": "true"}
        line = 'home=$PULUMI_HOME; eval "$(tools/env.sh 2>/dev/null)"; '
        line += 'export PULUMI_HOME=$home PATH=$home/bin:$PATH; exec "$@"'
        return run("bash", "-c", line, "shell", *command, env=env | home | KEY | dict(exported), cwd=self.folder)

    def verb(self, verb: str, stack: str, exported: Mapping[str, str] = {}) -> Result:
        more = ["Linux Ubuntu 24.04 LTS 64-bit"] if verb == "template" else []
        return self.shell("python", "-m", "tools.stack", verb, stack, *more, exported=exported)

    def production(self) -> Path:
        """Create the empty stack prod in the bucket, as on the first day; return its file."""
        file = self.settings("prod", "exoscale-target")
        made = self.shell("pulumi", "stack", "init", "prod", exported=self.exports)
        assert made.code == 0, made.text
        assert "encryptionsalt" in file.read_text()
        return file

    def new(self) -> Path:
        """Return the settings of a stack `new`, which is nowhere yet."""
        return self.settings("new", "exoscale-target")

    def settings(self, name: str, example: str) -> Path:
        """Write the file of a stack: an example that lets in operators of a network of their own."""
        file = self.folder / f"Pulumi.{name}.yaml"
        text = (self.folder / f"examples/{example}.yaml").read_text()
        file.write_text(re.sub(r"(management:\n +- )\S+", r"\g<1>10.255.255.0/24", text))
        return file

    def add_resource(self, stack: str) -> None:
        """Add a resource to the state of a stack in the bucket."""
        kind = "pulumi:pulumi:Stack"
        resource = {"urn": f"urn:pulumi:{stack}::nuvla-swarm::{kind}::nuvla-swarm-{stack}", "type": kind}
        exported = self.shell("pulumi", "stack", "export", "--stack", stack, exported=self.exports)
        state = json.loads(exported.text)
        state["deployment"]["resources"] = [resource]
        (self.folder / "state.json").write_text(json.dumps(state))
        command = ("pulumi", "stack", "import", "--stack", stack, "--file", "state.json")
        assert self.shell(*command, exported=self.exports).code == 0

    def files(self) -> list[str]:
        """Return the names of all stacks' files and states."""
        states = [*self.folder.glob(".state/.pulumi/stacks/**/*.json"), *self.bucket.glob(".pulumi/stacks/**/*.json")]
        return sorted(path.name for path in [*self.folder.glob("Pulumi.*.yaml"), *states])


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_next_day_without_exports_makes_no_second_production(checkout: Checkout) -> None:
    file = checkout.production()
    before, files = file.read_text(), checkout.files()
    for verb in VERBS:
        refused = checkout.verb(verb, "prod", {"YES": "1"})
        assert refused.code == 1, refused.text
        assert "nuvla-swarm: prod: target on exoscale ch-gva-2: 3 machines; state in file://" in refused.text
        assert "prod was made with another state (its file has a salt or a key) and is not in" in refused.text
        assert "Export PULUMI_BACKEND_URL and PULUMI_CONFIG_PASSPHRASE" in refused.text
        assert "Traceback" not in refused.text
    assert (file.read_text(), checkout.files()) == (before, files)


def test_remembered_backend_is_used_by_the_next_shell(checkout: Checkout) -> None:
    file = checkout.production()
    first = checkout.verb("preview", "prod", checkout.exports)
    assert first.code == 0, first.text
    assert first.text.startswith("nuvla-swarm: prod: target on exoscale ch-gva-2: 3 machines; state in file://")
    assert "machines to create: manager-1, worker-1, worker-2" in first.text
    before = file.read_text()
    forgotten = checkout.verb("preview", "prod")
    assert forgotten.code == 1
    assert "export PULUMI_CONFIG_PASSPHRASE" in forgotten.text
    only_passphrase = checkout.verb("preview", "prod", {"PULUMI_CONFIG_PASSPHRASE": "aaa"})
    assert only_passphrase.code == 0, only_passphrase.text
    status = checkout.verb("status", "prod", checkout.exports)
    assert (status.code, "prod: is not up: run `make up STACK=prod`" in status.text) == (1, True), status.text
    checkout.add_resource("prod")
    other = checkout.verb("preview", "prod", checkout.exports | {"PULUMI_BACKEND_URL": "s3://other"})
    assert other.code == 1
    assert "PULUMI_BACKEND_URL is s3://other, but the state is in file://" in other.text
    assert file.read_text() == before


def test_mistyped_stack_makes_nothing(checkout: Checkout) -> None:
    checkout.production()
    before = checkout.files()
    for verb in VERBS:
        refused = checkout.verb(verb, "prd", {"YES": "1"})
        assert refused.code == 1, refused.text
        assert "there is no Pulumi.prd.yaml (did you mean prod?); stacks are prod (STACK=<stack>)" in refused.text
        assert len(refused.text.splitlines()) == 1, refused.text
    assert checkout.files() == before


def test_looking_at_a_new_stack_makes_nothing(checkout: Checkout) -> None:
    file = checkout.folder / "Pulumi.new.yaml"
    shutil.copy(checkout.folder / "examples/exoscale-target.yaml", file)
    before, files = file.read_text(), checkout.files()
    shown = checkout.verb("preview", "new")
    assert shown.code == 0, shown.text
    assert "new is not in file://" in shown.text
    assert "to create" in shown.text
    for verb, code in (("status", 1), ("refresh", 1), ("nuvla", 1), ("down", 0)):
        assert checkout.verb(verb, "new").code == code
    assert (file.read_text(), checkout.files()) == (before, files)


def test_up_and_down_without_a_terminal_are_refused(checkout: Checkout) -> None:
    checkout.production()
    for verb, word in (("up", "changed"), ("down", "removed")):
        refused = checkout.verb(verb, "prod", checkout.exports)
        assert refused.code == 1
        assert f"this is no terminal, so nothing is {word}" in refused.text
        assert "YES=1" in refused.text


def test_stack_of_the_environment_is_told(checkout: Checkout) -> None:
    checkout.production()
    told = checkout.shell("make", "status", exported=checkout.exports | {"STACK": "prod"})
    assert "nuvla-swarm: STACK=prod comes from the environment" in told.text
    given = checkout.shell("make", "status", "STACK=prod", exported=checkout.exports)
    assert "comes from the environment" not in given.text


def at_terminal(checkout: Checkout, answer: str, *command: str) -> tuple[int, str]:
    """Run a command at a terminal, and answer its question."""
    ours, theirs = pty.openpty()
    env = os.environ | checkout.exports | KEY | {"PULUMI_CONFIG_PASSPHRASE": "aaa"}
    env = {key: value for key, value in env.items() if key not in ("YES", "PULUMI_CONFIG_PASSPHRASE_FILE")}
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=checkout.folder)
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    text = b""
    try:
        while part := os.read(ours, 4096):
            text += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return process.wait(timeout=120 * crowd()), text.decode()


def test_up_at_a_terminal_shows_what_it_will_do_and_takes_no_for_an_answer(checkout: Checkout) -> None:
    checkout.production()
    code, text = at_terminal(checkout, "n", "python", "-m", "tools.stack", "up", "prod")
    assert code == 1
    before, asked, after = text.partition("Apply? [y/N]")
    assert asked
    assert "resources: " in before
    assert " to create, 0 unchanged" in before
    assert "machines to create: manager-1, worker-1, worker-2" in before
    assert before.count("warning: domain target.example.org") == 1, "it is too late after the change"
    assert "warning" not in after
    assert "so nothing is changed" in text
    assert "Traceback" not in text


def test_new_stack_that_is_not_accepted_leaves_nothing(checkout: Checkout) -> None:
    file = checkout.new()
    before, files = file.read_text(), checkout.files()
    code, text = at_terminal(checkout, "n", "python", "-m", "tools.stack", "up", "new")
    assert (code, "so nothing is changed" in text) == (1, True), text
    assert (file.read_text(), checkout.files()) == (before, files)
    no_key = {"EXOSCALE_API_KEY": "", "EXOSCALE_API_SECRET": "", "YES": "1"}
    failed = checkout.verb("up", "new", no_key)
    assert (failed.code != 0, "EXOSCALE_API_KEY" in failed.text) == (True, True), failed.text
    assert (file.read_text(), checkout.files()) == (before, files)
    assert not list(checkout.folder.glob(".state/stacks/*"))


def test_up_that_would_lock_everybody_out_is_refused_before_the_question(checkout: Checkout) -> None:
    file = checkout.production()
    file.write_text(file.read_text().replace("10.255.255.0/24", "203.0.113.0/24"))
    refused = checkout.verb("up", "prod", checkout.exports | {"YES": "1"})
    assert refused.code == 1
    assert "error: prod: firewall.management has only 203.0.113.0/24, which is of an example" in refused.text
    assert "To do it all the same: FORCE=1" in refused.text.splitlines()[-1]


@pytest.mark.parametrize("is_remembered", [True, False])
def test_first_try_without_the_backend_does_not_stand_in_the_way(checkout: Checkout, *, is_remembered: bool) -> None:
    file = checkout.new()
    before = file.read_text()
    assert checkout.shell("pulumi", "stack", "init", "new").code == 0
    if is_remembered:
        assert "new: is not up" in checkout.verb("status", "new").text
    second = checkout.verb("status", "new", checkout.exports)
    assert f"new: had no resources in file://{checkout.folder}/.state, its former place" in second.text
    assert f"new: is not up in {checkout.exports['PULUMI_BACKEND_URL']}: run `make up STACK=new`" in second.text
    assert file.read_text() == before


def test_state_elsewhere_never_gets_the_passphrase_of_the_checkout(checkout: Checkout) -> None:
    file = checkout.new()
    before, files = file.read_text(), checkout.files()
    url = {"PULUMI_BACKEND_URL": checkout.exports["PULUMI_BACKEND_URL"]}
    refused = checkout.verb("up", "new", url | {"YES": "1"})
    assert (refused.code, "and no passphrase is exported: choose one" in refused.text) == (1, True), refused.text
    plain = checkout.shell("pulumi", "--non-interactive", "stack", "init", "new", exported=url)
    assert (plain.code != 0, "PULUMI_CONFIG_PASSPHRASE" in plain.text) == (True, True), plain.text
    assert (file.read_text(), checkout.files()) == (before, files)
    checkout.production()
    known = checkout.verb("status", "prod", url)
    assert "export PULUMI_CONFIG_PASSPHRASE" in known.text
    assert "with the one that prod was created with" in known.text


def test_mistake_in_the_settings_is_told_without_a_line_on_the_program(checkout: Checkout) -> None:
    file = checkout.production()
    file.write_text(file.read_text().replace("ch-gva-2", "ch-xx"))
    refused = checkout.verb("up", "prod", checkout.exports | {"YES": "1"})
    assert refused.code != 0
    assert '"ch-xx" given; allowed: a zone of Exoscale' in refused.text
    assert "unhandled" not in refused.text


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port on which each address of this computer takes connections and says nothing."""
    with socket.create_server(("0.0.0.0", 0)) as listener:
        yield listener.getsockname()[1]


def test_interrupted_update_says_that_it_ends_and_how_it_continues(checkout: Checkout, silent_port: int) -> None:
    """Something listens at the hosts' addresses that is no SSH server and says nothing, so the update waits for it."""
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    for name, number in (("prod", signal.SIGINT), ("edge", signal.SIGHUP)):
        file = checkout.settings(name, "existing-target")
        file.write_text(
            re.sub(r"192\.0\.2\.(\d+)\n", rf"127.0.0.\1\n            port: {silent_port}\n", file.read_text())
        )
        for command in ("stack", "init", name), ("config", "set", "--stack", name, "--secret", KEY_SETTING, "--", key):
            made = checkout.shell("pulumi", *command, exported=checkout.exports)
            assert made.code == 0, made.text
        stopped = _stopped(checkout, name, number)
        assert stopped.code == 128 + number, stopped.text
        lines = [line for line in stopped.text.splitlines() if not line.startswith("nuvla-swarm:   0:")]
        assert lines[-2:] == [
            "nuvla-swarm: finishes the running steps; press Ctrl-C again to stop at once",
            f"nuvla-swarm: stopped; run `make up STACK={name}` again: it continues where it stopped",
        ], stopped.text
        assert "Traceback" not in stopped.text


def _stopped(checkout: Checkout, name: str, number: int) -> Result:
    """Return the end of an update that the signal reaches as it would from a terminal, while engines are waited for."""
    env = {key: value for key, value in os.environ.items() if key != "PULUMI_CONFIG_PASSPHRASE_FILE"}
    text, is_sent = "", False
    with subprocess.Popen(
        ["python", "-m", "tools.stack", "up", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env | checkout.exports | {"YES": "1"},
        cwd=checkout.folder,
        start_new_session=True,
    ) as process:
        try:
            for line in process.stdout or ():
                text += line
                if line.startswith("nuvla-swarm:   0:") and not is_sent:  # hosts are waited for, perhaps for long
                    os.killpg(process.pid, number)
                    is_sent = True
            process.wait()
        finally:
            process.kill()
    return Result(process.returncode, text)


def test_wrong_passphrase_is_told_with_its_source(checkout: Checkout) -> None:
    file = checkout.production()
    kept = checkout.shell(
        "pulumi",
        "config",
        "set",
        "--stack",
        "prod",
        "--secret",
        "nuvla-swarm:smtp_password",
        "x",
        exported=checkout.exports,
    )
    assert kept.code == 0, kept.text
    before = file.read_text()
    wrong = checkout.verb("preview", "prod", checkout.exports | {"PULUMI_CONFIG_PASSPHRASE": "bbb"})
    assert wrong.code != 0
    assert "incorrect passphrase" in wrong.text
    assert "the passphrase used is the exported PULUMI_CONFIG_PASSPHRASE" in wrong.text
    assert file.read_text() == before


def test_lost_passphrase_is_told_and_not_replaced(checkout: Checkout) -> None:
    shutil.copy(checkout.folder / "examples/exoscale-target.yaml", checkout.folder / "Pulumi.new.yaml")
    assert checkout.shell("pulumi", "stack", "init", "new").code == 0
    assert "new: is not up" in checkout.verb("status", "new").text  # the backend is remembered
    passphrase = checkout.folder / ".state/passphrase"
    passphrase.unlink()
    refused = checkout.verb("preview", "new")
    assert refused.code == 1
    assert "the passphrase of its state, .state/passphrase, is gone" in refused.text
    assert not passphrase.exists()
    assert checkout.verb("status", "new", {"PULUMI_CONFIG_PASSPHRASE": "aaa"}).text.count("is gone") == 0


def test_remembered_folder_of_another_alphabet_is_used_by_plain_pulumi(tmp_path: Path) -> None:
    folder = tmp_path / "ünï cödé"
    folder.mkdir()
    checkout = Checkout(folder)
    shutil.copy(checkout.folder / "examples/exoscale-target.yaml", checkout.folder / "Pulumi.new.yaml")
    assert checkout.shell("pulumi", "stack", "init", "new").code == 0
    assert checkout.verb("status", "new").code == 1
    listed = checkout.shell("bash", "-c", 'eval "$(tools/env.sh new)" && echo "$PULUMI_BACKEND_URL"')
    assert listed.text.splitlines()[-1] == f"file://{checkout.folder}/.state?metadata=skip"


def test_error_of_pulumi_shows_no_password_of_its_backend(checkout: Checkout) -> None:
    shutil.copy(checkout.folder / "examples/exoscale-target.yaml", checkout.folder / "Pulumi.new.yaml")
    url = "postgres://me:s3cr3t@127.0.0.1:9/db?password=s3cr3t"
    refused = checkout.verb("preview", "new", checkout.exports | {"PULUMI_BACKEND_URL": url})
    assert refused.code != 0
    assert "unable to open bucket postgres://***@127.0.0.1:9" in refused.text
    assert "s3cr3t" not in refused.text
