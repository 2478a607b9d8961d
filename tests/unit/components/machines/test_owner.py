"""components/machines/owner.py: the infrastructure that something belongs to, on machines that two checkouts share."""

from components.machines.owner import Owner, this_infrastructure
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, start, value


def proposed_id(fake_pulumi: FakePulumi) -> str:
    """Return the id that a run proposes for a stack without an id."""
    return str(fake_pulumi.options["infrastructure"].object["input"])


def made() -> Owner:
    return this_infrastructure("target")


def test_owner_is_stack_and_id(fake_pulumi: FakePulumi) -> None:
    owner = build(made)
    assert value(owner.labels()) == {
        "io.nuvla.swarm.stack": "nuvla-swarm/test",
        "io.nuvla.swarm.id": "OUTPUT:infrastructure",
    }
    assert value(owner.as_text()) == "nuvla-swarm/test OUTPUT:infrastructure"


def test_first_proposed_id_is_kept(fake_pulumi: FakePulumi) -> None:
    build(made)
    assert fake_pulumi.types["infrastructure"] == "pulumi:index:Stash"
    assert len(proposed_id(fake_pulumi)) == 8
    assert list(fake_pulumi.options["infrastructure"].ignoreChanges) == ["input"]


def test_two_runs_propose_different_ids(fake_pulumi: FakePulumi) -> None:
    build(made)
    first, again = proposed_id(fake_pulumi), start()
    build(made)
    assert proposed_id(again) != first


def test_kind_is_known_before_anything_is_owned(fake_pulumi: FakePulumi) -> None:
    build(made)
    assert fake_pulumi.outputs["kind"]["input"] == "target"
    assert fake_pulumi.dependencies("infrastructure") == {"kind"}
