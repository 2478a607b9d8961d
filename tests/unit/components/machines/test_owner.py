"""components/machines/owner.py: whose something is, on machines that two checkouts may share."""

from components.machines.owner import this_infrastructure
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, start, value


def proposed(fake_pulumi: FakePulumi) -> str:
    """What the id would be, if there were none."""
    return str(fake_pulumi.options["infrastructure"].object["input"])


def test_it_is_known_by_stack_and_id(fake_pulumi: FakePulumi) -> None:
    owner = build(this_infrastructure)
    assert value(owner.labels()) == {
        "io.nuvla.swarm.stack": "nuvla-swarm/test",
        "io.nuvla.swarm.id": "OUTPUT:infrastructure",
    }
    assert value(owner.note()) == "nuvla-swarm/test OUTPUT:infrastructure"


def test_the_first_id_that_a_run_proposes_is_kept_without_a_change(fake_pulumi: FakePulumi) -> None:
    build(this_infrastructure)
    assert fake_pulumi.types["infrastructure"] == "pulumi:index:Stash"
    assert len(proposed(fake_pulumi)) == 8
    assert list(fake_pulumi.options["infrastructure"].ignoreChanges) == ["input"]


def test_no_two_runs_propose_one_id(fake_pulumi: FakePulumi) -> None:
    build(this_infrastructure)
    first, again = proposed(fake_pulumi), start()
    build(this_infrastructure)
    assert proposed(again) != first
