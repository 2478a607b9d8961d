"""The whole program on a state: volumes are taken over once, and what would be lost is refused before anything else."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from tests.program.test_program_exoscale import KEYS
from tests.support.configs import changed, on_exoscale, target
from tests.support.fake_pulumi import FakePulumi, Refusal
from tests.support.pulumi_run import run_program
from tests.support.rows import rows

ID, OTHER = "5b0c3f6a-1111-4222-8333-944444444444", "5b0c3f6a-2222-4222-8333-944444444444"
ZONE = "ch-gva-2"
BLOCK: dict[str, Any] = {"volumes": {"nfs": {"block_storage": True, "size_gib": 20, "import_id": ID}}}
FREE: dict[str, Any] = {"size": 20, "instance": None}
TYPES = {
    "cluster": "nuvla:machines:ExoscaleCluster",
    "worker-2": "exoscale:index/computeInstance:ComputeInstance",
    "nfs-volume": "exoscale:index/blockStorageVolume:BlockStorageVolume",
}


def left(**outputs: Mapping[str, Any]) -> dict[str, Any]:
    """A state, of outputs by logical name."""
    named = {name.replace("_", "-"): given for name, given in outputs.items()}
    return {f"urn:pulumi:test::nuvla-swarm::{TYPES[name]}::{name}": {"type": TYPES[name], "outputs": given}
            for name, given in named.items()}  # fmt: skip


def ran(document: dict[str, Any], *, preview: bool = False, **known: Any) -> FakePulumi:
    return run_program(document, preview=preview, secrets=KEYS, **known).engine


def test_kept_volume_is_imported_by_the_first_update_only() -> None:
    document = {**on_exoscale(target()), **BLOCK}
    assert ran(document, volumes={ID: FREE}).options["nfs-volume"].importId == f"{ID}@{ZONE}"
    again = ran(document, state=left(nfs_volume={"id": ID, "zone": ZONE}))
    assert again.options["nfs-volume"].importId == ""


def test_kept_docker_volume_is_imported_by_the_first_update_only() -> None:
    document = changed(target(), "volumes.nfs.import_id", "kept-1")
    assert run_program(document).engine.options["nfs-volume"].importId == "kept-1"
    kind = "docker:index/volume:Volume"
    urn = f"urn:pulumi:test::nuvla-swarm::nuvla:machines:LocalCluster${kind}::nfs-volume"
    known = {urn: {"type": kind, "outputs": {"id": "kept-1"}}}
    assert run_program(document, state=known).engine.options["nfs-volume"].importId == ""
    with pytest.raises(pulumi.RunError, match=r"volumes\.nfs\.import_id: kept-2 given; allowed: kept-1, which"):
        run_program(changed(document, "volumes.nfs.import_id", "kept-2"), state=known)


@rows("preview", [True, False])
@rows(
    "path, value, known, line",
    [
        (
            "volumes.nfs.import_id",
            OTHER,
            {"state": left(nfs_volume={"id": ID, "zone": ZONE})},
            f"volumes.nfs.import_id: {OTHER} given",
        ),
        ("volumes.nfs.size_gib", 30, {"volumes": {ID: FREE}}, "volumes.nfs.size_gib: 30 given; allowed: at most 20"),
        (
            "volumes.nfs.size_gib",
            10,
            {"volumes": {ID: FREE | {"instance": {"id": OTHER}}}},
            f"volumes.nfs.import_id: {ID} given; allowed: a volume that no instance uses",
        ),
        (
            "volumes.nfs.import_id",
            OTHER,
            {},
            f"volumes.nfs.import_id: {OTHER} given; allowed: the id of block storage in zone {ZONE}",
        ),
        (
            "machines.zone",
            "at-vie-1",
            {"state": left(nfs_volume={"id": ID, "zone": ZONE})},
            f"volumes.nfs: manager-1 is in at-vie-1, and the volume in {ZONE}; allowed: a machine in {ZONE}",
        ),
        (
            "machines.pools.worker.count",
            1,
            {"state": left(cluster={"protected": ["worker-2"]}, worker_2={}, nfs_volume={"id": ID, "zone": ZONE})},
            "machines: worker-2 would be destroyed",
        ),
    ],
)
def test_destructive_or_impossible_changes_are_refused_in_one_line(
    path: str, value: Any, known: dict[str, Any], line: str, preview: bool
) -> None:
    document = changed({**on_exoscale(target(workers=2)), **BLOCK}, path, value)
    with pytest.raises(pulumi.RunError) as refused:
        ran(document, preview=preview, **known)
    first, *rest = str(refused.value).splitlines()
    assert first.endswith(" 1 reason:")
    assert [found.startswith(f"  nuvla-swarm:{line}") for found in rest] == [True], rest


def test_invalid_api_key_is_reported_by_the_volume_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise Refusal("ListZones: http response: Forbidden: Invalid request signature")

    monkeypatch.setattr(FakePulumi, "look_up", refused)
    with pytest.raises(pulumi.RunError, match="Exoscale does not take the API key"):
        ran({**on_exoscale(target()), **BLOCK})
