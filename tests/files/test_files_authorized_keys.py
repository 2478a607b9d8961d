"""components/machines/scripts/authorized_keys.sh: whose keys open a machine, beside those of its own."""

import getpass
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from components import assets
from components.machines.ssh_settings import key_of
from tests.interrupted.inside.steps import Script, run
from tests.support.rows import new_folder, rows
from tests.support.ssh_keys import ALICE, BOB, public_key

MARK = " nuvla-swarm:machines.ssh.authorized_keys"
THEIRS = "# the host's own\nssh-ed25519 AAAA of-the-host\nssh-ed25519 BBBB without-an-end"


class Host:
    """A host whose user is the one who runs the tests, with its home and its notes in a folder."""

    def __init__(self, folder: Path, sshd: str = "authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2"):
        self.folder = folder
        self.home = folder / "home"
        self.keys = self.home / ".ssh/authorized_keys"
        self.keys.parent.mkdir(parents=True)
        self.noted = folder / "etc/authorized_keys"
        self.tool("sshd", f"echo 'port 22'; echo '{sshd}'")
        self.tool("getent", f"echo 'user:x:0:0::{self.home}:/bin/sh'")

    def tool(self, name: str, line: str) -> None:
        path = self.folder / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def script(
        self,
        verb: str,
        keys: Sequence[str] = (ALICE,),
        setting: str = "machines.ssh.authorized_keys",
        retired: Sequence[str] = (),
    ) -> Script:
        """Return the script with its parameters, and with the folder in the place of the host's own."""
        text = assets.read("machines/scripts/authorized_keys.sh").replace("/etc/nuvla-swarm", f"{self.folder}/etc")
        values = {
            "MACHINE": "worker-1",
            "LOGIN_USER": getpass.getuser(),
            "KEYS": "\n".join(keys),
            "SETTING": setting,
            "RETIRED": "\n".join(retired),
            "PATH": f"{self.folder}/bin:/usr/bin:/bin",
        }
        exports = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in values.items())
        return Script(exports, text, [verb])

    def run(self, verb: str, keys: Sequence[str] = (ALICE,), **more: Any) -> tuple[int, str]:
        """Run the script; return its exit code and what it says."""
        done = run(self.script(verb, keys, **more))
        return done.code, done.stderr

    def contents(self) -> dict[str, str]:
        return {path: (self.folder / path).read_text() for path in self.files()}

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def host(tmp_path: Path) -> Host:
    made = Host(tmp_path)
    made.keys.write_text(THEIRS)
    made.keys.chmod(0o600)
    return made


def test_keys_come_and_go_and_other_lines_stay_byte_by_byte(host: Host) -> None:
    assert host.run("add", [ALICE, BOB]) == (0, "")
    assert host.keys.read_text() == f"{ALICE}{MARK}\n{BOB}{MARK}\n{THEIRS}"
    assert host.run("add", [BOB]) == (0, "")
    assert host.keys.read_text() == f"{BOB}{MARK}\n{THEIRS}"
    assert host.run("remove", [BOB]) == (0, "")
    assert host.keys.read_text() == THEIRS
    assert host.files() == ["bin/getent", "bin/sshd", "home/.ssh/authorized_keys"]


OWN = {"setting": "machines.ssh.key_generation"}
OWN_MARK = " nuvla-swarm:machines.ssh.key_generation"


def test_own_key_of_the_program_comes_beside_those_of_others_and_takes_the_place_of_the_former(host: Host) -> None:
    """The former key may be a line of the host's own, of an earlier replacement, or both."""
    former = key_of(BOB)
    host.keys.write_text(f'{THEIRS}\nno-pty,from="192.0.2.0/24" {former} of-the-cloud\n')
    assert host.run("add", [ALICE]) == (0, "")
    before = host.keys.read_text()
    assert host.run("add", ["ssh-ed25519 NEW nuvla-swarm", f"{former} nuvla-swarm"], **OWN) == (0, "")
    both = f"ssh-ed25519 NEW nuvla-swarm{OWN_MARK}\n{former} nuvla-swarm{OWN_MARK}\n"
    assert host.keys.read_text() == both + before
    for _ in range(2):
        assert host.run("add", ["ssh-ed25519 NEW nuvla-swarm"], **OWN, retired=[former, "ssh-ed25519 ZERO"]) == (0, "")
        assert host.keys.read_text() == f"ssh-ed25519 NEW nuvla-swarm{OWN_MARK}\n{ALICE}{MARK}\n{THEIRS}\n"
    assert host.run("remove", [ALICE]) == (0, "")
    assert host.keys.read_text() == f"ssh-ed25519 NEW nuvla-swarm{OWN_MARK}\n{THEIRS}\n"


def test_file_of_nothing_but_retired_keys_gets_the_new_one(host: Host) -> None:
    host.keys.write_text(f"{BOB}\n")
    assert host.run("add", ["ssh-ed25519 NEW nuvla-swarm"], **OWN, retired=[key_of(BOB)]) == (0, "")
    assert host.keys.read_text() == f"ssh-ed25519 NEW nuvla-swarm{OWN_MARK}\n"


@rows("mode", [0o600, 0o644, 0o640])
def test_mode_of_the_file_stays(tmp_path: Path, mode: int) -> None:
    host = Host(new_folder(tmp_path))
    host.keys.write_text(THEIRS)
    host.keys.chmod(mode)
    host.run("add")
    assert host.keys.stat().st_mode & 0o777 == mode


def test_lines_that_others_add_later_stay(host: Host) -> None:
    host.run("add")
    with host.keys.open("a") as file:
        file.write("\nssh-ed25519 CCCC later\n")
    host.run("add", [BOB])
    assert host.keys.read_text() == f"{BOB}{MARK}\n{THEIRS}\nssh-ed25519 CCCC later\n"


def test_file_that_was_not_there_is_for_its_user_alone_and_goes_in_the_end(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.keys.parent.rmdir()
    assert host.run("add") == (0, "")
    assert (host.keys.stat().st_mode & 0o777, host.keys.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert host.keys.read_text() == f"{ALICE}{MARK}\n"
    assert host.run("remove") == (0, "")
    assert not host.keys.exists()


@rows(
    "setting, file",
    [
        ("authorizedkeysfile .ssh/authorized_keys", "home/.ssh/authorized_keys"),
        ("authorizedkeysfile %h/keys", "home/keys"),
        ("authorizedkeysfile {folder}/keys/%u", f"keys/{getpass.getuser()}"),
        ("authorizedkeysfile {folder}/a%%b second", "a%b"),
        ("nothing of it", "home/.ssh/authorized_keys"),
    ],
)
def test_file_is_the_first_one_that_sshd_reads(tmp_path: Path, setting: str, file: str) -> None:
    folder = new_folder(tmp_path)
    host = Host(folder, setting.format(folder=folder))
    assert host.run("add") == (0, "")
    assert (folder / file).read_text() == f"{ALICE}{MARK}\n"


def test_sshd_that_reads_no_file_is_refused(tmp_path: Path) -> None:
    host = Host(tmp_path, "authorizedkeysfile none")
    code, said = host.run("add")
    assert code == 1
    assert said == (
        f"worker-1: its sshd reads no file of authorized keys for {getpass.getuser()}; allowed: "
        "no machines.ssh.authorized_keys, or another AuthorizedKeysFile in /etc/ssh/sshd_config there\n"
    )
    assert host.run("remove") == (0, "")


def test_another_user_or_file_leaves_no_key_in_the_former_one(host: Host) -> None:
    host.run("add")
    host.tool("sshd", "echo 'authorizedkeysfile elsewhere'")
    assert host.run("add", [BOB]) == (0, "")
    assert host.keys.read_text() == THEIRS
    assert (host.home / "elsewhere").read_text() == f"{BOB}{MARK}\n"
    assert host.noted.read_text() == f"{host.home}/elsewhere\n"


def test_keys_are_removed_although_the_note_is_lost(host: Host) -> None:
    host.run("add")
    host.noted.unlink()
    assert host.run("remove") == (0, "")
    assert host.keys.read_text() == THEIRS


def test_link_to_the_file_stays_a_link(host: Host) -> None:
    real = host.home / "real"
    host.keys.rename(real)
    host.keys.symlink_to(real)
    host.run("add")
    assert host.keys.is_symlink()
    assert real.read_text() == f"{ALICE}{MARK}\n{THEIRS}"


def test_key_that_the_host_has_itself_is_told_and_stays(host: Host) -> None:
    host.keys.write_text(f"{THEIRS}\n{ALICE} of old\n")
    code, said = host.run("add", [ALICE, public_key("carol")])
    assert code == 0
    assert said == (
        f"worker-1: the key of alice@laptop is in {host.keys} also without machines.ssh.authorized_keys: to "
        "revoke it, remove both\n"
    )
    host.run("remove")
    assert host.keys.read_text() == f"{THEIRS}\n{ALICE} of old\n"


@pytest.mark.thorough
@rows("verb, before, keys", [("add", [], [ALICE]), ("add", [ALICE, BOB], [BOB]), ("remove", [ALICE], [ALICE])])
def test_killed_script_leaves_the_keys_of_the_host_and_is_completed_by_the_next(
    tmp_path: Path, verb: str, before: list[str], keys: list[str]
) -> None:
    folder = new_folder(tmp_path)

    def prepared(name: str) -> Host:
        host = Host(folder / name)
        host.keys.write_text(THEIRS)
        host.keys.chmod(0o600)
        if before:
            assert host.run("add", before)[0] == 0
        return host

    whole = prepared("whole")
    done = run(whole.script(verb, keys), lambda step: True)
    assert done.code == 0
    for step in done.steps:
        host = prepared(f"{step.number}")
        killed = run(host.script(verb, keys), lambda seen, wanted=step: seen.place != wanted.place)  # type: ignore[misc]
        assert (killed.code, killed.stopped and killed.stopped.place) == (-9, step.place)
        assert host.keys.read_text().endswith(THEIRS), step
        assert host.keys.stat().st_mode & 0o777 == 0o600
        assert host.run(verb, keys)[0] == 0
        assert host.contents() == {
            path: text.replace("/whole/", f"/{step.number}/") for path, text in whole.contents().items()
        }, step
