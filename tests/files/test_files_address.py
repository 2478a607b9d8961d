"""components/virtual_ip: who has the virtual IP is noted as it is, and a keepalived that ends is none that runs."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from components import assets
from tests.e2e.waiting import wait_for
from tests.support.clock import CLOCK

ADDRESS = "10.77.0.9"
HAS, HAS_NOT = "nuvla_swarm_virtual_ip 1\n", "nuvla_swarm_virtual_ip 0\n"
# The machine has the address while there is a file of that name.
MACHINE = {
    "ip": '[ "$*" = "-4 -oneline address show to $ADDRESS/32" ]\n[ ! -e address ] || echo "2: eth0 inet $ADDRESS/32"',
    "flock": 'touch "arrived-$PPID"\nexec "$REAL_FLOCK" "$@"',
    # The process of the unit at each look, a line each; the last one stays.
    "systemctl": """case "$*" in
  "show --property MainPID --value address.service")
    head -n 1 processes
    [ "$(wc -l <processes)" = 1 ] || sed -i 1d processes ;;
  *) true ;;
esac""",
    "journalctl": '[ "${*: -2}" = "--unit address.service" ]\necho "Unknown keyword"',
}


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The folder of the machine's files and tools."""
    for name, lines in MACHINE.items():
        file = tmp_path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/bash\nset -eu\ncd {tmp_path}\n{lines}\n")
        file.chmod(0o755)
    (tmp_path / "keepalived.conf").write_text(f"  virtual_ipaddress {{\n    {ADDRESS}/32 dev eth0\n  }}\n")
    return tmp_path


def environment(machine: Path) -> dict[str, str]:
    flock = subprocess.run(["which", "flock"], capture_output=True, text=True, check=True).stdout.strip()
    return {"PATH": f"{machine}/bin:{os.environ['PATH']}", "ADDRESS": ADDRESS, "REAL_FLOCK": flock}


@pytest.fixture
def notify(machine: Path) -> Callable[[str], "subprocess.Popen[bytes]"]:
    """Start the script as keepalived does, which waits for none."""
    file = machine / "note_state.sh"
    file.write_text(assets.read("virtual_ip/files/note_state.sh").replace("/etc/nuvla-swarm", str(machine)))

    def start(state: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(["bash", file, "INSTANCE", "nuvla_swarm", state, "250"], env=environment(machine))

    return start


def noted(machine: Path) -> str:
    return (machine / "metrics" / "virtual_ip.prom").read_text()


@pytest.mark.parametrize(("has", "states"), [(True, ["BACKUP", "MASTER"]), (False, ["MASTER", "BACKUP"])])
@pytest.mark.parametrize("late", [False, True])
def test_last_change_is_noted_whichever_script_runs_last(
    machine: Path, notify: Callable[[str], "subprocess.Popen[bytes]"], has: bool, states: list[str], late: bool
) -> None:
    """The address is there, or is not, before the last script is started; that one may be the first to run."""
    if has:
        (machine / "address").touch()
    for state in reversed(states) if late else states:
        assert notify(state).wait() == 0
    assert noted(machine) == (HAS if has else HAS_NOT)


def test_script_that_waits_for_another_one_looks_afterwards(
    machine: Path, notify: Callable[[str], "subprocess.Popen[bytes]"]
) -> None:
    (machine / "metrics").mkdir()
    (machine / "address").touch()
    with subprocess.Popen(
        ["flock", machine / "metrics", "sh", "-c", "echo held; read -r _"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        waiting = notify("MASTER")
        wait_for((machine / f"arrived-{waiting.pid}").exists, "the script waits for its turn", 30)
        (machine / "address").unlink()
        holder.stdin.close()
        assert waiting.wait() == 0
    assert noted(machine) == HAS_NOT


def test_end_of_keepalived_is_noted() -> None:
    """It tells of its end before it takes the address away."""
    unit = assets.read("virtual_ip/files/nuvla-swarm-address.service").splitlines()
    assert [line for line in unit if line.endswith("-/etc/nuvla-swarm/note_state.sh")] == [
        "ExecStartPre=-/etc/nuvla-swarm/note_state.sh",
        "ExecStopPost=-/etc/nuvla-swarm/note_state.sh",
    ]


def start(machine: Path, processes: list[int]) -> "subprocess.CompletedProcess[str]":
    """Run the function of the script that starts keepalived."""
    (machine / "processes").write_text("".join(f"{process}\n" for process in processes))
    script = assets.read("virtual_ip/scripts/virtual_ip.sh").partition('\ncase "$1" in')[0]
    values = ("ADDRESS", "PRIVATE_ADDRESS", "CONFIG", "HELPER", "NOTE_STATE", "UNIT")
    return subprocess.run(
        ["bash", "-s"],
        input=f"{script}\n{CLOCK}changed={machine}/changed\nstart\n",
        env=environment(machine) | dict.fromkeys(values, "x") | {"MACHINE": "manager-1", "NAME": "address.service"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("processes", [[7], [3, 0, 7], [3, 4, 0, 0, 7]])
def test_keepalived_that_stays_runs(machine: Path, processes: list[int]) -> None:
    (machine / "changed").touch()
    done = start(machine, processes)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (machine / "changed").exists()


@pytest.mark.parametrize(
    "processes", [[*range(2, 100)], [one for process in range(3, 99) for one in (process, process, 0)]]
)
def test_keepalived_that_ends_again_and_again_does_not_run(machine: Path, processes: list[int]) -> None:
    """The next run starts it again; to systemd, it is active at each look."""
    (machine / "changed").touch()
    done = start(machine, processes)
    assert done.returncode == 1
    line, words = done.stderr.splitlines()
    assert line.startswith("manager-1: its keepalived does not keep running, as 'journalctl --unit address.service'")
    assert words == "Unknown keyword"
    assert (machine / "changed").exists()
