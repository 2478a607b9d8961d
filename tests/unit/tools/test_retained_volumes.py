"""tools/retained_volumes.py: what `make down` reports about data volumes."""

from pathlib import Path
from typing import Any

from tools.retained_volumes import DataVolume, mistake, protected, refusal, report, volumes
from tools.stack.settings_file import SettingsFile

CLUSTER = "urn:pulumi:dev::nuvla-swarm::nuvla:machines:LocalCluster$docker:index/volume:Volume"


def resource(name: str, kind: str = "docker:index/volume:Volume", **more: Any) -> dict[str, Any]:
    return {"urn": f"{CLUSTER}::{name}", "type": kind, "id": f"{name}-0123456"} | more


def test_data_volumes_are_listed_by_the_names_of_their_settings() -> None:
    found = list(volumes([resource("manager-1-disk"), resource("nfs-volume", retainOnDelete=True)]))
    assert found == [DataVolume("nfs", "nfs-volume-0123456", True)]


def test_block_storage_is_listed_without_its_zone() -> None:
    kind = "exoscale:index/blockStorageVolume:BlockStorageVolume"
    assert list(volumes([resource("nfs-volume", kind, id="uuid@ch-gva-2")])) == [DataVolume("nfs", "uuid", False)]


def test_retention_setting_that_is_not_applied_is_reported() -> None:
    kept, lost = DataVolume("nfs", "1", True), DataVolume("nfs", "1", False)
    assert mistake([kept], True) is mistake([lost], False) is mistake([], True) is None
    assert "the data would be deleted: run `make up` first" in str(mistake([lost], True))
    assert "would stay: run `make up` first" in str(mistake([kept], False))


def test_retained_volume_is_reported_with_its_import_command() -> None:
    assert report([DataVolume("nfs", "1", True), DataVolume("grafana", "2", False)], "prod").splitlines()[1:] == [
        "  pulumi config set --stack prod --path nuvla-swarm:volumes.nfs.import_id 1"
    ]
    assert report([DataVolume("nfs", "1", False)], "prod") == ""


INSTANCE = "exoscale:index/computeInstance:ComputeInstance"


def test_protected_resources_of_pulumi_and_exoscale_are_listed() -> None:
    """The state of an older version of the program has only Exoscale's protection."""
    by_pulumi = resource("nfs-volume", protect=True)
    by_exoscale = resource("worker-1", INSTANCE, inputs={"destroyProtected": True})
    free = resource("worker-2", INSTANCE, inputs={"destroyProtected": False})
    assert protected([by_pulumi, by_exoscale, free, {"urn": "urn::stack", "type": "x"}]) == ["nfs-volume", "worker-1"]


def protecting(**settings: bool) -> SettingsFile:
    return SettingsFile(Path("Pulumi.prod.yaml"), {"config": {"nuvla-swarm:machines": settings}})


def test_protection_refuses_destruction_and_says_what_to_do() -> None:
    assert refusal([], protecting(pulumi_protect=True)) is None
    assert refusal(["worker-1"], protecting(pulumi_protect=True, destroy_protection=True)) == (
        "machines.pulumi_protect and machines.destroy_protection: true, so nothing is destroyed (worker-1): set false "
        "in Pulumi.prod.yaml, run `make up`, and run this again"
    )
    assert "destroy_protection: true, so nothing is destroyed (worker-1 and 1 more)" in str(
        refusal(["worker-1", "worker-2"], protecting(destroy_protection=True))
    )
    assert "the last `make up` protected worker-1; the settings no longer do: run `make up`" in str(
        refusal(["worker-1"], protecting(pulumi_protect=False))
    )
