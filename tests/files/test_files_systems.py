"""local/systems.sh: the systems that images and packages are made for are those that the program runs on."""

import subprocess

import pytest

from docs.tested import BESIDE_SETTINGS
from tests.support.checkout import CHECKOUT

SYSTEMS = [name.removeprefix("system: ") for name in BESIDE_SETTINGS if name.startswith("system: ")]


def shown(command: str) -> str:
    script = f"set -euo pipefail; source {CHECKOUT}/tools/lib.sh; source {CHECKOUT}/local/systems.sh; {command}"
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def test_systems_are_those_whose_runs_are_recorded() -> None:
    assert shown('echo "$SYSTEMS"').split(", ") == [name.lower().replace(" ", "-") for name in SYSTEMS]


@pytest.mark.parametrize("name", SYSTEMS)
def test_system_has_an_image_and_a_code_name(name: str) -> None:
    system, _, version = name.lower().partition(" ")
    image = shown(f"base_of {system}-{version}")
    assert image.removesuffix("-slim") == f"{system}:{version}"
    assert image.endswith("-slim") is (system == "debian")
    assert shown(f"suite_of {system}-{version}").isalpha()


@pytest.mark.parametrize(
    "command", ["local/build.sh plain debian-11", "offline/base.sh debian-11", "offline/packages.sh 28.5.2 debian-11"]
)
def test_other_system_is_refused_with_those_that_are_allowed(command: str) -> None:
    refused = subprocess.run(command.split(), cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr == (
        "nuvla-swarm: error: the system is 'debian-11'; allowed: debian-12, debian-13, ubuntu-22.04, ubuntu-24.04\n"
    )
