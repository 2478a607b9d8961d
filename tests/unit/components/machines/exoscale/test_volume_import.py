"""components/machines/exoscale/volume_import.py: a volume that cannot be imported is refused before the import."""

from typing import Any

import pulumi
import pulumiverse_exoscale as exoscale
import pytest

from components.machines.exoscale.volume_import import check_imports
from components.machines.volume import VolumeSpec
from tests.support.fake_pulumi import FakePulumi, Refusal
from tests.support.pulumi_run import build, start

ID = "5b0c3f6a-1111-4222-8333-944444444444"
FREE: dict[str, Any] = {"id": ID, "size": 30, "zone": "ch-gva-2"}


def imported(fake_pulumi: FakePulumi, size_gib: int = 20) -> None:
    wanted = {"nfs": VolumeSpec(machine="worker-1", block=True, size_gib=size_gib, id=ID)}
    zones = {"worker-1": "ch-gva-2"}
    build(lambda: check_imports(["nfs"], wanted, zones, exoscale.Provider("exoscale")))


def refusal(fake_pulumi: FakePulumi, size_gib: int = 20) -> str:
    with pytest.raises(pulumi.RunError, match="what is there cannot be taken over, 1 reason") as refused:
        imported(fake_pulumi, size_gib)
    return str(refused.value).splitlines()[1].strip()


def test_free_volume_is_imported(fake_pulumi: FakePulumi) -> None:
    fake_pulumi.volumes = {ID: FREE}
    imported(fake_pulumi)


def test_missing_volume_is_refused(fake_pulumi: FakePulumi) -> None:
    line = refusal(fake_pulumi)
    assert line.startswith(f"nuvla-swarm:volumes.nfs.import_id: {ID} given; allowed: the id of block storage in zone")


def test_attached_volume_is_refused(fake_pulumi: FakePulumi) -> None:
    fake_pulumi.volumes = {ID: FREE | {"instance": {"id": "other"}}}
    assert "allowed: a volume that no instance uses" in refusal(fake_pulumi)


def test_volume_that_is_too_small_is_refused(fake_pulumi: FakePulumi) -> None:
    fake_pulumi.volumes = {ID: FREE}
    line = refusal(fake_pulumi, size_gib=40)
    assert line == "nuvla-swarm:volumes.nfs.size_gib: 40 given; allowed: at most 30, which that volume has"


def test_preview_without_an_api_key_only_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_pulumi = start(preview=True)
    warnings: list[str] = []

    def refused(_self: FakePulumi, _id: str) -> Any:
        raise Refusal("http response: Forbidden: Invalid request signature")

    monkeypatch.setattr(FakePulumi, "look_up", refused)
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    imported(fake_pulumi)
    assert [line.partition(":")[0] for line in warnings] == ["volumes.nfs.import_id"]
