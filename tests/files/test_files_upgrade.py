"""components/machines/scripts/upgrade.sh: what is upgraded, when, and what the program is told of it before."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from components import assets
from components.machines.machine import APT_FUNCTIONS
from components.machines.upgrade import SCRIPT
from tests.support.clock import MINUTES
from tests.support.ports import reserved_port
from tests.support.required_tools import required_tool

DAY, LATER = "2026-12-01", "2026-12-02"

# Packages are upgraded by an upgrade, and the machine restarts once nothing holds its restart back any more.
TOOLS = {
    "docker": "echo active",
    "apt-get": r"""
echo "$*" >>asked
case "$*" in
  *--simulate*) cat offered ;;
  *upgrade*)
    if [ -s minutes ]; then
      sed -i 1d minutes
      echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1 (unattended-upgr)" >&2
      exit 100
    fi
    : >offered
    ;;
esac""",
    "dpkg": 'echo "dpkg $*" >>asked',
    "systemctl": '[ "$1" != is-active ] || [ -e restarts ]',
    "systemd-run": "touch restarts",
}


@dataclass
class Machine:
    """A member of a swarm with packages that a repository offers, on paper."""

    folder: Path

    def __post_init__(self) -> None:
        for folder in ("etc/apt", "run"):
            (self.folder / folder).mkdir(parents=True)
        (self.folder / "offered").write_text("Inst probe [1.0] (2.0 stable [all])\n")
        for name, lines in TOOLS.items():
            file = self.folder / "bin" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"#!/bin/bash\ncd {self.folder}\n{lines}\n")
            file.chmod(0o755)

    def says(self, verb: str, day: str = DAY) -> list[str]:
        """Return the words that the script prints, without which start of the machine this is."""
        done = self.run(verb, day)
        assert (done.returncode, done.stderr) == (0, "")
        return [word for word in done.stdout.split() if not word.count("-") > 2]

    def run(self, verb: str, day: str = DAY) -> subprocess.CompletedProcess[str]:
        text = MINUTES + assets.read(APT_FUNCTIONS) + assets.read(SCRIPT)
        for path in (
            "/etc/nuvla-swarm",
            "/etc/apt",
            "/usr/sbin/policy-rc.d",
            "/run/reboot-required",
            "/boot/",
            "/proc/$process",
        ):
            text = text.replace(path, f"{self.folder}{path}")
        return subprocess.run(
            ["bash", "-s", "--", verb],
            input=text,
            env={"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "MACHINE": "worker-1", "DAY": day},
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[str]:
        """Return what apt and dpkg were asked for since the last time."""
        file = self.folder / "asked"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    def needs_restart(self) -> None:
        (self.folder / "run/reboot-required").touch()

    def has_restarted(self) -> None:
        (self.folder / "run/reboot-required").unlink()
        (self.folder / "restarts").unlink()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_machine_is_upgraded_for_each_day(machine: Machine) -> None:
    assert machine.says("check") == machine.says("recheck") == ["member", "restart"]
    assert machine.says("run") == [DAY]
    assert any(" upgrade " in line for line in machine.asked())
    (machine.folder / "offered").write_text("Inst probe [2.0] (3.0 stable [all])\n")
    assert machine.says("recheck", LATER) == ["member", "restart"]
    assert machine.says("rerun", LATER) == [LATER]
    assert any(" upgrade " in line for line in machine.asked())


def test_machine_is_not_upgraded_again_for_the_same_day(machine: Machine) -> None:
    """Another key for its logins, or another host key, runs all commands again."""
    machine.says("run")
    (machine.folder / "offered").write_text("Inst probe [2.0] (3.0 stable [all])\n")
    machine.needs_restart()
    machine.asked()
    assert machine.says("recheck") == ["member"]
    assert machine.says("rerun") == [DAY]
    assert machine.asked() == []
    assert not (machine.folder / "restarts").exists()


@pytest.mark.parametrize(("minutes", "code"), [(1, 0), (9, 0), (60, 1)])
def test_upgrade_that_the_system_makes_itself_is_waited_for(machine: Machine, minutes: int, code: int) -> None:
    """Its own is due when the machine has been emptied already."""
    (machine.folder / "minutes").write_text("one\n" * minutes)
    done = machine.run("run")
    assert done.returncode == code, done.stderr
    assert ("(unattended-upgr)" in done.stderr) == bool(code)


def test_day_that_is_set_anew_upgrades_the_machine_again(machine: Machine) -> None:
    machine.says("run")
    machine.needs_restart()
    assert machine.says("check") == ["member", "restart"]
    assert machine.says("run") == [DAY, "restarts"]


def test_update_that_was_killed_while_the_machine_restarts_waits_for_it_again(machine: Machine) -> None:
    machine.needs_restart()
    assert machine.says("run") == [DAY, "restarts"]
    assert machine.says("recheck") == ["member", "restart"]
    assert machine.says("rerun") == [DAY, "restarts"]
    machine.has_restarted()
    assert machine.says("recheck") == ["member"]
    assert machine.says("rerun") == [DAY]


def real_apt(machine: Machine, *repositories: str, status: str, package: str = "probe", version: str = "2.0") -> None:
    """Let the machine have apt itself, with a package that is there so, and that a repository has as 2.0."""
    root = machine.folder / "root"
    for path in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "var/lib/apt/lists/partial", "var/cache/apt", "offers"):
        (root / path).mkdir(parents=True)
    (root / "status").write_text(PACKAGE.format(name=package, status=status, version=version))
    (root / "offers/Packages").write_text(
        PACKAGE.format(name=package, status=f"{status}\nFilename: ./probe.deb", version="2.0")
    )
    (root / "etc/apt/sources.list").write_text("".join(f"deb [trusted=yes] {one} ./\n" for one in repositories))
    settings = {
        "Dir": root,
        "Dir::State::status": root / "status",
        "APT::Architecture": "amd64",
        "APT::Sandbox::User": "",
    }
    (root / "apt.conf").write_text("".join(f'{key} "{text}";\n' for key, text in settings.items()))
    lines = f'export APT_CONFIG={root}/apt.conf\nexec {required_tool("apt-get")} "$@"'
    (machine.folder / "bin/apt-get").write_text(f'#!/bin/bash\necho "$*" >>{machine.folder}/asked\n{lines}\n')


PACKAGE = """Package: {name}
Status: {status}
Version: {version}
Architecture: all
Maintainer: nobody <nobody@example.org>
Description: a package
"""


@pytest.mark.tools("apt-get")
@pytest.mark.parametrize("verb", ["check", "run"])
def test_repository_that_does_not_answer_is_no_upgrade(machine: Machine, verb: str) -> None:
    """Apt calls it a warning, and goes on with the lists of the last time."""
    with reserved_port() as port:
        repositories = f"file:{machine.folder}/root/offers", f"http://127.0.0.1:{port}"
        real_apt(machine, *repositories, status="install ok installed")
        done = machine.run(verb)
    assert done.returncode == 1
    assert f"E: Failed to fetch http://127.0.0.1:{port}/./InRelease" in done.stderr
    assert "worker-1: apt cannot read its lists of packages; the lines above say why; mend that" in done.stderr
    assert [line for line in machine.asked() if " upgrade " in line] == []


@pytest.mark.tools("apt-get")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("install ok installed", ["member"]),
        ("install ok unpacked", ["member", "restart"]),
        ("install ok installed\nDepends: missing", ["member", "restart"]),
    ],
    ids=["none", "not configured", "without what it needs"],
)
def test_interrupted_installation_is_completed_on_an_empty_machine(
    machine: Machine, status: str, words: list[str]
) -> None:
    """What it completes may restart what runs there."""
    real_apt(machine, f"file:{machine.folder}/root/offers", status=status)
    assert machine.says("check") == words
    assert [line for line in machine.asked() if line.startswith("dpkg")] == []


@pytest.mark.tools("apt-get")
@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("probe", ["member", "restart"]),
        *((engine, ["member"]) for engine in ("docker-ce", "docker.io", "containerd.io")),
    ],
)
def test_engine_of_an_existing_host_keeps_its_version(machine: Machine, package: str, words: list[str]) -> None:
    """Nobody has held its packages, and engine.version says which one it is."""
    offers = f"file:{machine.folder}/root/offers"
    real_apt(machine, offers, status="install ok installed", package=package, version="1.0")
    assert machine.says("check") == words
    if words == ["member"]:
        assert machine.says("run") == [DAY]


@pytest.mark.tools("apt-get")
def test_preferences_of_a_host_stay(machine: Machine) -> None:
    real_apt(machine, f"file:{machine.folder}/root/offers", status="install ok installed", version="1.0")
    preferences = machine.folder / "etc/apt/preferences"
    preferences.write_text("Package: probe\nPin: version 2.0\nPin-Priority: -1\n")
    assert machine.says("check") == ["member"]
