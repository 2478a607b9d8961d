"""components/engine/scripts/configure.sh: a file that the engine refuses takes no engine down.

The engine and systemd are small stand-ins here; tests/interrupted kills the script, with others, at each step.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from components import assets
from tests.support.crowd import crowd
from tests.support.rows import new_folder, rows

DOCKER, CONTAINERD = "docker.service", "containerd.service"
STOP, RESTART = (f"{verb} docker.socket {DOCKER}" for verb in ("stop", "restart"))
GOOD, BETTER, BAD = '{"mtu": 1400}', '{"mtu": 1300}', '{"mtu": "many"}'
# The engine runs with the content of $HERE/running; it starts with anything but a text in the place of a number.
TOOLS = {
    "dockerd": """case $* in
  *--version*) echo "Docker version $(cat $HERE/version), build x" ;;
  *--validate*)
    for file in "$@"; do :; done
    if grep -q many "$file"; then echo "unable to configure the Docker daemon: mtu" >&2; exit 1; fi ;;
esac""",
    "systemctl": """echo "$*" >>$HERE/asked
case $1 in
  is-active) [ -e $HERE/running ] ;;
  show) case $* in *MainPID*) cat $HERE/pid-of-$5 2>/dev/null || echo 0 ;; *) echo today ;; esac ;;
  restart | start)
    [ "$1" = restart ] || [ ! -e $HERE/running ] || exit 0
    rm -f $HERE/running
    ! grep -q many $HERE/etc/docker/daemon.json || exit 1
    cp $HERE/etc/docker/daemon.json $HERE/running ;;
esac""",
    "journalctl": "echo 'failed to start daemon: mtu'",
    "docker": """case $1 in
  info) [ ! -e $HERE/running ] || echo active ;;
  *) cat $HERE/version ;;
esac""",
}


class Machine:
    """A machine on which the script runs, below a folder, with an engine of some version."""

    def __init__(self, folder: Path, version: str):
        self.folder = folder
        for name in ("bin", "etc", "run"):
            (folder / name).mkdir()
        for name, body in TOOLS.items():
            (folder / "bin" / name).write_text(f"#!/bin/bash\nHERE={folder}\n{body}\n")
            (folder / "bin" / name).chmod(0o755)
        (folder / "version").write_text(f"{version}\n")

    def configure(self, daemon: str, **values: str) -> subprocess.CompletedProcess[str]:
        """Run the script, after a check that tells whether the engine will restart."""
        before, ran, restarts = self.files(), self.runs_with() != "nothing", self.restarts()
        told = self.run("check", daemon, **values).stdout.strip()
        assert self.files() == before
        done = self.run("", daemon, **values)
        if done.returncode == 0:
            assert told == ("" if not ran else "member restart" if self.restarts() > restarts else "member")
        return done

    def files(self) -> dict[Path, bytes]:
        places = [file for name in ("etc", "run") for file in (self.folder / name).rglob("*") if file.is_file()]
        return {file: file.read_bytes() for file in places}

    def run(self, verb: str, daemon: str, **values: str) -> subprocess.CompletedProcess[str]:
        text = assets.read("engine/scripts/configure.sh")
        for place in ("/etc/", "/run/nuvla"):
            text = text.replace(place, f"{self.folder}{place}")
        empty = ("TLS_CA", "TLS_CERT", "TLS_KEY", "TLS_END", "PROXY_HTTP", "PROXY_HTTPS", "PROXY_EXCLUDED")
        given = {
            **dict.fromkeys(empty, ""),
            "MACHINE": "worker-1",
            "VERSION": "1",
            "DAEMON_JSON": daemon,
            "HELPER": "# none",
            **values,
        }
        env = os.environ | given | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        return subprocess.run(
            ["bash", "-s", "--", verb],
            check=False,
            input=text,
            env=env,
            capture_output=True,
            text=True,
            timeout=60 * crowd(),
        )

    def runs_with(self) -> str:
        running = self.folder / "running"
        return running.read_text().strip() if running.exists() else "nothing"

    def asked(self) -> list[str]:
        asked = self.folder / "asked"
        return asked.read_text().splitlines() if asked.exists() else []

    def restarts(self) -> int:
        return self.asked().count(RESTART)


@pytest.fixture(params=["20.10.24", "28.5.1"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return Machine(tmp_path, request.param)


def test_engine_goes_on_with_the_file_before_if_it_refuses_the_new_one(machine: Machine) -> None:
    assert machine.configure(GOOD).returncode == 0
    refused = machine.configure(BAD)
    assert refused.returncode == 1
    assert "engine.daemon" in refused.stderr
    assert machine.runs_with() == GOOD
    assert (machine.folder / "etc/docker/daemon.json").read_text().strip() == GOOD
    assert machine.configure(BETTER).returncode == 0
    assert machine.runs_with() == BETTER


def test_newer_engine_is_not_even_restarted_for_a_file_that_it_refuses(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "28.5.1")
    machine.configure(GOOD)
    before = machine.restarts()
    said = machine.configure(BAD).stderr
    assert said == (
        "worker-1: dockerd refuses the new settings, and keeps running with the former ones; correct engine.daemon: "
        "unable to configure the Docker daemon: mtu\n"
    )
    assert machine.restarts() == before


def test_engine_that_ran_before_the_script_keeps_its_own_file(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "20.10.24")
    (tmp_path / "etc/docker").mkdir()
    for file in ("etc/docker/daemon.json", "running"):
        (tmp_path / file).write_text(f"{GOOD}\n")
    assert machine.configure(BAD).returncode == 1
    assert machine.runs_with() == GOOD


def test_engine_without_a_file_that_it_ran_with_tells_why_it_does_not_start(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "20.10.24")
    failed = machine.configure(BAD)
    assert (failed.returncode, machine.runs_with()) == (1, "nothing")
    assert failed.stderr.strip() == "failed to start daemon: mtu"


def test_unchanged_settings_restart_nothing(machine: Machine) -> None:
    machine.configure(GOOD)
    assert machine.configure(GOOD).returncode == 0
    assert machine.restarts() == 1


@contextmanager
def running(machine: Machine, *units: str) -> Iterator[Path]:
    """Yield the program that is the process of the units, as the package has installed it."""
    program = machine.folder / "program"
    shutil.copy(str(shutil.which("sleep")), program)
    with subprocess.Popen([program, "60"]) as process:
        try:
            for unit in units:
                (machine.folder / f"pid-of-{unit}").write_text(str(process.pid))
            yield program
        finally:
            process.kill()


@rows("units", [(DOCKER,), (CONTAINERD,), (DOCKER, CONTAINERD)])
def test_engine_is_restarted_once_its_packages_were_replaced(tmp_path: Path, units: tuple[str, ...]) -> None:
    """Packages restart nothing while the program installs them; containerd restarts with the engine alone."""
    machine = Machine(new_folder(tmp_path), "28.5.1")
    with running(machine, *units) as program:
        machine.configure(GOOD)
        asked = machine.asked()
        assert machine.configure(GOOD).returncode == 0
        assert machine.asked()[len(asked) :].count(RESTART) == 0
        program.unlink()
        asked = machine.asked()
        assert machine.configure(GOOD).returncode == 0
        stopped = [STOP, f"restart {CONTAINERD}"] if CONTAINERD in units else []
        changes = [line for line in machine.asked()[len(asked) :] if line in (STOP, RESTART, f"restart {CONTAINERD}")]
        assert changes == ([*stopped, RESTART] if DOCKER in units else [])


def test_engine_is_restarted_for_another_proxy(machine: Machine) -> None:
    drop_in = machine.folder / "etc/systemd/system/docker.service.d/nuvla-swarm.conf"
    machine.configure(GOOD)
    without = drop_in.read_text()
    machine.configure(GOOD, PROXY_HTTP="http://proxy:3128", PROXY_EXCLUDED="localhost,10.0.0.0/8")
    assert drop_in.read_text().removeprefix(without).splitlines() == [
        'Environment="HTTP_PROXY=http://proxy:3128"',
        'Environment="NO_PROXY=localhost,10.0.0.0/8"',
    ]
    machine.configure(GOOD)
    assert (drop_in.read_text(), machine.restarts()) == (without, 3)


def test_another_helper_of_the_unit_restarts_no_engine(machine: Machine) -> None:
    machine.configure(GOOD)
    restarts = machine.restarts()
    assert machine.configure(GOOD, HELPER="# another").returncode == 0
    assert machine.restarts() == restarts
    assert (machine.folder / "etc/nuvla-swarm/sole_manager.sh").read_text() == "# another\n"


def test_unit_of_the_engine_runs_its_helper_with_verbs_that_it_has(machine: Machine) -> None:
    """Neither its absence nor its failure keeps the engine from its start or its stop."""
    machine.configure(GOOD)
    unit = (machine.folder / "etc/systemd/system/docker.service.d/nuvla-swarm.conf").read_text()
    helper = f"-/bin/bash {machine.folder}/etc/nuvla-swarm/sole_manager.sh"
    lines = [line for line in unit.splitlines() if "sole_manager" in line]
    assert lines == [f"ExecStartPre={helper} start", f"ExecStop={helper} stop", f"ExecStopPost={helper} stopped"]
