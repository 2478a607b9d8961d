"""components/machines/scripts/*host*.sh: which machine of which infrastructure a host is."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from components import assets

Told = tuple[int, str]
OWNER = "nuvla-swarm/prod 0123abcd"


def function(script: str, name: str) -> str:
    [found] = re.findall(
        rf"^{name}\(\) \{{.*?\}}$", assets.read(f"machines/scripts/{script}"), re.MULTILINE | re.DOTALL
    )
    return str(found)


@pytest.fixture
def note(tmp_path: Path) -> Callable[..., None]:
    """Notes on a host, by their files."""

    def write(**files: str) -> None:
        for name, text in files.items():
            (tmp_path / name).write_text(f"{text}\n" if text else "")

    return write


def asked(folder: Path, script: str, *functions: str, machine: str = "worker-1") -> Told:
    """How the last of a script's functions ends for a machine of the infrastructure p/prod, and what it says."""
    text = "\n".join(function(script, name) for name in functions)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{text}\n{functions[-1]}"],
        env={"folder": str(folder), "MACHINE": machine, "OWNER": OWNER, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def checked(folder: Path, machine: str = "worker-1") -> Told:
    return asked(folder, "check_host.sh", "fail", "check_owner", machine=machine)


def leaves(folder: Path, machine: str = "worker-1") -> Told:
    return asked(folder, "host_before.sh", "say", "is_own", machine=machine)


def test_a_host_that_nobody_noted_is_fit_and_has_nothing_to_leave(tmp_path: Path) -> None:
    assert checked(tmp_path) == (0, "")
    assert leaves(tmp_path) == (1, "")


def test_a_machines_own_host_is_fit_and_may_be_left(tmp_path: Path, note: Callable[..., None]) -> None:
    note(owner=OWNER, machine="worker-1")
    assert checked(tmp_path) == (0, "")
    assert leaves(tmp_path) == (0, "")


@pytest.mark.parametrize("noted", [OWNER, OWNER.partition(" ")[0]])
def test_a_host_that_an_earlier_version_noted_is_of_any_machine(
    tmp_path: Path, note: Callable[..., None], noted: str
) -> None:
    note(owner=noted)
    assert checked(tmp_path) == (0, "")


def test_a_note_without_owner_is_none(tmp_path: Path, note: Callable[..., None]) -> None:
    note(owner="", machine="worker-2")
    assert checked(tmp_path) == (0, "")
    assert leaves(tmp_path) == (1, "")


def test_another_machines_host_is_refused_and_not_left(tmp_path: Path, note: Callable[..., None]) -> None:
    note(owner=OWNER, machine="worker-1")
    assert checked(tmp_path, "compute-1") == (
        1,
        "compute-1: is worker-1 of this infrastructure; allowed: worker-1, or an `up` without it before, or to remove "
        f"{tmp_path} from the host if worker-1 was given up\n",
    )
    assert leaves(tmp_path, "compute-1") == (
        1,
        f"compute-1: this host is worker-1 of the infrastructure {OWNER} by now; nothing is taken back there\n",
    )


@pytest.mark.parametrize("noted", ["nuvla-swarm/prod ffffffff", "nuvla-swarm/other 0123abcd", "nuvla-swarm/other"])
def test_a_host_of_another_checkout_is_refused_and_not_left_though_the_stack_has_the_same_name(
    tmp_path: Path, note: Callable[..., None], noted: str
) -> None:
    note(owner=noted, machine="worker-1")
    code, said = checked(tmp_path)
    assert (code, said.partition(";")[0]) == (1, f"worker-1: is a machine of the infrastructure {noted}")
    code, said = leaves(tmp_path)
    assert (code, said.partition(";")[0]) == (
        1,
        f"worker-1: this host is worker-1 of the infrastructure {noted} by now",
    )
