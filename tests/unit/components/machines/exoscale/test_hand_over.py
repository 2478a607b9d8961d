"""components.machines.exoscale.hand_over.py: a volume is unmounted on its machine before another machine gets it."""

from dataclasses import replace

import pulumi

from components.machines.cluster import Key
from components.machines.exoscale.hand_over import Contact, HandOver, hand_over
from components.machines.volume import Move, record_moves
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

IDLE, GIVEN = "nfs-idle", "nfs-hand-over"


def handed(
    *, done: bool = False, shared: str | None = "/nfs-root", names: frozenset[str] = frozenset(), moves: int = 0
) -> None:
    args = HandOver(
        volume="nfs",
        source=Contact(name="worker-1", address="192.0.2.7", host_key="KEY-7"),
        api_manager=Contact(name="manager-1", address="192.0.2.1", host_key="KEY-1"),
        shared=shared,
        done=done,
    )
    login = Key(private=pulumi.Output.secret("LOGIN"), public=pulumi.Output.from_input(""))

    def make() -> None:
        counted = record_moves("nfs", Move(count=moves, place="worker-2")) if moves else None
        hand_over(replace(args, moves=counted), "ubuntu", login, names, pulumi.ResourceOptions())

    build(make)


def test_manager_stops_the_users_of_a_volume_before_its_machine_unmounts_it(fake_pulumi: FakePulumi) -> None:
    handed()
    assert fake_pulumi.parameters(IDLE) == {
        "MACHINE": "worker-1",
        "FOLDERS": "/var/lib/nuvla-swarm/volumes/nfs /nfs-root",
        "LABEL": "io.nuvla.swarm.stack=nuvla-swarm/test",
    }
    assert fake_pulumi.parameters(GIVEN) == {"FOLDER": "/var/lib/nuvla-swarm/volumes/nfs", "SHARED": "/nfs-root"}
    assert IDLE in fake_pulumi.dependencies(GIVEN)


def test_each_move_of_a_volume_reruns_the_hand_over(fake_pulumi: FakePulumi) -> None:
    handed(moves=2)
    assert fake_pulumi.outputs["nfs-moves"]["input"] == {"count": 2, "place": "worker-2"}
    for name in (IDLE, GIVEN):
        assert fake_pulumi.triggers(name) == ["2"]
        assert "nfs-moves" in fake_pulumi.dependencies(name)


def test_hand_over_connects_to_the_former_addresses_and_host_keys(fake_pulumi: FakePulumi) -> None:
    handed()
    found = {name: fake_pulumi.inputs(name)["connection"] for name in (IDLE, GIVEN)}
    assert [(one["host"], one["hostKey"], one["user"]) for one in found.values()] == [
        ("192.0.2.1", "KEY-1", "ubuntu"),
        ("192.0.2.7", "KEY-7", "ubuntu"),
    ]


def test_finished_hand_over_is_frozen_in_the_state(fake_pulumi: FakePulumi) -> None:
    handed(done=True, names=frozenset({IDLE, GIVEN}))
    for name in (IDLE, GIVEN):
        assert "stdin" in fake_pulumi.options[name].ignoreChanges
        assert fake_pulumi.options[name].retainOnDelete


def test_unshared_volume_has_no_nfs_folder_to_release(fake_pulumi: FakePulumi) -> None:
    handed(shared=None)
    assert fake_pulumi.parameters(GIVEN)["SHARED"] == ""
    assert fake_pulumi.parameters(IDLE)["FOLDERS"] == "/var/lib/nuvla-swarm/volumes/nfs"
