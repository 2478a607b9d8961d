"""tools/retained_volumes.py: what `make down` says of data volumes."""

from typing import Any

from tools.retained_volumes import Found, mistake, protected, refusal, report, volumes

CLUSTER = "urn:pulumi:dev::nuvla-swarm::nuvla:machines:LocalCluster$docker:index/volume:Volume"


def resource(name: str, kind: str = "docker:index/volume:Volume", **more: Any) -> dict[str, Any]:
    return {"urn": f"{CLUSTER}::{name}", "type": kind, "id": f"{name}-0123456"} | more


def test_only_data_volumes_are_told_by_the_names_of_their_settings() -> None:
    found = list(volumes([resource("manager-1-disk"), resource("nfs-volume", retainOnDelete=True)]))
    assert found == [Found("nfs", "nfs-volume-0123456", True)]


def test_block_storage_is_told_without_its_zone() -> None:
    kind = "exoscale:index/blockStorageVolume:BlockStorageVolume"
    assert list(volumes([resource("nfs-volume", kind, id="uuid@ch-gva-2")])) == [Found("nfs", "uuid", False)]


def test_a_setting_that_the_last_up_did_not_know_is_told() -> None:
    kept, lost = Found("nfs", "1", True), Found("nfs", "1", False)
    assert mistake([kept], True) is mistake([lost], False) is mistake([], True) is None
    assert "the data would be lost: run `make up` first" in str(mistake([lost], True))
    assert "would be left behind: run `make up` first" in str(mistake([kept], False))


def test_what_is_kept_comes_with_the_command_that_takes_it_over() -> None:
    assert report([Found("nfs", "1", True), Found("grafana", "2", False)]).splitlines()[1:] == [
        "  pulumi config set --path nuvla-swarm:volumes.nfs.id 1"
    ]
    assert report([Found("nfs", "1", False)]) == ""


INSTANCE = "exoscale:index/computeInstance:ComputeInstance"


def test_what_pulumi_or_exoscale_protects_is_told_whoever_set_it() -> None:
    """A state of an older version of the program has Exoscale's protection alone."""
    by_pulumi = resource("nfs-volume", protect=True)
    by_exoscale = resource("worker-1", INSTANCE, inputs={"destroyProtected": True})
    free = resource("worker-2", INSTANCE, inputs={"destroyProtected": False})
    assert protected([by_pulumi, by_exoscale, free, {"urn": "urn::stack", "type": "x"}]) == ["nfs-volume", "worker-1"]


def test_nothing_protected_is_destroyed_and_it_says_what_to_do() -> None:
    assert refusal([], {"protect": True}) is None
    assert refusal(["worker-1"], {"protect": True, "destroy_protected": True}) == (
        "machines.protect and machines.destroy_protected: true, so nothing is destroyed (worker-1): set false, "
        "`make up`, and then this again"
    )
    assert "destroy_protected: true, so nothing is destroyed (worker-1 and 1 more)" in str(
        refusal(["worker-1", "worker-2"], {"destroy_protected": True})
    )
    assert "the last `up` protected worker-1, and settings do not say so any more: run `make up`" in str(
        refusal(["worker-1"], {"protect": False})
    )
