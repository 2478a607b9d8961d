"""Rows of the settings of machines of every provider; those of one provider are in machines_<provider>.py."""

from dataclasses import replace

from tests.settings.bases import ON_FIRST_MANAGER
from tests.settings.rows import NEW, Bad, Change, Row, Values
from tests.settings.values import (
    IS_ANOTHER_INFRASTRUCTURE,
    LIST,
    OBJECT,
    TEXT,
    choice,
    labels,
    section,
    whole,
)

POOL = "machines.pools.<pool>"
MEMBERSHIP = "worker-1-membership"

POOL_NAME = "a pool's name of lower-case letters, digits and hyphens, a letter first"
ROWS = [
    section("machines", required=True),
    Row(
        "machines.provider",
        replace(choice("local", "exoscale", "existing"), good=["local"], elsewhere=["exoscale", "existing"]),
        IS_ANOTHER_INFRASTRUCTURE,
        required=True,
    ),
    Row(
        "machines.pools",
        Values(
            [{"a": {"role": "manager"}}, {"a" * 31: {"role": "manager"}}, {"a1-b": {"role": "manager", "count": 3}}],
            [
                Bad([], OBJECT),
                Bad({"Big": {"role": "manager"}}, POOL_NAME, ".Big", "Big"),
                Bad({"1st": {"role": "manager"}}, POOL_NAME, ".1st", "1st"),
                Bad({"a" * 32: {"role": "manager"}}, POOL_NAME, f".{'a' * 32}", "a" * 32),
                Bad({"a": 3}, OBJECT, ".a", 3),
            ],
        ),
        Change(
            {"manager": {"role": "manager", "count": 3}},
            "cluster",
            "manager-3",
            "pools.manager.count: 1 => 3",
            NEW,
            together="managers",
        ),
        required=True,
    ),
    Row(
        "machines.lost",
        Values(
            [[], ["worker-1", "worker-2"]],
            [
                Bad("worker-1", LIST),
                Bad([1], TEXT, "[0]", 1),
                Bad(["worker-9"], "some of manager-1, worker-1, worker-2", "[0]", "worker-9"),
            ],
        ),
        Change(
            ["worker-1"],
            "swarm-members",
            "swarm-members-only",
            '- names[1]: "worker-1"',
            "+ stdin: export MEMBERS=manager-1",
            stands=True,
            together="lost",
        ),
    ),
    Row(
        f"{POOL}.role",
        replace(choice("manager", "worker"), also=ON_FIRST_MANAGER),
        Change(
            "manager",
            "cluster",
            "worker-1-membership-node",
            'pools.worker.role: "worker" => "manager"',
            "stdin: *export NODE=worker-1* => [unknown]",  # with other managers, the swarm's id waits for its init
            also={"machines.pools.worker.count": 2, **ON_FIRST_MANAGER},
            mocked=('pools.worker.role: "worker" => "manager"', "+ stdin: export ROLE=manager"),
            together="machines",
        ),
        required=True,
    ),
    Row(
        f"{POOL}.count",
        whole(0, 60),
        Change(2, "cluster", "worker-2", "pools.worker.count: 1 => 2", NEW),
    ),
    Row(
        f"{POOL}.availability",
        choice("active", "pause", "drain"),
        Change(
            "drain",
            MEMBERSHIP,
            f"{MEMBERSHIP}-active",
            'availability: "active" => "drain"',
            "+ stdin: export AVAILABILITY=drain",
            together="off",
        ),
    ),
    Row(
        f"{POOL}.labels",
        labels(),
        Change(
            {"disk": "ssd"},
            MEMBERSHIP,
            f"{MEMBERSHIP}-active",
            '+ labels.disk: "ssd"',
            "+ stdin: export LABELS='disk=ssd",
        ),
    ),
]
