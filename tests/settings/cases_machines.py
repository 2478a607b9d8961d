"""For the settings of single providers, and of data volumes: values within and beyond their bounds."""

from dataclasses import replace
from typing import Any

from tests.settings.cases import EMAIL, LIST, NETWORK, OBJECT, TEXT, Case, concrete, section, switch, whole
from tests.settings.changes_machines import ACME, OTHER_SERVER, PEM
from tests.support.configs import HOST_KEY, TEMPLATE

ZONE = "text that matches ^[a-z]{2}-[a-z]{2,3}-[0-9]$"
UUID = "text that matches ^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
TYPE = r"text that matches ^[a-z0-9]+\.[a-z-]+$"
ADDRESS = "an IPv4 address, such as 192.0.2.7"
USER = "text that matches ^[a-z_][a-z0-9_-]{0,31}$"
KEY = "text that matches ^(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+=*$"
DIRECTORY = r"text that matches ^https://[\w.-]+(:[0-9]+)?/[\w./-]*$"
PEM_TEXT = r"text that matches ^(-----BEGIN CERTIFICATE-----[\w+/=\n]+-----END CERTIFICATE-----\n?)+$"
FOLDER = r"text that matches ^(/[\w.-]+)+$"
HOST = "machines.pools.<pool>.hosts.<host>"
VOLUMES = ("nfs", "prometheus", "alertmanager", "grafana", "traefik", "db", "streams")


def on(base: str, *cases: Case) -> list[Case]:
    """Cases of settings that one of the bases has."""
    return [replace(case, base=base) for case in cases]


def zone(setting: str) -> Case:
    """A zone of Exoscale."""
    return Case(
        setting, ["ch-gva-2", "de-fra-1", "at-vie-2"], [("geneva", ZONE), ("CH-GVA-2", ZONE), ("", ZONE), (2, TEXT)]
    )


def template(setting: str) -> list[Case]:
    """A system by its id."""
    uuid = "0123abcd-0000-4000-8000-000000000000"
    also = {concrete(setting): TEMPLATE}
    return [
        section(setting),
        Case(f"{setting}.id", [uuid], [("Ubuntu", UUID), (uuid.upper(), UUID), ("", UUID)], also=also),
        Case(f"{setting}.name", ["", "Linux"], [("a\nb", r"text that matches ^[^\r\n]*$"), (1, TEXT)], also=also),
    ]


def volume(name: str) -> list[Case]:
    """Where data are."""
    path = f"volumes.{name}"
    base = "host" if name in ("db", "streams") else "target"
    kinds: dict[str, Any] = {"kind": "host"} if base == "host" else {}
    return [
        *on(base, section(path)),
        replace(switch(f"{path}.block"), base="exoscale", also=kinds),
        *on(base, whole(f"{path}.size_gib", 10, 10000)),
        *on(base, Case(f"{path}.id", ["nuvla-1"], [("a\nb", r"text that matches ^[^\r\n]*$"), (1, TEXT)])),
        replace(
            Case(f"{path}.path", ["/srv/data", "/a"], [("srv", FOLDER), ("/", FOLDER), ("/a b", FOLDER)]),
            base="existing",
            also=kinds,
        ),
    ]


CASES = [
    *on(
        "exoscale",
        Case("machines.pools.<pool>.size", ["standard.small", "cpu.extra-large"], [("large", TYPE), ("", TYPE)]),
        whole("machines.pools.<pool>.disk_gib", 10, 51200),
        zone("machines.pools.<pool>.zone"),
        *template("machines.pools.<pool>.template"),
        zone("machines.zone"),
        *template("machines.template"),
        switch("machines.elastic_ip"),
        Case(
            "machines.private_network",
            ["10.9.0.0/16", "192.168.7.0/24"],
            [("10.9.0.0/25", "a network from /16 to /24"), ("10.9.0.1/24", NETWORK), ("fd00::/16", NETWORK)],
        ),
        switch("machines.destroy_protected"),
        switch("machines.protect"),
    ),
    *on(
        "existing",
        Case(
            "machines.pools.<pool>.hosts",
            [{}, {"a-1": {"address": "192.0.2.7", "host_key": HOST_KEY}}],
            [
                ([], OBJECT),
                (
                    {"A": {"address": "192.0.2.7", "host_key": HOST_KEY}},
                    "text that matches ^[a-z0-9][a-z0-9-]{0,20}$",
                    "machines.pools.worker.hosts.A",
                    "A",
                ),
                ({"a": 1}, OBJECT, "machines.pools.worker.hosts.a", 1),
            ],
        ),
        Case(f"{HOST}.address", ["192.0.2.7"], [("host", ADDRESS), ("192.0.2.256", ADDRESS), (1, ADDRESS)]),
        Case(f"{HOST}.private_address", ["10.0.0.7"], [("host", ADDRESS), ("fd00::1", ADDRESS)]),
        whole(f"{HOST}.port", 1, 65535),
        Case(f"{HOST}.user", ["root", "ops_1"], [("Ops", USER), ("", USER), ("a b", USER)]),
        Case(f"{HOST}.host_key", [HOST_KEY, "ecdsa-sha2-nistp256 AAAA="], [("AAAA", KEY), (f"host {HOST_KEY}", KEY)]),
        Case(
            f"{HOST}.labels",
            [{}, {"disk": "ssd", "example.org/rack-1": ""}],
            [
                (["disk"], OBJECT),
                ({"rack": 1}, TEXT, "machines.pools.worker.hosts.1.labels.rack", 1),
                ({"a=b": ""}, r"text that matches ^[\w./-]+$", "machines.pools.worker.hosts.1.labels.a=b", "a=b"),
            ],
        ),
        switch("machines.firewall"),
        Case("machines.data_path", ["/srv", "/var/lib/nuvla"], [("srv", FOLDER), ("/", FOLDER), ("/a/", FOLDER)]),
    ),
    Case(
        "machines.lost",
        [[], ["worker-1", "worker-2"]],
        [
            ("worker-1", LIST),
            ([1], TEXT, "machines.lost[0]", 1),
            (["worker-9"], "some of manager-1, worker-1, worker-2", "machines.lost[0]", "worker-9"),
        ],
    ),
    section("traefik.acme"),
    Case("traefik.acme.email", ["a@example.org"], [("a", EMAIL), ("", EMAIL), (1, TEXT)], also=ACME),
    replace(switch("traefik.acme.staging"), also=ACME),
    Case(
        "traefik.acme.server",
        ["https://ca.example.org/directory", "https://10.0.0.1:14000/dir"],
        [("ca", DIRECTORY), ("", DIRECTORY), (1, TEXT)],
        also=ACME,
    ),
    Case("traefik.acme.server_ca", [PEM], [("AAAA", PEM_TEXT), (1, TEXT)], also=OTHER_SERVER),
    Case("traefik.acme.machine", ["manager-1"], [("worker-1", "one of manager-1"), (1, TEXT)], also=ACME),
    section("volumes"),
    switch("volumes.keep"),
    *(case for name in VOLUMES for case in volume(name)),
]
