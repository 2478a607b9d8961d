"""A small program on the stand-in of ``exoscale``, deployed by Pulumi: the machines are reached as on a cloud."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.offline.clouds import Cloud, cloud, environment
from tests.offline.plugin import Made
from tests.support.checkout import copy_part

pytestmark = [pytest.mark.slow, pytest.mark.engine, pytest.mark.timeout(1200)]
PROJECT = Path(__file__).parent / "exoscale_project"
KEPT = Path(__file__).parent / "exoscale_kept"
SUBNET = "10.130.80.0/20"
LIMIT_S = 900


@dataclass(frozen=True)
class Stack:
    """A copy of the program, its state, and what it has made."""

    folder: Path
    cloud: Cloud

    def run(self, *command: str, fails: bool = False) -> str:
        state = {"PULUMI_BACKEND_URL": f"file://{self.folder}/.state", "PULUMI_CONFIG_PASSPHRASE": "of a test"}
        clean = {name: value for name, value in os.environ.items() if name != "PULUMI_CONFIG_PASSPHRASE_FILE"}
        done = subprocess.run(
            command,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env=clean | environment(self.cloud.folder, SUBNET) | state,
            timeout=LIMIT_S,
        )
        assert bool(done.returncode) == fails, done.stdout
        return done.stdout

    def pulumi(self, command: str, *options: str, fails: bool = False) -> str:
        return self.run("pulumi", command, "--non-interactive", "--color=never", *options, fails=fails)

    def outputs(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.pulumi("stack", "output", "--json", "--show-secrets"))
        return found

    def ssh(self, user: str, address: str, command: str, *, fails: bool = False) -> str:
        """With the host key that the program made, and no other."""
        known, key, outputs = self.folder / "known", self.folder / "key", self.outputs()
        known.write_text(f"{address} {outputs['host']}")
        key.touch(mode=0o600)
        key.write_text(outputs["login"])
        options = (f"UserKnownHostsFile={known}", "StrictHostKeyChecking=yes", "BatchMode=yes", "ConnectTimeout=5")
        words = [word for option in options for word in ("-o", option)]
        return self.run("ssh", "-F", "none", "-i", str(key), *words, f"{user}@{address}", command, fails=fails)


def made_of(project: Path, folder: Path, made: Cloud) -> Stack:
    """An empty stack of the project."""
    copy_part(project, folder)
    (folder / ".state").mkdir()
    found = Stack(folder, made)
    found.pulumi("stack", "init", "standin")
    found.pulumi("config", "set", "key", "EXOofatest")
    return found


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = Path(tmp_path_factory.mktemp("up"))
    with cloud(folder, SUBNET) as made:
        found = made_of(PROJECT, folder / "project", made)
        for name, value in {"start": "10.130.97.10", "end": "10.130.97.20"}.items():
            found.pulumi("config", "set", name, value)
        try:
            found.pulumi("up", "--yes", "--skip-preview")
            yield found
        finally:
            found.pulumi("destroy", "--yes", "--skip-preview")
        assert made.leftovers() == []


def test_instance_is_reached_with_its_host_key_by_the_default_user(stack: Stack) -> None:
    one = stack.outputs()["one"]
    assert stack.ssh("ubuntu", one, "cloud-init status --wait") == "status: done\n"
    assert stack.ssh("ubuntu", one, "cat ~/own && sudo cat /etc/standin/greeting /etc/standin/ran") == (
        "minehello\nstandin-one\n0 again\n"
    )
    assert "Permission denied" in stack.ssh("root", one, "true", fails=True)


def test_only_ports_of_the_rules_are_open(stack: Stack) -> None:
    outputs = stack.outputs()
    one, two, probe = outputs["one"], outputs["two"], "timeout 2 bash -c '</dev/tcp/{}/{}' 2>&1 || echo status $?"
    for machine in ("one", "two"):  # the guest's to bring up
        address = f"sudo ip address add {outputs[f'{machine}-private']}/24 dev eth1 && sudo ip link set eth1 up"
        stack.ssh("ubuntu", outputs[machine], address)
    assert "Connection refused" in stack.ssh("ubuntu", one, probe.format(two, 8000))
    assert stack.ssh("ubuntu", one, probe.format(two, 8001)) == "status 124\n"
    assert stack.run("bash", "-c", probe.format(two, 8000)) == "status 124\n"
    assert "Connection refused" in stack.ssh("ubuntu", one, probe.format(outputs["two-private"], 8001))


def test_attached_volume_is_a_block_device(stack: Stack) -> None:
    outputs = stack.outputs()
    size = stack.ssh(
        "ubuntu", outputs["one"], f"sudo blockdev --getsize64 /dev/disk/by-id/virtio-{outputs['volume'][:20]}"
    )
    assert int(size) == 1 << 30


def test_second_update_and_refresh_change_nothing(stack: Stack) -> None:
    calls = len(stack.cloud.calls())
    assert "13 unchanged" in stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert "13 unchanged" in stack.pulumi("preview", "--expect-no-changes")
    assert len(stack.cloud.calls()) == calls  # not one
    assert "13 unchanged" in stack.pulumi("preview", "--refresh", "--expect-no-changes")


def test_private_keys_are_encrypted_in_the_state(stack: Stack) -> None:
    texts = [path.read_text() for path in (stack.folder / ".state").rglob("*.json*")]
    assert any("standin-one" in text for text in texts)
    assert not any("PRIVATE KEY" in text for text in texts)


def test_renamed_group_in_use_is_not_deleted(stack: Stack) -> None:
    """A group of a given name is deleted before its replacement comes."""
    program = stack.folder / "__main__.py"
    text = program.read_text()
    program.write_text(text.replace('"machines", description', '"machines", name="machines", description'))
    failed = stack.pulumi("up", "--yes", "--skip-preview", fails=True)
    program.write_text(text)
    assert "invalid request: security group" in failed, failed
    assert "is in use by instance standin-one, instance standin-two" in failed
    stack.pulumi("up", "--yes", "--skip-preview")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Stack]:
    """A stack that is to take over the volume, and does not keep it."""
    with cloud(tmp_path, SUBNET) as made:
        first = made_of(KEPT, tmp_path / "first", made)
        first.pulumi("config", "set", "keep", "true")
        first.pulumi("up", "--yes", "--skip-preview")
        volume = first.outputs()["volume"]
        first.pulumi("destroy", "--yes", "--skip-preview")
        assert len(made.leftovers()) == 2  # it, and the record of it
        second = made_of(KEPT, tmp_path / "second", made)
        second.pulumi("config", "set", "adopt", volume)
        yield second
        second.pulumi("refresh", "--yes", "--skip-preview")
        second.pulumi("destroy", "--yes", "--skip-preview")


def test_retained_volume_is_adopted_by_its_id(kept: Stack) -> None:
    kept.pulumi("config", "set", "ignore", "name,labels,size")
    assert "1 imported" in kept.pulumi("up", "--yes", "--skip-preview")
    kept.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    kept.pulumi("preview", "--refresh", "--expect-no-changes")
    calls = [line for line in kept.cloud.calls() if not line.startswith("GET")]
    assert [line.partition(" ")[0] for line in calls] == ["POST"]  # of the first stack
    kept.cloud.volume.delete(Made(kept.outputs()["volume"], {}, {"id": kept.outputs()["volume"]}))
    assert "1 deleted" in kept.pulumi("refresh", "--yes", "--skip-preview")


def test_volume_changed_while_adopted_is_deleted_by_the_next_update(kept: Stack) -> None:
    """CLI 3.250, resource/deploy/step_generator.go, continueStepsFromImport: the id of the import is forgotten.

    The plugin reads no size of what is imported, so that to give it one is a change.
    """
    kept.pulumi("config", "set", "ignore", "name,labels")
    kept.pulumi("config", "set", "size", "4")
    first = kept.pulumi("up", "--yes", "--skip-preview")
    assert "updated [diff: +size]" in first or "updating (0s) [diff: +size]" in first, first
    volume = kept.outputs()["volume"]
    drift = kept.pulumi("preview", "--refresh", "--expect-no-changes", fails=True)
    assert "import replacement" in drift
    assert "delete original" in drift
    kept.pulumi("config", "set", "ignore", "name,labels,size")
    kept.pulumi("up", "--yes", "--skip-preview")
    assert f"DELETE /block-storage/{volume}" in kept.cloud.calls()


def test_wrong_import_id_spoils_the_state_until_a_refresh(kept: Stack) -> None:
    right = kept.run("pulumi", "config", "get", "adopt").strip()
    kept.pulumi("config", "set", "ignore", "name,labels,size")
    kept.pulumi("config", "set", "adopt", "5cae0887-0337-40fe-a2f6-a9fa04fab459")
    wrong = kept.pulumi("up", "--yes", "--skip-preview", fails=True)
    assert "previously-imported resources that still specify an ID may not be replaced" in wrong
    kept.pulumi("config", "set", "adopt", right)
    again = kept.pulumi("up", "--yes", "--skip-preview", fails=True)
    assert "unable to parse volume ID: invalid UUID length: 0" in again
    kept.pulumi("refresh", "--yes", "--skip-preview")
    kept.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
