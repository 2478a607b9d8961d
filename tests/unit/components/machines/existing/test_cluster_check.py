"""components/machines/existing/cluster.py: the systems that the check of a host accepts."""

import subprocess

from components import assets

OTHERS = ("OWNER", "VERSION", "EPHEMERAL", "MOUNTD_PORT", "PRIVATE_ADDRESS", "NEEDS")


def system_error(name: str, version: str) -> str:
    """Return the error of the script for a system, empty if the script accepts it."""
    functions = assets.read("machines/existing/scripts/check_host.sh").rpartition("\ncheck_system\n")[0]
    faked = functions.replace("/etc/os-release", "/dev/stdin").replace("[ -d /run/systemd/system ]", "true")
    faked = faked.replace("has apt-get", "true").replace("< <(. /dev/stdin &&", f"< <(ID={name} VERSION_ID={version};")
    done = subprocess.run(
        ["bash", "-c", f"{faked}\ncheck_system"],
        env={"PATH": "/usr/bin:/bin", "MACHINE": "worker-1", **dict.fromkeys(OTHERS, "1")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip()


def test_check_accepts_supported_systems() -> None:
    systems = [("debian", "12"), ("debian", "13"), ("ubuntu", "22.04"), ("ubuntu", "24.04")]
    assert {system: system_error(*system) for system in systems} == dict.fromkeys(systems, "")


def test_check_refuses_other_systems() -> None:
    allowed = "allowed: Debian 12 or newer, Ubuntu 22.04 or newer"
    for name, version in (("debian", "11"), ("ubuntu", "20.04"), ("ubuntu", "9.10"), ("fedora", "41")):
        assert system_error(name, version) == f"worker-1: runs {name} {version}; {allowed}"


def test_check_refuses_a_system_without_a_version() -> None:
    assert system_error("debian", "").startswith("worker-1: runs debian of no version; allowed:")
