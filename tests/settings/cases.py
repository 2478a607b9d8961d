"""For every setting: values up to its bounds, and values beyond them with what is allowed instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.support.configs import existing, exoscale, host, target

WHOLE = "a whole number"
TEXT = "text"
TRUE_OR_FALSE = "true or false"
LIST = "a list"
OBJECT = "an object of keys and values"
NETWORK = "an IPv4 network with no host bits set, such as 10.77.0.0/16"
IMAGE = r"text that matches ^[\w./:-]+(:[\w.-]+|@sha256:[0-9a-f]{64})$"
NAME = "text that matches ^[a-z][a-z0-9-]{0,30}$"
DOMAIN = r"text that matches ^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"
DURATION = "text that matches ^[1-9][0-9]*(ms|s|m|h|d|w|y)$"
SIZE = "text that matches ^[1-9][0-9]*(MB|GB|TB)$"
EMAIL = r"text that matches ^[\w.+-]+@[\w-]+(\.[\w-]+)*$"
HOST = r"text that matches ^[\w.-]+$"
LINE = r"text that matches ^[^\r\n]*$"
URL = r"text that matches ^https?://[\w.-]+(:[0-9]+)?$"
DIGEST = "sha256:" + "0" * 64


SAID = {"swarm.entry": "manager-1", "nfs.machine": "manager-1", "monitoring.machine": "manager-1"}
SMTP: dict[str, Any] = {"host": "mail.example.org", "from_address": "swarm@example.org"}
BASES: dict[str, dict[str, Any]] = {
    "target": target() | {"engine": {"address_pools": [{"base": "10.200.0.0/16"}]}, "monitoring": {"smtp": SMTP}},
    "host": host(),
    "exoscale": exoscale(),
    "existing": existing(),
}


def concrete(setting: str) -> str:
    """A path with the names of BASES for what stands in angle brackets."""
    return setting.replace("<pool>", "worker").replace("<host>", "1")


@dataclass(frozen=True)
class Case:
    """One setting. A value of `bad` goes with what its line says is allowed; a pair names the path within it too."""

    setting: str
    good: Sequence[Any]
    bad: Sequence[tuple[Any, str] | tuple[Any, str, str, Any]]  # value, allowed[, path of the mistake, value there]
    secrets: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, Any] = field(default_factory=dict)  # settings that the good values need
    base: str = "target"  # which of BASES has the setting
    elsewhere: Sequence[str] = ()  # values that other BASES have: see test_settings_kinds.py
    bounds: tuple[int, int] | None = None  # of the model, where another setting leaves less

    @property
    def path(self) -> str:
        return concrete(self.setting)


def choice(setting: str, *allowed: str) -> Case:
    """A setting that is one of some words."""
    quoted = [f"'{word}'" for word in allowed]
    listed = " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
    return Case(setting, allowed, [("nonsense", listed), (allowed[0].swapcase(), listed), ("", listed)])


def whole(setting: str, least: int, most: int | None = None) -> Case:
    """A whole number between bounds."""
    bad: list[Any] = [
        (least - 1, f"at least {least}"),
        ("3", WHOLE),
        (least + 0.5, WHOLE),
        (True, WHOLE),
        (None, WHOLE),
    ]
    if most is not None:
        bad.append((most + 1, f"at most {most}"))
    return Case(setting, [least, most if most is not None else least + 1_000_000], bad)


def switch(setting: str) -> Case:
    """True or false."""
    return Case(setting, [True, False], [("true", TRUE_OR_FALSE), (1, TRUE_OR_FALSE), (None, TRUE_OR_FALSE)])


def networks(setting: str, *, least: int = 0, everybody: bool = False) -> Case:
    """A list of networks; not shorter than `least`; `everybody`: which may be that."""
    bad: list[Any] = [
        ("10.77.0.0/16", LIST),
        (["10.77.0.1/32", "10.8.0.1/16"], NETWORK, f"{setting}[1]", "10.8.0.1/16"),
        (["10.77.0.1/32", "fd00::/64"], NETWORK, f"{setting}[1]", "fd00::/64"),
    ]
    good: list[Any] = [["10.77.0.1/32"], ["10.77.0.1/32", "10.8.0.0/16"]]
    if everybody:
        good.append(["0.0.0.0/0"])
    if least:
        bad.append(([], f"at least {least} of them"))
    else:
        good.append([])
    return Case(setting, good, bad)


def image(setting: str) -> Case:
    """The name of an image, with a tag or a digest."""
    return Case(
        setting, ["a/b:v1.2", f"a/b@{DIGEST}", "c.example.org/a/b:1"], [("a/b", IMAGE), ("a/b:", IMAGE), (3, TEXT)]
    )


def machine(setting: str) -> Case:
    """The name of a machine, of whatever role."""
    every = "one of manager-1, worker-1, worker-2"
    return Case(setting, ["manager-1", "worker-2"], [("worker-3", every), ("manager", every), (1, TEXT)])


def section(setting: str) -> Case:
    """A group of settings."""
    return Case(setting, [], [(3, OBJECT), ("text", OBJECT), ([], OBJECT)])


CASES = [
    replace(choice("kind", "target", "host"), good=["target"], elsewhere=["host"]),
    Case(
        "domain",
        ["example.org", "a.b-c.example.org", "1.example.org"],
        [
            (bad, DOMAIN)
            for bad in ("localhost", "example.org.", "Example.org", "-a.example.org", "10.0.0.1", "a b.org")
        ],
    ),
    section("machines"),
    replace(
        choice("machines.provider", "local", "exoscale", "existing"),
        good=["local"],
        elsewhere=["exoscale", "existing"],
    ),
    Case(
        "machines.pools",
        [{"a": {"role": "manager"}}, {"a" * 31: {"role": "manager"}}, {"a1-b": {"role": "manager", "count": 3}}],
        [
            ([], OBJECT),
            ({"Big": {"role": "manager"}}, NAME, "machines.pools.Big", "Big"),
            ({"1st": {"role": "manager"}}, NAME, "machines.pools.1st", "1st"),
            ({"a" * 32: {"role": "manager"}}, NAME, f"machines.pools.{'a' * 32}", "a" * 32),
            ({"a": 3}, OBJECT, "machines.pools.a", 3),
        ],
    ),
    replace(choice("machines.pools.<pool>.role", "manager", "worker"), also=SAID),
    whole("machines.pools.<pool>.count", 0, 60),
    choice("machines.pools.<pool>.availability", "active", "pause", "drain"),
    Case(
        "machines.pools.<pool>.labels",
        [{}, {"disk": "ssd", "example.org/rack-1": ""}],
        [
            (["disk"], OBJECT),
            ({"rack": 1}, TEXT, "machines.pools.worker.labels.rack", 1),
            ({"a=b": ""}, r"text that matches ^[\w./-]+$", "machines.pools.worker.labels.a=b", "a=b"),
        ],
    ),
    Case(
        "machines.subnet",
        ["10.0.0.0/16", "192.168.7.0/24"],
        [
            ("10.0.0.0/15", "a network from /16 to /24", "machines.subnet", "10.0.0.0/15"),
            ("10.0.0.0/25", "a network from /16 to /24", "machines.subnet", "10.0.0.0/25"),
            ("10.0.0.1/16", NETWORK),
            ("10.0.0.0/33", NETWORK),
            ("nonsense", NETWORK),
            ("fd00::/16", NETWORK),
        ],
        also={"firewall.management": ["10.0.0.1/32", "192.168.7.1/32", "10.77.0.1/32"]},
    ),
    Case(
        "machines.image",
        ["a:1", f"a@{DIGEST}", "registry.example.org:5000/a/b:1.2-c"],
        [("a", IMAGE), ("a@sha256:0", IMAGE), ("a:1 b", IMAGE), (1, TEXT)],
    ),
    switch("machines.privileged"),
    section("machines.ssh"),
    Case(
        "machines.ssh.public_key",
        ["ssh-ed25519 AAAA", "ssh-rsa AAAA me@here"],
        [("AAAA", r"text that matches ^ssh-\S+ \S+"), ("ssh-ed25519", r"text that matches ^ssh-\S+ \S+"), (1, TEXT)],
        {"ssh_private_key": "KEY"},
    ),
    section("firewall"),
    networks("firewall.management", least=1),
    networks("firewall.nuvla"),
    networks("firewall.users", everybody=True),
    choice("firewall.consoles", "management", "users"),
    section("firewall.ephemeral"),
    Case(
        "firewall.ephemeral.first",
        [30000, 60998],
        [(1023, "at least 1024"), (65536, "at most 65535"), ("30000", WHOLE)],
        bounds=(1024, 65535),
    ),
    Case(
        "firewall.ephemeral.last",
        [32769, 65535],
        [(1023, "at least 1024"), (65536, "at most 65535"), (32768, "more than first, 32768"), (1.5, WHOLE)],
        bounds=(1024, 65535),
    ),
    switch("firewall.swarm_port"),
    section("engine"),
    choice("engine.source", "distribution", "docker.com"),
    Case(
        "engine.version",
        ["20.10.24", "29.0.0"],
        [(bad, r"text that matches ^\d+\.\d+\.\d+$") for bad in ("20.10", "v20.10.24", "20.10.24-1", "latest")],
    ),
    Case(
        "engine.containerd_version",
        ["1.7.29", "2.2.0"],
        [
            *((bad, r"text that matches ^\d+\.\d+\.\d+$") for bad in ("1.7", "v1.7.29", "1.7.29-1")),
        ],
        also={"engine.source": "docker.com"},
    ),
    whole("engine.log_max_size_mib", 1, 1024),
    whole("engine.log_max_files", 1, 100),
    Case(
        "engine.address_pools",
        [[{"base": "10.8.0.0/16"}], [{"base": "10.8.0.0/16"}, {"base": "10.9.0.0/16"}]],
        [([], "at least 1 of them"), ({}, LIST), (["10.8.0.0/16"], OBJECT, "engine.address_pools[0]", "10.8.0.0/16")],
    ),
    Case("engine.address_pools[0].base", ["10.8.0.0/16"], [("10.8.0.1/16", NETWORK), (3, NETWORK)]),
    whole("engine.address_pools[0].prefix", 16, 28),
    Case(
        "engine.registry_mirrors",
        [[], ["http://mirror:5000", "https://mirror.example.org"]],
        [
            ("https://mirror.example.org", LIST),
            (["https://a", "b"], URL, "engine.registry_mirrors[1]", "b"),
            (["https://me:word@a"], URL, "engine.registry_mirrors[0]", "https://me:word@a"),
        ],
    ),
    *(
        Case(f"engine.{name}", [True, False], [("true", TRUE_OR_FALSE), (1, TRUE_OR_FALSE)])
        for name in ("no_new_privileges", "icc")
    ),
    whole("engine.certificate_generation", 1),
    whole("engine.nuvla_certificate_generation", 1),
    whole("engine.operator_certificate_generation", 1),
    whole("engine.server_certificate_days", 120, 3650),
    whole("engine.client_certificate_days", 60, 3650),
    section("swarm"),
    Case(
        "swarm.entry", ["manager-1"], [("worker-1", "one of manager-1"), ("manager-2", "one of manager-1"), (1, TEXT)]
    ),
    Case(
        "swarm.address_pools",
        [["10.8.0.0/16"], ["10.8.0.0/16", "10.9.0.0/16"]],
        [
            ([], "at least 1 of them"),
            ("10.8.0.0/16", LIST),
            (["10.8.0.0/16", "x"], NETWORK, "swarm.address_pools[1]", "x"),
        ],
    ),
    whole("swarm.subnet_prefix", 16, 28),
    section("swarm.public_network"),
    Case("swarm.public_network.name", ["a", "a" * 31], [("A", NAME), ("a" * 32, NAME), ("", NAME), ("a_b", NAME)]),
    switch("swarm.public_network.attachable"),
    Case("swarm.backend_network", ["a", "nuvla-backend"], [("A", NAME), ("", NAME), (1, TEXT)]),
    section("traefik"),
    choice("traefik.log_level", "DEBUG", "INFO", "WARN", "ERROR"),
    switch("traefik.access_log"),
    whole("traefik.memory_limit_mib", 64),
    whole("traefik.certificate_days", 60, 3650),
    section("monitoring"),
    switch("monitoring.enabled"),
    machine("monitoring.machine"),
    section("monitoring.prometheus"),
    whole("monitoring.prometheus.scrape_interval_s", 5, 60),
    Case(
        "monitoring.prometheus.retention_time",
        ["12h", "30d", "1y"],
        [("15", DURATION), ("15 days", DURATION), ("-1d", DURATION), (15, TEXT)],
    ),
    Case(
        "monitoring.prometheus.retention_size",
        ["512MB", "1TB"],
        [("5", SIZE), ("5 GB", SIZE), ("0GB", SIZE), ("5g", SIZE), (5, TEXT)],
    ),
    whole("monitoring.prometheus.memory_limit_mib", 128),
    section("monitoring.grafana"),
    whole("monitoring.grafana.memory_limit_mib", 128),
    section("monitoring.alertmanager"),
    Case(
        "monitoring.alertmanager.email_to",
        [[], ["a@example.org"], ["a.b+c@example.org", "d@localhost"]],
        [("a@example.org", LIST), (["a"], EMAIL, "monitoring.alertmanager.email_to[0]", "a")],
    ),
    whole("monitoring.alertmanager.memory_limit_mib", 32),
    section("monitoring.exporters"),
    whole("monitoring.exporters.memory_limit_mib", 64),
    section("monitoring.elasticsearch"),
    replace(switch("monitoring.elasticsearch.enabled"), base="host"),
    Case(
        "monitoring.elasticsearch.url",
        ["http://es:9200", "https://db.example.org"],
        [("es:9200", URL), ("http://me:word@es", URL), (1, TEXT)],
        base="host",
    ),
    replace(whole("monitoring.elasticsearch.memory_limit_mib", 32), base="host"),
    section("monitoring.smtp"),
    Case("monitoring.smtp.host", ["mail.example.org", "10.0.0.1"], [("a b", HOST), ("", HOST), ("a:25", HOST)]),
    whole("monitoring.smtp.port", 1, 65535),
    Case("monitoring.smtp.from_address", ["a@example.org"], [("a", EMAIL), ("", EMAIL), ("a@", EMAIL)]),
    Case("monitoring.smtp.username", ["me", "me@example.org"], [("a\nb", LINE), (1, TEXT)], {"smtp_password": "WORD"}),
    section("nfs"),
    replace(switch("nfs.enabled"), also={"s3.enabled": False}),
    machine("nfs.machine"),
    choice("nfs.server_kind", "kernel", "ganesha"),
    choice("nfs.access", "ro", "rw"),
    section("s3"),
    switch("s3.enabled"),
    Case(
        "s3.port",
        [1, 9001, 65535],
        [
            (0, "at least 1"),
            (65536, "at most 65535"),
            (443, "a port that is not taken by https"),
            (33333, "a port that is not taken by nfs"),
            (40000, "a port outside firewall.ephemeral, 32768 to 60999"),
            ("9000", WHOLE),
        ],
    ),
    whole("s3.memory_limit_mib", 64),
    section("images"),
    image("images.traefik"),
    image("images.haproxy"),
    image("images.prometheus"),
    image("images.alertmanager"),
    image("images.grafana"),
    image("images.node_exporter"),
    image("images.cadvisor"),
    image("images.blackbox"),
    image("images.elasticsearch_exporter"),
    image("images.versitygw"),
    image("images.openresty"),
]
