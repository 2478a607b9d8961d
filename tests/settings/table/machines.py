"""Rows of the settings of machines of every provider; those of one provider are in machines_<provider>.py."""

from dataclasses import replace

from components.machines.ssh_settings import key_of
from tests.settings.bases import ON_FIRST_MANAGER
from tests.settings.rows import NEW, Bad, Change, Row, Values, refused
from tests.settings.values import (
    DAY,
    IS_ANOTHER_INFRASTRUCTURE,
    LIST,
    OBJECT,
    TEXT,
    URL,
    choice,
    labels,
    section,
    whole,
)
from tests.support.ssh_keys import ALICE, BOB

POOL = "machines.pools.<pool>"
OVERRIDE = "machines.overrides.<machine>"
INSTALLED = ("worker-1-engine", "worker-1-engine-install")
EXCLUSION = "a host, a domain with a dot before it, or a network"
PACKAGE = "the name of a package"
NO_ENGINE = "other packages, as engine.source and engine.version choose those of the engine"
MEMBERSHIP = "worker-1-membership"
MACHINE = "a machine's name, of its pool and its number or host"
EXAMPLE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI... alice@laptop"
KEY = f"the line of a public key, as `cat ~/.ssh/id_ed25519.pub` prints it, such as {EXAMPLE}"
WITH_OWNER = f"a public key with its owner at the end, such as {EXAMPLE}"

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
                Bad(["worker-9"], "one of manager-1, worker-1, worker-2", "[0]", "worker-9"),
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
    section("machines.proxy"),
    *(
        Row(
            f"machines.proxy.{scheme}",
            Values(
                ["http://proxy.example.org:3128", "https://proxy", None],
                [*refused(URL, "proxy:3128", "http://me:word@proxy:3128", "http://proxy/"), Bad(3, TEXT)],
            ),
            Change(
                "http://proxy:3128",
                *INSTALLED,
                f'+ proxy.{scheme}: "http://proxy:3128"',
                f"+ stdin: export PROXY_{scheme.upper()}=http://proxy:3128",
            ),
        )
        for scheme in ("http", "https")
    ),
    Row(
        "machines.proxy.no_proxy",
        Values(
            [[], ["registry", ".example.org", "192.0.2.0/24", "192.0.2.7"]],
            [
                Bad(".example.org", LIST),
                *(
                    Bad([text], EXCLUSION, "[0]", text)
                    for text in ("*.example.org", "http://a", "a b", "a,b", "", "a/b")
                ),
            ],
            also={"machines.proxy.http": "http://proxy:3128"},
        ),
        Change(
            [".example.org"],
            *INSTALLED,
            '*proxy.no_proxy: *,.example.org"',
            "+ stdin: export PROXY_EXCLUDED=*,.example.org*",
            also={"machines.proxy.http": "http://proxy:3128"},
        ),
    ),
    Row(
        "machines.packages",
        Values(
            [[], ["tree", "g++", "libnss3.1-dev"]],
            [
                Bad("tree", LIST),
                *(Bad([text], PACKAGE, "[0]", text) for text in ("tree=1.0", "Tree", "-y", "a b", "t", "")),
                *(Bad(["tree", text], NO_ENGINE, "[1]", text) for text in ("docker.io", "containerd.io")),
            ],
        ),
        Change(["tree"], "worker-1-packages", "worker-1-packages-install", NEW, NEW),
    ),
    Row(
        "machines.system_upgrade",
        Values(
            ["2026-12-01", None],
            [Bad(20261201, TEXT), *(Bad(day, DAY) for day in ("tomorrow", "2026-02-29", "2026-12-01T10:00:00Z"))],
        ),
        Change("2026-12-01", "worker-1-upgrade", "worker-1-upgrade-run", NEW, NEW),
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
            [{}, {"worker-1": {}, "manager-1": {"labels": {"gpu": "yes"}}}],  # an empty one is what `config rm` leaves
            [
                Bad([], OBJECT),
                Bad({"worker-1": "drain"}, OBJECT, ".worker-1", "drain"),
                Bad({"Worker": {}}, MACHINE, ".Worker", "Worker"),
                Bad({"worker-9": {}}, "one of manager-1, worker-1, worker-2", ".worker-9", "worker-9"),
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
