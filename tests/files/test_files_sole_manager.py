"""components/engine/files/sole_manager.sh: the engine of the only manager stops without a word to other machines."""

import os
import subprocess
from pathlib import Path

import pytest

from components import assets

TOOLS = {
    "docker": '[[ "$1 $2 $3" != "--host unix://"*"/docker.sock info" ]] || cat "$HERE/swarm"',
    "nft": """case $1 in
  list) [ -e "$HERE/table" ] ;;
  delete) rm "$HERE/table" ;;
  --file) cat >"$HERE/table" ;;
esac""",
    "date": 'cat "$HERE/now"',
    "sleep": 'echo "$1" >>"$HERE/slept"',
}


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The folder of the only manager of three machines, at the second 100."""
    for name, body in TOOLS.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "swarm").write_text("true 1 3\n")
    (tmp_path / "now").write_text("100\n")
    return tmp_path


def run(machine: Path, verb: str, process: str = "7") -> None:
    """Run the script, which succeeds and says nothing."""
    text = assets.read("engine/files/sole_manager.sh").replace("/run/", f"{machine}/")
    text = text.replace("PATH=$PATH:/usr/sbin:/sbin\n", "")
    env = os.environ | {"PATH": f"{machine}:{os.environ['PATH']}", "HERE": str(machine), "MAINPID": process}
    done = subprocess.run(["bash", "-s", verb], input=text, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def restart(machine: Path, at: int) -> list[str]:
    """Stop the engine at the second 100, and start it later; return for how long the start waits, if it does."""
    for verb in ("stop", "stopped"):
        run(machine, verb)
    assert not (machine / "table").exists()
    (machine / "now").write_text(f"{at}\n")
    run(machine, "start")
    slept = machine / "slept"
    return slept.read_text().split() if slept.exists() else []


def test_only_manager_says_nothing_while_its_engine_stops(machine: Path) -> None:
    run(machine, "stop")
    table = (machine / "table").read_text()
    assert "elements = { 7946 timeout 2m }" in table, "the kernel forgets a table that is left behind"
    assert "udp dport @gossip drop" in table, "by TCP, it hears that others are there"


def test_engine_that_has_ended_by_itself_is_not_asked(machine: Path) -> None:
    """Its socket is there, and would keep the question until its next start."""
    run(machine, "stop", process="")
    assert not (machine / "table").exists()


def test_start_lets_the_words_out_again(machine: Path) -> None:
    """Also if nothing ran after the stop."""
    run(machine, "stop")
    run(machine, "start")
    assert not (machine / "table").exists()


@pytest.mark.parametrize(("nodes", "waits"), [(2, "5"), (4, "7"), (10, "7"), (60, "9")])
def test_more_machines_take_longer_to_notice(machine: Path, nodes: int, waits: str) -> None:
    (machine / "swarm").write_text(f"true 1 {nodes}\n")
    assert restart(machine, 100) == [waits]


@pytest.mark.parametrize(("at", "waits"), [(100, ["5"]), (102, ["3"]), (104, ["1"]), (105, []), (900, []), (20, [])])
def test_start_waits_until_others_have_noticed(machine: Path, at: int, waits: list[str]) -> None:
    """Time that was set back is none to wait for."""
    assert restart(machine, at) == waits
    run(machine, "start")
    assert not (machine / "slept").exists() or (machine / "slept").read_text().split() == waits


@pytest.mark.parametrize("swarm", ["true 3 5", "false 0 0", "true 1 1", "", "false 0 3"])
def test_other_machines_leave_and_start_as_ever(machine: Path, swarm: str) -> None:
    """Workers and further managers have a manager that they ask when they start. An engine may say nothing at all."""
    (machine / "swarm").write_text(f"{swarm}\n" if swarm else "")
    run(machine, "stop")
    assert not (machine / "table").exists()
    assert restart(machine, 100) == []
