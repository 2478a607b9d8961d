"""Rows of the settings of machines of every provider; those of one provider are in machines_<provider>.py."""

from dataclasses import replace

from components.machines.ssh_settings import key_of
from tests.settings.bases import ON_FIRST_MANAGER
from tests.settings.rows import NEW, Bad, Change, Row, Values
from tests.settings.values import (
    IS_ANOTHER_INFRASTRUCTURE,
    LIST,
    NAME,
    OBJECT,
    TEXT,
    choice,
    labels,
    section,
    whole,
)
from tests.support.ssh_keys import ALICE, BOB

POOL = "machines.pools.<pool>"
OVERRIDE = "machines.overrides.<machine>"
MEMBERSHIP = "worker-1-membership"
MACHINE = "text that matches ^[a-z][a-z0-9-]*$"
EXAMPLE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI... alice@laptop"
KEY = f"the line of a public key, as `cat ~/.ssh/id_ed25519.pub` prints it, such as {EXAMPLE}"
WITH_OWNER = f"a public key with its owner at the end, such as {EXAMPLE}"

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
                Bad({"Big": {"role": "manager"}}, NAME, ".Big", "Big"),
                Bad({"1st": {"role": "manager"}}, NAME, ".1st", "1st"),
                Bad({"a" * 32: {"role": "manager"}}, NAME, f".{'a' * 32}", "a" * 32),
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
    Row(
        "machines.overrides",
        Values(
            [{}, {"worker-1": {}, "manager-1": {}}],
            [
                Bad([], OBJECT),
                Bad({"worker-1": "drain"}, OBJECT, ".worker-1", "drain"),
                Bad({"Worker": {}}, MACHINE, ".Worker", "Worker"),
                Bad({"worker-9": {}}, "some of manager-1, worker-1, worker-2", ".worker-9", "worker-9"),
            ],
        ),
        Change(
            {"manager-1": {"labels": {"gpu": "yes"}}},
            "manager-1-membership",
            "manager-1-membership-active",
            '+ labels.gpu: "yes"',
            "+ stdin: export LABELS='gpu=yes",
        ),
    ),
    Row(
        f"{OVERRIDE}.availability",
        choice("active", "pause", "drain"),
        Change(
            "pause",
            MEMBERSHIP,
            f"{MEMBERSHIP}-active",
            'availability: "active" => "pause"',
            "+ stdin: export AVAILABILITY=pause",
            together="single",
        ),
    ),
    Row(
        f"{OVERRIDE}.labels",
        labels(),
        Change(
            {"disk": "hdd"},
            MEMBERSHIP,
            f"{MEMBERSHIP}-active",
            '+ labels.disk: "hdd"',
            "+ stdin: export LABELS='disk=hdd",
            together="single",
        ),
    ),
    section("machines.ssh"),
    Row(
        "machines.ssh.authorized_keys",
        Values(
            [[], [ALICE], [ALICE, BOB]],
            [
                Bad(ALICE, LIST),
                Bad([1], TEXT, "[0]", 1),
                *(Bad([line], KEY, "[0]", line) for line in ("alice", "ssh-ed25519 AAAA alice", ALICE[:-40])),
                Bad([ALICE, f'from="192.0.2.7" {BOB}'], KEY, "[1]", f'from="192.0.2.7" {BOB}'),
                Bad([key_of(ALICE)], WITH_OWNER, "[0]", key_of(ALICE)),
            ],
        ),
        Change([ALICE], "authorized-keys", "worker-1-authorized-keys", NEW, NEW),
    ),
]
