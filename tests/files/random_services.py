"""Services of Docker at random, with labels as applications could have them."""

from random import Random
from typing import Any

from tests.files import random_json
from tests.files.judged import ONLY

S3_NAME = "s3.example.org"
FIRST = "9223372036854774807"  # the priority of the program's own routers
NINES = "9" * 18
NAMES = ["app", "x", "Nuvla-Swarm-x", "nuvla-swarm-grafana", "nuvla-swarm-", "nuvla-swarm", ""]
KINDS = ["routers", "routers", "services", "middlewares", "Routers", "SERVICES", "serversTransports", ""]
OPTIONS = {
    "rule": [
        f"Host(`{S3_NAME}`)",
        "Host(`S3.EXAMPLE.ORG`)",
        "PathPrefix(`/a`)",
        'Path("/a")',
        'Path("\\d")',
        "PathRegexp(`\\d`)",
    ],
    "entrypoints": ["web", "websecure", "web,websecure", "traefik", "web, s3", "WEB", "s3,traefik", ",,", " "],
    "EntryPoints": ["traefik", "websecure"],
    "entrypoints[0]": ["traefik"],
    "priority": ["1", NINES, "1" + NINES, FIRST, f"+{FIRST}", f"+00{NINES}", "-" + FIRST, "", "x"],
    "service": [
        "x",
        "x@swarm",
        "api@internal",
        "API@internal",
        "@",
        "x@",
        "@file",
        "nuvla-swarm-s3",
        "NUVLA-SWARM-a@swarm",
    ],
    "tls": ["true"],
    "tls.domains[0].main": ["example.org"],
    "middlewares": ["x", "nuvla-swarm-consoles@file"],
    "loadbalancer.server.port": ["80", "1"],
    "loadbalancer.server.url": ["http://a"],
    "loadbalancer.servers[0].url": ["http://a"],
    "loadbalancer.passhostheader": ["true"],
    "errors.service": ["x", "api@internal", "x@file"],
    "errors.query": ["/"],
    "plugin.a.b": ["c"],
    "stripprefix.prefixes": ["/a"],
    "": ["a"],
}
# What looks otherwise than Traefik reads it.
HOSTILE = {
    "rule": [
        "Host(`s3.exa\rmple.org`)",
        "Host(`s3.\u0130`)",
        'Host("s3.example.o\\u0072g")',
        "Path(`/\u00fc`)",
        "a\\u0022",
    ],
    "tls.options": ["nothing", "nuvla-swarm-http-1@file"],
    "loadbalancer.server.port": ["80", "80@a:1", "", "http"],
    "loadbalancer.server.scheme": ["http", "https", "h2c", "http://a/?", "HTTP"],
    "loadbalancer.healthcheck.path": ["/", "/a//b", "//a", "http://a", "", "a"],
    "loadbalancer.healthcheck.method": ["GET", "DELETE"],
    "loadbalancer.healthcheck.followredirects": ["true"],
    "loadbalancer.HealthCheck.interval": ["1s"],
    "forwardauth.address": ["http://a"],
    "basicauth.usersfile": ["/etc/traefik/users"],
    "ratelimit.redis.endpoints": ["a:1"],
    "ratelimit.average": ["1"],
}
OF = {
    "loadbalancer": "services",
    **dict.fromkeys(("errors", "plugin", "stripprefix", "forwardauth", "basicauth", "ratelimit"), "middlewares"),
}
OTHERS = [
    "enable",
    "Enable",
    "swarm.a",
    "docker.network",
    "tcp.routers.x.rule",
    "UDP.a",
    "tls.stores.default",
    "http",
    "",
    "a.",
]
SERVICES = ["app", "shop_web", "grafana", "s3", "Grafana"]
COMPOSE = ["com.docker.compose.project", "com.docker.compose.service"]


def label(random: Random) -> tuple[str, str]:
    """A label that Traefik may have something to do with, and its text."""
    if random.random() < 0.15:
        return f"a{random_json.text(random)}", random_json.text(random)
    if random.random() < 0.25:
        return f"{_root(random)}.{random.choice(OTHERS)}", random.choice(["true", random_json.text(random)])
    return _option(random, OPTIONS)


def hostile(random: Random) -> tuple[str, str]:
    """One that is meant to be read otherwise."""
    name, text = _option(random, HOSTILE) if random.random() < 0.6 else label(random)
    match random.randrange(8):
        case 0:
            name = name.replace("s", "\u017f", 1)
        case 1:
            name = name.replace("k", "\u212a", 1)
        case 2:
            name = name.replace("s.", random.choice(["s[0].", "s].", "s[.", "s[0][1].", "s[a]."]), 1)
        case 3:
            name = random.choice(COMPOSE)
    return name, text


def _root(random: Random) -> str:
    return random.choice(["traefik"] * 6 + ["Traefik", "TRAEFIK", "traefik-x"])


def _option(random: Random, options: dict[str, list[str]]) -> tuple[str, str]:
    option = random.choice([*options])
    kind = next((kind for prefix, kind in OF.items() if option.startswith(prefix)), "routers")
    way = ["http", kind, random.choice(["app", "x"])]
    if random.random() < 0.5:
        way = [random.choice(["http", "http", "HTTP", "tcp"]), random.choice(KINDS), random.choice(NAMES)]
    whatever = [random_json.text(random)] if option not in ONLY else []
    given = random.choice([*options[option], *options[option], *whatever])
    return ".".join([_root(random), *way, option]), given


def described(random: Random, *, is_hostile: bool = False) -> dict[str, Any]:
    """A service of Docker."""
    name = random.choice(
        [*SERVICES, *(["nuvla-swarm-grafana", "nuvla_swarm__s3", "Nuvla-swarm"] if is_hostile else [])]
    )
    one = hostile if is_hostile else label
    labels = dict(one(random) for _ in range(random.randint(0, 12)))
    spec: dict[str, Any] = {
        "Name": name,
        "Labels": random.choice([labels, labels, labels, None]),
        **random_json.several(random),
    }
    if random.random() < 0.8:
        spec["TaskTemplate"] = template(random)
    service: dict[str, Any] = {
        "ID": random_json.text(random),
        "Spec": shuffled(random, spec),
        **random_json.several(random),
    }
    if random.random() < 0.5:
        service["PreviousSpec"] = random.choice([None, {"Name": "secret"}])
    return shuffled(random, service)


def template(random: Random) -> dict[str, Any]:
    """What the tasks of a service are made of."""
    container: dict[str, Any] = {
        "Image": random_json.text(random),
        "Env": ["secret", random_json.text(random)],
        "Args": ["secret"],
    }
    container |= random.choice([{}, {"Labels": random_json.several(random)}]) | {"Command": ["secret"]}
    return {
        **random_json.several(random),
        **random.choice([{}, {"ContainerSpec": None}, *[{"ContainerSpec": shuffled(random, container)}] * 3]),
        **random_json.several(random),
    }


def shuffled(random: Random, document: dict[str, Any]) -> dict[str, Any]:
    """The same in another order."""
    return dict(random.sample([*document.items()], len(document)))
