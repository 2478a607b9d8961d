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
        "resources: 2 to create, 4 to change, 1 to replace, 3 to remove, 1 unchanged",
        "machines to create: worker-3",
        "services to update: traefik",
        "Docker engines to configure again, which restart if their settings change: manager-1",
        "machines to stop and start again: manager-1",
        "machines to take out of the swarm: worker-2",
        "MACHINES TO REMOVE, with their disks: worker-2",
        "MACHINES TO REPLACE, with their disks: worker-1",
        "DATA VOLUMES TO DELETE: nfs",
    ]


def test_other_resources_that_go_are_named_without_parts_of_machines_and_files_of_services() -> None:
    plan = Plan(
        [
            step("replace", "network", "cluster-network"),
            step("replace", "wait", "traefik-converged"),
            step("replace", "file", "traefik-rules"),
            step("delete", "file", "traefik-old-rules"),
            step("delete", "instance", "worker-2"),
            step("delete", "engine", "worker-2-engine-configure"),
            step("delete", "volume", "nfs-volume"),
            *(step("delete", "firewall", f"manager-{number}-firewall") for number in range(1, 10)),
        ]
    )
    lines = plan.lines()
    assert "other resources to replace: cluster-network" in lines
    assert [line for line in lines if line.startswith("other resources to remove: ")] == [
        f"other resources to remove: {', '.join(f'manager-{number}-firewall' for number in range(1, 7))}, and 3 more"
    ]


def test_container_with_a_disk_that_stays_is_not_lost() -> None:
    containers = [step("replace", "container", name) for name in ("worker-1", "manager-1")]
    steps = [*members(1), *containers, step("replace", "disk", "worker-1-disk")]
    plan = Plan(steps)
    assert plan.named() == [
        "machines to stop and start again: manager-1",
        "MACHINES TO REPLACE, with their disks: worker-1",
    ]
    assert plan.refusal() is None
    assert "the only manager" in str(Plan([*steps, step("replace", "disk", "manager-1-disk")]).refusal())


def test_machine_joins_whose_membership_a_failed_update_has_left_in_the_state() -> None:
    plan = Plan(
        [
            step("same", "membership", "manager-1-membership"),
            step("create", "join", "manager-1-membership-join"),
            step("create", "membership", "worker-1-membership"),
            step("create", "join", "worker-1-membership-node"),
            step("create", "join", "worker-1-membership-join"),
        ]
    )
    assert plan.lines()[1:] == ["machines to join the swarm: manager-1, worker-1"]


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
