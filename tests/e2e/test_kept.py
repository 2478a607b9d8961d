"""Volumes that are kept, taken over, and what is protected: any number of updates later everything is there still.

On machines with nothing on them; with what the released plugin of Exoscale does, by its stand-in.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clouds import ON_EXOSCALE, CloudStack, cloud_stack
from tests.e2e.harness import Result, Stack, docker, stack
from tests.e2e.networks import here, subnet_of

pytestmark = pytest.mark.slow
ALONE = Path(__file__).parent / "files" / "machines_alone.py"
NOBODY = "5cae0887-0337-40fe-a2f6-a9fa04fab459"
POOLS = {"manager": {"role": "manager"}}
OFF = {section: {"enabled": False} for section in ("monitoring", "s3")}


@dataclass(frozen=True)
class Provider:
    """A stack on the machines of one provider, and what there is of volumes."""

    made: Stack
    volumes: Callable[[], list[str]]  # ids of all that there are, whoever knows of them
    wrong: str  # what is said of an id that no volume has

    def nfs(self) -> str:
        return str(self.made.outputs()["volumes"]["nfs"])

    def quiet(self) -> None:
        """An update and the check for drift find nothing to do."""
        result = self.made.up("--expect-no-changes")
        assert result.code == 0, result.text
        drift = self.made.preview("--refresh", "--expect-no-changes")
        assert drift.code == 0, drift.text

    def refused(self, line: str) -> None:
        """By a preview and by an update, before anything is touched."""
        state = self.made.must("pulumi", "stack", "export").text
        for result in (self.made.preview(), self.made.up()):
            assert result.code != 0, result.text
            assert "1 reason(s):" in result.text
            assert f"  nuvla-swarm:{line}" in result.text, result.text
            assert "Traceback" not in result.text
        assert resources(self.made.must("pulumi", "stack", "export").text) == resources(state)


def resources(state: str) -> list[str]:
    """Names and ids of what a state has."""
    return sorted(line for line in state.splitlines() if line.strip().startswith(('"urn"', '"id"')))


def up(made: Stack) -> Result:
    result = made.up()
    assert result.code == 0, result.text
    return result


def on_exoscale(folder: Path) -> AbstractContextManager[CloudStack]:
    settings: dict[str, Any] = {
        "kind": "target",
        "machines": ON_EXOSCALE | {"pools": POOLS},
        "firewall": {"management": ["192.0.2.0/24"]},
        "volumes": {"retain_on_destroy": True, "nfs": {"block_storage": True, "size_gib": 20}},
        **OFF,
    }
    return cloud_stack("e2e-kept-exo", folder, settings, subnet_of("kept-exoscale"))


def on_engine(folder: Path) -> AbstractContextManager[Stack]:
    subnet = subnet_of("kept")
    settings: dict[str, Any] = {
        "kind": "target",
        "machines": {"provider": "local", "subnet": subnet, "pools": POOLS},
        "firewall": {"management": [here(subnet)]},
        "volumes": {"retain_on_destroy": True},
        **OFF,
    }
    return stack("e2e-kept", folder, settings)


@pytest.fixture(params=["exoscale", "local"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Provider]:
    """Nothing is up yet."""
    if request.param == "exoscale":
        with on_exoscale(tmp_path / "stack") as cloud:
            yield alone(cloud, lambda: list(cloud.records("block-storage")), "the id of block storage in zone ch-gva-2")
    else:
        with on_engine(tmp_path / "stack") as local:
            label = f"label=io.nuvla.swarm.stack=nuvla-swarm/{local.name}"
            names = ["volume", "ls", "--quiet", "--filter", label, "--filter", "label=io.nuvla.swarm.data=nfs"]
            yield alone(local, lambda: docker(*names).split(), "does not exist")


def alone(made: Stack, volumes: Callable[[], list[str]], wrong: str) -> Provider:
    shutil.copy(ALONE, made.folder / "__main__.py")
    return Provider(made, volumes, wrong)


def test_a_volume_that_is_taken_over_stays_until_a_destruction_that_is_told_to_delete_it(provider: Provider) -> None:
    made = provider.made
    up(made)
    volume = provider.nfs()
    assert made.destroy().code == 0
    assert provider.volumes() == [volume]

    made.set("volumes.retain_on_destroy", False)
    made.set("volumes.nfs.import_id", NOBODY)
    for result in (made.preview(), made.up()):
        assert result.code != 0, result.text
        assert NOBODY in result.text
        assert provider.wrong in result.text, result.text
    made.set("volumes.nfs.import_id", volume)
    assert "nfs-volume imported" in up(made).text
    provider.quiet()
    provider.quiet()
    for settings in (
        {"nfs.id": None},  # taken out, and put back: it is its own now
        {"nfs.id": volume},
        {"retain_on_destroy": True},
        {"retain_on_destroy": False},
    ):
        for path, value in settings.items():
            made.set(f"volumes.{path}", value)
        assert up(made).touched() == {"cluster"}
        assert provider.volumes() == [volume]
    provider.quiet()
    assert made.outputs()["volumes"]["nfs"] == volume

    made.set("volumes.nfs.import_id", NOBODY)
    provider.refused(f"volumes.nfs.import_id: {NOBODY} given; allowed: {volume}, which the stack has, or none; to take")
    made.set("volumes.nfs.import_id", volume)
    assert provider.volumes() == [volume]
    assert made.destroy().code == 0
    assert provider.volumes() == []


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudStack]:
    """Two machines that Exoscale alone protects, by the settings, and a volume that Pulumi protects not yet."""
    with on_exoscale(Path(tmp_path_factory.mktemp("protected")) / "stack") as made:
        alone(made, list, "")
        made.set("machines.pools.worker", {"role": "worker"})
        made.set("machines.destroy_protection", True)
        made.set("volumes.retain_on_destroy", False)
        up(made)
        yield made
        for setting in ("pulumi_protect", "destroy_protection"):
            made.set(f"machines.{setting}", False)
        made.set("machines.pools", POOLS | {"worker": {"role": "worker"}})
        up(made)
        assert made.destroy().code == 0
        assert made.leftovers() == []


def test_a_protected_machine_is_not_taken_out(protected: CloudStack) -> None:
    protected.set("machines.pools", POOLS)
    Provider(protected, list, "").refused(
        "machines: worker-1 would be destroyed, and protected by the last update; allow"
    )
    protected.set("machines.destroy_protection", False)  # not in the same update
    Provider(protected, list, "").refused(
        "machines: worker-1 would be destroyed, and protected by the last update; allow"
    )
    protected.set("machines.destroy_protection", True)
    protected.set("machines.pools.worker", {"role": "worker"})
    assert up(protected).touched() == set()


@pytest.mark.parametrize("setting", ["destroy_protection", "pulumi_protect"])
def test_make_down_touches_nothing_that_is_protected_and_says_what_to_do(protected: CloudStack, setting: str) -> None:
    for other in ("destroy_protection", "pulumi_protect"):
        protected.set(f"machines.{other}", other == setting)
    up(protected)
    before, calls = protected.state(), len(protected.calls())
    result = protected.make("down")
    assert result.code != 0
    assert f"error: machines.{setting}: true, so nothing is destroyed (" in result.text, result.text
    assert "set false, `make up`, and then this again" in result.text
    assert "Traceback" not in result.text
    protected.set(f"machines.{setting}", False)
    again = protected.make("down")
    protected.set(f"machines.{setting}", True)
    assert "error: the last `up` protected " in again.text, again.text
    assert protected.state() == before
    assert protected.calls()[calls:] == []


def test_plain_pulumi_refuses_too_in_its_preview(protected: CloudStack) -> None:
    protected.set("machines.destroy_protection", True)
    protected.set("machines.pulumi_protect", False)
    up(protected)
    calls = len(protected.calls())
    result = protected.run("pulumi", "destroy", "--yes", "--color=never", "--non-interactive")
    assert result.code != 0
    assert "cannot be deleted" in result.text
    assert protected.calls()[calls:] == []
    assert len(protected.records("instance")) == 2


def test_block_storage_that_cannot_follow_its_machine_is_not_made_anew(protected: CloudStack) -> None:
    protected.set("machines.zone", "at-vie-1")
    Provider(protected, list, "").refused(
        "volumes.nfs: manager-1 is in at-vie-1, and the volume in ch-gva-2; allowed: a machine in ch-gva-2"
    )
    protected.set("machines.zone", "ch-gva-2")


def test_block_storage_that_is_to_be_larger_is_left_alone(protected: CloudStack) -> None:
    """Its folder tells, on the machine: tests/files/test_scripts_volume.py."""
    calls = len(protected.calls())
    protected.set("volumes.nfs.size_gib", 40)
    assert up(protected).touched() == {"cluster"}
    protected.set("volumes.nfs.size_gib", 20)
    up(protected)
    assert protected.calls()[calls:] == []
