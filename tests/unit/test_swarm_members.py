"""components/swarm/members.py: machines of before leave the swarm at the end of an update."""

from components.swarm.members import Members, MembersArgs
from components.swarm.membership import Membership, MembershipArgs
from tests.mocked import Engine, build
from tests.unit.parts import machine, swarm


def members(*lost: str) -> None:
    def make() -> None:
        joined = swarm()
        memberships = [
            Membership(
                name, MembershipArgs(machine=machine(name, lost=name in lost), swarm=joined, after=[], leaves=False)
            )
            for name in ("manager-1", "worker-1", "worker-2")
        ]
        Members("members", MembersArgs(swarm=joined, memberships=memberships))

    build(make)


def test_it_shows_who_stays(engine: Engine) -> None:
    members()
    assert engine.types["members"] == "nuvla:swarm:Members"
    assert engine.inputs("members") == {"names": ["manager-1", "worker-1", "worker-2"]}
    assert engine.outputs["members"] == engine.inputs("members")


def test_it_runs_on_the_entry_once_all_have_joined(engine: Engine) -> None:
    members()
    assert engine.inputs("members-only")["connection"]["host"] == "192.0.2.1"
    assert engine.parameters("members-only")["MEMBERS"] == "manager-1 worker-1 worker-2"
    joined = {f"{name}-active" for name in ("manager-1", "worker-1", "worker-2")}
    assert joined <= engine.dependencies("members-only")


def test_a_lost_machine_is_forgotten(engine: Engine) -> None:
    members("worker-1")
    assert engine.parameters("members-only")["MEMBERS"] == "manager-1 worker-2"


def test_it_undoes_nothing(engine: Engine) -> None:
    members()
    assert "delete" not in engine.inputs("members-only")
