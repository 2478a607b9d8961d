"""Scripts for hosts that exist already: whose a host is."""

import re
import subprocess
from pathlib import Path

import pytest

from components import assets

OWNER = "nuvla-swarm/prod 0123abcd"
[CHECK] = re.findall(
    r"^check_owner\(\) \{.*?^\}", assets.read("machines/scripts/check_host.sh"), re.MULTILINE | re.DOTALL
)


def refusal(folder: Path) -> str:
    """What the check says of a host with this folder of notes."""
    script = f'MACHINE=worker-1\nfail() {{ echo "$MACHINE: $*"; exit 1; }}\n{CHECK}\nset -e\ncheck_owner'
    told = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": "/usr/bin:/bin", "OWNER": OWNER, "folder": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode == 0) == (told.stdout == ""), told
    return told.stdout


def test_a_host_of_nobody_is_taken(tmp_path: Path) -> None:
    assert refusal(tmp_path) == ""


@pytest.mark.parametrize("noted", [OWNER, "nuvla-swarm/prod"])
def test_a_host_of_this_infrastructure_is_taken_also_as_a_former_version_noted_it(tmp_path: Path, noted: str) -> None:
    (tmp_path / "owner").write_text(f"{noted}\n")
    assert refusal(tmp_path) == ""


@pytest.mark.parametrize("noted", ["nuvla-swarm/prod ffffffff", "nuvla-swarm/other 0123abcd", "nuvla-swarm/other"])
def test_a_host_of_another_checkout_is_refused_though_the_stack_has_the_same_name(tmp_path: Path, noted: str) -> None:
    (tmp_path / "owner").write_text(f"{noted}\n")
    assert f"worker-1: is a machine of the infrastructure {noted}; take it out there" in refusal(tmp_path)
