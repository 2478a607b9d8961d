"""tools/stack/plan.py: a preview in words, and what `make up` refuses."""

from tests.support.events import step
from tests.support.rows import rows
from tools.stack.events import Step
from tools.stack.plan import Plan

MANAGER, WORKER = {"inputs": {"role": "manager"}}, {"inputs": {"role": "worker"}}


def test_plan_without_changes_is_empty() -> None:
    plan = Plan([step("same", "service", "traefik-service"), step("update", "membership", "manager-1-membership")])
    assert plan.is_empty
    assert plan.lines() == ["nothing changes"]
    assert plan.refusal() is None


def test_lines_name_what_an_operator_has_to_know_the_gravest_last() -> None:
    plan = Plan(
        [
            step("create", "instance", "worker-3"),
            step("replace", "instance", "worker-1"),
            step("create-replacement", "instance", "worker-1"),
            step("delete", "instance", "worker-2"),
            step("delete", "membership", "worker-2-membership", **WORKER),
            step("update", "instance", "manager-1", diffs=["type"]),
            step("update", "instance", "manager-2", diffs=["labels"]),
            step("update", "engine", "manager-1-engine-configure"),
            step("create", "engine", "worker-3-engine-configure"),
            step("update", "service", "traefik-service"),
            step("delete", "volume", "nfs-volume"),
            step("delete", "volume", "db-volume", retainOnDelete=True),
            step("same", "service", "s3-service"),
        ]
    )
    assert plan.lines() == [
        "resources: 2 created, 4 changed, 1 replaced, 3 removed, 1 unchanged",
        "machines are created: worker-3",
        "services are updated: traefik",
        "Docker engines are configured again, and restart if their settings change: manager-1",
        "machines stop and start again: manager-1",
        "machines leave the swarm: worker-2",
        "MACHINES ARE REMOVED, with their disks: worker-2",
        "MACHINES ARE REPLACED, with their disks: worker-1",
        "DATA VOLUMES ARE DELETED: nfs",
    ]


def members(managers: int) -> list[Step]:
    """Return the unchanged memberships of managers and of two workers."""
    found = [step("same", "membership", f"manager-{number + 1}-membership", **MANAGER) for number in range(managers)]
    return found + [step("same", "membership", f"worker-{number}-membership", **WORKER) for number in (1, 2)]


@rows(
    "managers, replaced, text",
    [
        (1, ["manager-1"], "manager-1 would be replaced, and is the only manager: the swarm"),
        (3, ["manager-1"], None),
        (3, ["manager-1", "manager-3"], "manager-1, manager-3 would be replaced at once, and the swarm would be lost"),
        (1, ["worker-1", "worker-2"], None),
        (3, ["manager-2", "worker-1"], None),
    ],
)
def test_plan_that_loses_the_swarm_is_refused(managers: int, replaced: list[str], text: str | None) -> None:
    refusal = Plan([*members(managers), *(step("replace", "instance", name) for name in replaced)]).refusal()
    assert (text is None and refusal is None) or str(text) in str(refusal)


def test_new_manager_is_not_counted_as_one_of_the_swarm() -> None:
    steps = [
        *members(1),
        step("create", "membership", "manager-2-membership"),
        step("replace", "instance", "manager-1"),
    ]
    assert "the only manager" in str(Plan(steps).refusal())
