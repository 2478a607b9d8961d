"""components/swarm/members.py: machines that are no longer declared leave the swarm at the end of an update."""

from components.swarm.members import Members, MembersArgs
from components.swarm.membership import Membership, MembershipArgs
from tests.support.builders import machine, swarm
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build


def members(*lost: str) -> None:
    def make() -> None:
        joined = swarm()
        memberships = [
            Membership(
                name,
                MembershipArgs(machine=machine(name, lost=name in lost), swarm=joined, depends_on=[], leaves=False),
            )
            for name in ("manager-1", "worker-1", "worker-2")
        ]
        Members("members", MembersArgs(swarm=joined, memberships=memberships))

    build(make)


def test_preview_shows_the_members(fake_pulumi: FakePulumi) -> None:
    members()
    assert fake_pulumi.types["members"] == "nuvla:swarm:Members"
    assert fake_pulumi.inputs("members") == {"names": ["manager-1", "worker-1", "worker-2"]}
    assert fake_pulumi.outputs["members"] == fake_pulumi.inputs("members")


def test_members_are_enforced_on_the_api_manager_after_all_have_joined(fake_pulumi: FakePulumi) -> None:
    members()
    assert fake_pulumi.inputs("members-only")["connection"]["host"] == "192.0.2.1"
    assert fake_pulumi.parameters("members-only")["MEMBERS"] == "manager-1 worker-1 worker-2"
    joined = {f"{name}-active" for name in ("manager-1", "worker-1", "worker-2")}
    assert joined <= fake_pulumi.dependencies("members-only")


def test_lost_machine_is_no_member(fake_pulumi: FakePulumi) -> None:
    members("worker-1")
    assert fake_pulumi.parameters("members-only")["MEMBERS"] == "manager-1 worker-2"


def test_destroying_members_runs_no_command(fake_pulumi: FakePulumi) -> None:
    members()
    assert "delete" not in fake_pulumi.inputs("members-only")
