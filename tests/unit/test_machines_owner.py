"""components/machines/owner.py: whose something is, on machines that two checkouts may share."""

from components.machines.owner import this_infrastructure
from tests.mocked import Engine, build, start, value


def proposed(engine: Engine) -> str:
    """What the id would be, if there were none."""
    return str(engine.options["infrastructure"].object["input"])


def test_it_is_known_by_stack_and_id(engine: Engine) -> None:
    owner = build(this_infrastructure)
    assert value(owner.labels()) == {
        "io.nuvla.swarm.stack": "nuvla-swarm/test",
        "io.nuvla.swarm.id": "OUTPUT:infrastructure",
    }
    assert value(owner.note()) == "nuvla-swarm/test OUTPUT:infrastructure"


def test_the_first_id_that_a_run_proposes_is_kept_without_a_change(engine: Engine) -> None:
    build(this_infrastructure)
    assert engine.types["infrastructure"] == "pulumi:index:Stash"
    assert len(proposed(engine)) == 8
    assert list(engine.options["infrastructure"].ignoreChanges) == ["input"]


def test_no_two_runs_propose_one_id(engine: Engine) -> None:
    build(this_infrastructure)
    first, again = proposed(engine), start()
    build(this_infrastructure)
    assert proposed(again) != first
