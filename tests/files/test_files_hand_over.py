"""machines/exoscale/scripts/hand_over.sh: what cannot be unmounted is served as before, and what can be is not."""

import os
import subprocess
from pathlib import Path

import pytest

from components import assets

PATH, SHARED = "/data/nfs", "/nfs-root"
LIBRARIES = ("storage/scripts/nfs.sh", "storage/scripts/mounts.sh")
EXPORTS, UNIT = "exports.d/nuvla-swarm.exports", "systemd/system/nfs-root.mount"
# The mounts, and the units that run, are files of two folders.
TOOLS = {
    "hostname": "echo worker-1",
    "docker": "exit 0",
    "exportfs": "exit 0",
    "sync": "exit 0",
    "systemd-escape": 'for last; do :; done; last=${last#/}; echo "${last//\\//-}.mount"',
    "mountpoint": '[ -e "$HERE/mounts/${2//\\//-}" ]',
    "umount": """
[ "$1" != --lazy ] || { echo "lazy $2" >>"$HERE/log"; shift; }
[ ! -e "$HERE/busy/${1//\\//-}" ] || exit 32
rm "$HERE/mounts/${1//\\//-}"
echo "umount $1" >>"$HERE/log"
""",
    "systemctl": """
verb=$1
shift
for word in "$@"; do
  case "$verb $word" in
    *\\ --*) ;;
    "stop "*.mount | "start "*.mount)
      place=-${word%.mount}
      if [ "$verb" = start ]; then touch "$HERE/mounts/$place"; continue; fi
      [ ! -e "$HERE/busy/$place" ] || exit 1
      rm -f "$HERE/mounts/$place"
      ;;
    "start "*) touch "$HERE/runs/$word" ;;
    "stop "*) rm -f "$HERE/runs/$word" ;;
    "disable "*) rm -f "$HERE/enabled/$word" "$HERE/runs/$word" ;;
    "is-enabled "*) [ -e "$HERE/enabled/$word" ] || exit 1 ;;
  esac
done
exit 0
""",
}


class Machine:
    """A folder that stands for a machine which serves a volume."""

    def __init__(self, folder: Path, unit: str):
        self.folder = folder
        for name in ("tools", "mounts", "busy", "runs", "enabled", "etc"):
            (folder / name).mkdir()
        for name, text in TOOLS.items():
            (folder / "tools" / name).write_text(f"#!/usr/bin/env bash\n{text}\n")
            (folder / "tools" / name).chmod(0o755)
        clients = folder / "etc/nuvla-swarm/nfs/clients.d"
        clients.mkdir(parents=True)
        for path in (clients / "a.exports", folder / "etc" / EXPORTS, folder / "etc" / UNIT):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x\n")
        for place in ("mounts/-data-nfs", "mounts/-nfs-root", f"enabled/{unit}", f"runs/{unit}"):
            (folder / place).touch()
        (folder / "enabled/nfs-root.mount").touch()

    def hand_over(self) -> tuple[int, str]:
        text = "".join(assets.read(one) for one in (*LIBRARIES, "machines/exoscale/scripts/hand_over.sh"))
        text = text.replace("/etc/", f"{self.folder}/etc/")
        env = {
            "PATH": f"{self.folder}/tools:{os.environ['PATH']}",
            "HERE": str(self.folder),
            "FOLDER": PATH,
            "SHARED": SHARED,
        }
        done = subprocess.run(["bash", "-s"], check=False, input=text, env=env, capture_output=True, text=True)
        return done.returncode, done.stderr

    def has(self) -> set[str]:
        """All that there is but the tools and what holds a mount."""
        files = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}
        return {path for path in files if not path.startswith(("tools/", "busy/"))}


@pytest.fixture(params=["nfs-server.service", "nfs-ganesha.service"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return Machine(tmp_path, request.param)


def test_hand_over_unmounts_the_volume_and_stops_serving(machine: Machine) -> None:
    assert machine.hand_over() == (0, "")
    assert machine.has() == {"log"}
    assert (machine.folder / "log").read_text() == f"umount {PATH}\n", "lazily, it would be in use when it is detached"
    assert machine.hand_over() == (0, ""), "it may run again"


@pytest.mark.parametrize("busy", [PATH, SHARED])
def test_volume_in_use_stays_served(machine: Machine, busy: str) -> None:
    before = machine.has()
    (machine.folder / "busy" / busy.replace("/", "-")).touch()
    for _ in range(2):
        code, said = machine.hand_over()
        assert code == 1
        assert said == (
            f"worker-1: the volume at {PATH} is in use and cannot be unmounted: end what uses it "
            f"(fuser --mount {busy}) there\n"
        )
        assert machine.has() == before
    (machine.folder / "busy" / busy.replace("/", "-")).unlink()
    assert machine.hand_over() == (0, "")


def test_hand_over_never_serves_the_folder_without_its_volume(machine: Machine) -> None:
    """An earlier run was killed when it had unmounted it."""
    (machine.folder / "mounts/-data-nfs").unlink()
    (machine.folder / "busy/-nfs-root").touch()
    assert machine.hand_over()[0] == 1
    assert not list((machine.folder / "runs").iterdir())


def test_nfs_exports_of_others_stay_served(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "nfs-server.service")
    (tmp_path / "etc/exports").write_text("/srv 192.0.2.0/24(ro)\n")
    assert machine.hand_over() == (0, "")
    assert machine.has() == {"log", "etc/exports", "enabled/nfs-server.service", "runs/nfs-server.service"}
