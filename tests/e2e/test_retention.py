"""Retained and imported volumes, and protected machines: all of them survive any number of updates.

The machines have nothing on them. The stand-in of Exoscale's plugin does what the released plugin does.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.exoscale_stacks import EXOSCALE_MACHINES, ExoscaleStack, exoscale_stack
from tests.e2e.harness import Result, Stack, docker, stack
from tests.e2e.networks import subnet_of, this_computer

pytestmark = pytest.mark.slow
MACHINES_ALONE = Path(__file__).parent / "files" / "machines_alone.py"
UNKNOWN_ID = "5cae0887-0337-40fe-a2f6-a9fa04fab459"
POOLS = {"manager": {"role": "manager"}}
DISABLED = {section: {"enabled": False} for section in ("monitoring", "s3")}


@dataclass(frozen=True)
class Provider:
    """A stack on the machines of one provider, and the volumes of that provider."""

    stack: Stack
    volumes: Callable[[], list[str]]  # returns the ids of all volumes, of any stack
    unknown_id_error: str  # part of the error about an id that no volume has

    def nfs_volume(self) -> str:
        return str(self.stack.outputs()["volumes"]["nfs"])

    def assert_no_changes(self) -> None:
        """Assert that an update and the check for drift find nothing to do."""
        result = self.stack.up("--expect-no-changes")
        assert result.code == 0, result.text
        drift = self.stack.preview("--refresh", "--expect-no-changes")
        assert drift.code == 0, drift.text

    def assert_refused(self, line: str, reasons: str = "1 reason") -> None:
        """Assert that a preview and an update refuse the settings, with this line, and change nothing."""
        state = self.stack.must("pulumi", "stack", "export").text
        for result in (self.stack.preview(), self.stack.up()):
            assert result.code != 0, result.text
            assert f"for {reasons}:" in result.text, result.text
            assert f"  nuvla-swarm:{line}" in result.text, result.text
            assert "Traceback" not in result.text
        assert resources(self.stack.must("pulumi", "stack", "export").text) == resources(state)


def resources(state: str) -> list[str]:
    """Return the names and ids of the resources in a state."""
    return sorted(line for line in state.splitlines() if line.strip().startswith(('"urn"', '"id"')))


def up(stack: Stack) -> Result:
    result = stack.up()
    assert result.code == 0, result.text
    return result


def exoscale_target(folder: Path) -> AbstractContextManager[ExoscaleStack]:
    settings: dict[str, Any] = {
        "kind": "target",
        "machines": EXOSCALE_MACHINES | {"pools": POOLS},
        "firewall": {"management": ["192.0.2.0/24"]},
        "volumes": {"retain_on_destroy": True, "nfs": {"block_storage": True, "size_gib": 20}},
        **DISABLED,
    }
    return exoscale_stack("e2e-kept-exo", folder, settings, subnet_of("kept-exoscale"))


def local_target(folder: Path) -> AbstractContextManager[Stack]:
    subnet = subnet_of("kept")
    settings: dict[str, Any] = {
        "kind": "target",
        "machines": {"provider": "local", "subnet": subnet, "pools": POOLS},
        "firewall": {"management": [this_computer(subnet)]},
        "volumes": {"retain_on_destroy": True},
        **DISABLED,
    }
    return stack("e2e-kept", folder, settings)


@pytest.fixture(params=["exoscale", "local"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Provider]:
    """Yield the stack of a provider that is not up yet."""
    if request.param == "exoscale":
        with exoscale_target(tmp_path / "stack") as cloud:
            yield with_machines_alone(
                cloud, lambda: list(cloud.records("block-storage")), "the id of block storage in zone ch-gva-2"
            )
    else:
        with local_target(tmp_path / "stack") as local:
            label = f"label=io.nuvla.swarm.stack=nuvla-swarm/{local.name}"
            names = ["volume", "ls", "--quiet", "--filter", label, "--filter", "label=io.nuvla.swarm.data=nfs"]
            yield with_machines_alone(local, lambda: docker(*names).split(), "does not exist")


def with_machines_alone(stack: Stack, volumes: Callable[[], list[str]], unknown_id_error: str) -> Provider:
    shutil.copy(MACHINES_ALONE, stack.folder / "__main__.py")
    return Provider(stack, volumes, unknown_id_error)


def test_imported_volume_stays_until_destroy_without_retention(provider: Provider) -> None:
    stack = provider.stack
    up(stack)
    volume = provider.nfs_volume()
    assert stack.destroy().code == 0
    assert provider.volumes() == [volume]

    stack.set("volumes.retain_on_destroy", False)
    stack.set("volumes.nfs.import_id", UNKNOWN_ID)
    for result in (stack.preview(), stack.up()):
        assert result.code != 0, result.text
        assert UNKNOWN_ID in result.text
        assert provider.unknown_id_error in result.text, result.text
    stack.set("volumes.nfs.import_id", volume)
    assert "nfs-volume imported" in up(stack).text
    provider.assert_no_changes()
    provider.assert_no_changes()
    for settings in (
        {"nfs.import_id": None},  # after the import, the setting may go and come back
        {"nfs.import_id": volume},
        {"retain_on_destroy": True},
        {"retain_on_destroy": False},
    ):
        for path, value in settings.items():
            stack.set(f"volumes.{path}", value)
        assert up(stack).touched() - {"cluster-outputs", "cluster-made"} == {"cluster"}
        assert provider.volumes() == [volume]
    provider.assert_no_changes()
    assert stack.outputs()["volumes"]["nfs"] == volume

    stack.set("volumes.nfs.import_id", UNKNOWN_ID)
    provider.assert_refused(
        f"volumes.nfs.import_id: {UNKNOWN_ID} given; allowed: {volume}, which the stack has, or none; to take"
    )
    stack.set("volumes.nfs.import_id", volume)
    assert provider.volumes() == [volume]
    assert stack.destroy().code == 0
    assert provider.volumes() == []


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExoscaleStack]:
    """Yield two machines that Exoscale protects and Pulumi does not, with a volume without retention."""
    with exoscale_target(Path(tmp_path_factory.mktemp("protected")) / "stack") as target:
        with_machines_alone(target, list, "")
        target.set("machines.pools.worker", {"role": "worker"})
        target.set("machines.destroy_protection", True)
        target.set("volumes.retain_on_destroy", False)
        up(target)
        yield target
        for setting in ("pulumi_protect", "destroy_protection"):
            target.set(f"machines.{setting}", False)
        target.set("machines.pools", POOLS | {"worker": {"role": "worker"}})
        up(target)
        assert target.destroy().code == 0
        assert target.leftovers() == []


def test_up_does_not_remove_a_protected_machine(protected: ExoscaleStack) -> None:
    protected.set("machines.pools", POOLS)
    Provider(protected, list, "").assert_refused(
        "machines: worker-1 would be destroyed, but the last update protected them; allow"
    )
    protected.set("machines.destroy_protection", False)  # the same update may not remove protection and machine
    Provider(protected, list, "").assert_refused(
        "machines: worker-1 would be destroyed, but the last update protected them; allow"
    )
    protected.set("machines.destroy_protection", True)
    protected.set("machines.pools.worker", {"role": "worker"})
    assert up(protected).touched() == set()


@pytest.mark.parametrize("setting", ["destroy_protection", "pulumi_protect"])
def test_make_down_refuses_protected_machines_and_says_what_to_do(protected: ExoscaleStack, setting: str) -> None:
    for other in ("destroy_protection", "pulumi_protect"):
        protected.set(f"machines.{other}", other == setting)
    up(protected)
    before, calls = protected.state(), len(protected.calls())
    result = protected.make("down")
    assert result.code != 0
    assert f"machines.{setting}: true, so nothing is destroyed (" in result.text, result.text
    assert "set false in Pulumi." in result.text
    assert "Traceback" not in result.text
    protected.set(f"machines.{setting}", False)
    second = protected.make("down")
    protected.set(f"machines.{setting}", True)
    assert ": the last `make up` protected " in second.text, second.text
    assert protected.state() == before
    assert protected.calls()[calls:] == []


def test_pulumi_destroy_refuses_protected_machines(protected: ExoscaleStack) -> None:
    protected.set("machines.destroy_protection", True)
    protected.set("machines.pulumi_protect", False)
    up(protected)
    calls = len(protected.calls())
    result = protected.run("pulumi", "destroy", "--yes", "--color=never", "--non-interactive")
    assert result.code != 0
    assert "cannot be deleted" in result.text
    assert protected.calls()[calls:] == []
    assert len(protected.records("instance")) == 2


def test_block_storage_in_another_zone_than_its_machine_is_not_replaced(protected: ExoscaleStack) -> None:
    protected.set("machines.zone", "at-vie-1")
    Provider(protected, list, "").assert_refused(
        "volumes.nfs: manager-1 is in at-vie-1, and the volume in ch-gva-2; allowed: a machine in ch-gva-2",
        "2 reasons",  # the machines are protected
    )
    protected.set("machines.zone", "ch-gva-2")


def test_larger_size_of_block_storage_calls_no_api(protected: ExoscaleStack) -> None:
    """A script on the machine reports that the volume is too small: tests/files/test_files_volume.py."""
    calls = len(protected.calls())
    protected.set("volumes.nfs.size_gib", 40)
    assert up(protected).touched() == {"cluster"}
    protected.set("volumes.nfs.size_gib", 20)
    up(protected)
    assert protected.calls()[calls:] == []
