"""components/socket_proxy/files/answers.lua: what Traefik learns of the labels of services."""

import json
from collections.abc import Iterator
from random import Random

import pytest

from tests.files import random_json
from tests.files.docker_api import Proxy, proxy
from tests.files.judged import OWN, answered_services, answered_tasks, passed
from tests.files.random_services import FIRST, NINES, S3_NAME, described, label, shuffled, template
from tests.support.rows import rows

pytestmark = pytest.mark.tools("haproxy")

SEEDS = range(40)
Labels = dict[str, str]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxy(tmp_path_factory.mktemp("proxy"), s3_name=S3_NAME) as made:
        yield made


@pytest.fixture(scope="module")
def without_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxy(tmp_path_factory.mktemp("proxy")) as made:
        yield made


@pytest.fixture(scope="module")
def nothing_published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxy(tmp_path_factory.mktemp("proxy"), published=()) as made:
        yield made


def learnt(asked: Proxy, labels: Labels, service: str = "app") -> dict[str, str]:
    """The labels of a service as Traefik learns them."""
    asked.engine.answers(json.dumps([{"Spec": {"Name": service, "Labels": labels}}], ensure_ascii=False))
    (found,) = json.loads(asked.ask("/services").body)
    labels_found: dict[str, str] = found["Spec"]["Labels"]
    return labels_found


def router(**options: str) -> dict[str, str]:
    """Labels of the router `x`; two underscores are a dot."""
    return {f"traefik.http.routers.x.{name.replace('__', '.')}": text for name, text in options.items()}


def service(**options: str) -> dict[str, str]:
    return {f"traefik.http.services.x.{name.replace('__', '.')}": text for name, text in options.items()}


def middleware(**options: str) -> dict[str, str]:
    return {f"traefik.http.middlewares.x.{name.replace('__', '.')}": text for name, text in options.items()}


COMPLETE = {"traefik.enable": "true", "com.docker.stack.namespace": "shop"} | router(
    rule="Host(`shop.example.org`) && PathPrefix(`/a`)",
    entrypoints="web,websecure",
    middlewares="x,compress@file",
    tls="true",
    tls__certresolver="cert-resolver",
    priority="100",
    service="x",
)

UNCHANGED: dict[str, Labels] = {
    "what applications have": COMPLETE | service(loadbalancer__server__port="80", loadbalancer__sticky__cookie="true"),
    "none": {},
    "nothing of Traefik": {"a": "b", "Env": "{}", "traefik": "x", "traefik-x.http.routers.x.service": "api@internal"},
    "settings of the provider": {
        "traefik.enable": "true",
        "traefik.swarm.lbswarm": "true",
        "traefik.docker.network": "n",
    },
    "quotes and escapes": {
        'a"b\\': '"\\\n\u2028<>&',
        "traefik.http.routers.x.rule": 'PathRegexp(`^/\\d+$`) && Header(`a`, `"`)',
    },
    "certificates of a router": router(tls__domains="", **{"tls__domains[0]__main": "shop.example.org"}),
    "the highest priority of all": router(priority=NINES),
    "a priority with a sign": router(priority=f"+{NINES}"),
    "a priority with zeros before it": router(priority=f"0000{NINES}"),
    "no priority": router(priority=""),
    "its own service": router(service="x"),
    "its own service with the provider": router(service="x@swarm"),
    "a page of errors of its own": middleware(errors__service="x", errors__status="500-599", errors__query="/{status}"),
    "a name that only looks like ours": {
        "traefik.http.routers.nuvla-swarms.rule": "Path(`/`)",
        **router(service="nuvla-swarm"),
    },
    "middlewares of Traefik's files": router(middlewares="nuvla-swarm-consoles@file"),
    "a service with a name for its port": service(
        loadbalancer__server__scheme="https", loadbalancer__passhostheader="false"
    ),
    "a rule with a name that is not that of S3": router(rule="Host(`s3.example.net`) || Host(`s4.example.org`)"),
}


@rows("labels", UNCHANGED.values(), ids=UNCHANGED)
def test_application_labels_are_forwarded_unchanged(shipped: Proxy, labels: Labels) -> None:
    assert learnt(shipped, labels) == labels


GONE: dict[str, Labels] = {
    "another protocol": {
        "traefik.tcp.routers.x.rule": "HostSNI(`*`)",
        "traefik.udp.services.x.loadbalancer.server.port": "53",
    },
    "a store of certificates": {"traefik.tls.stores.default.defaultcertificate.certfile": "/a"},
    "another protocol in capitals": {"Traefik.TCP.Routers.x.Rule": "HostSNI(`*`)"},
    "the url of another service": service(loadbalancer__server__url="http://prometheus:9090"),
    "urls of other services": service(
        **{
            "loadbalancer__servers[0]__url": "http://a",
            "loadbalancer__Servers[1]__URL": "http://b",
            "loadBalancer__servers__url": "c",
        }
    ),
    "a plugin": middleware(plugin__a__b="c", PlugIn__a="b", plugin="c"),
    "a router of ours": {"traefik.http.routers.nuvla-swarm-grafana.rule": "PathPrefix(`/grafana`)"},
    "a service of ours in capitals": {"traefik.http.Services.Nuvla-Swarm-s3.loadbalancer.server.port": "1"},
    "a middleware of ours": {"traefik.http.middlewares.nuvla-swarm-consoles.ipallowlist.sourcerange": "0.0.0.0/0"},
    "the name of S3 in a rule": router(rule=f"Host(`{S3_NAME}`)"),
    "the name of S3 in capitals": router(rule=f"Path(`/`) || Host(`{S3_NAME.upper()}`)"),
    "the name of S3 with a dot behind it": router(rule=f"Host(`{S3_NAME}.`)"),
    "the name of S3 in a list": router(rule=f"Host(`a`, `{S3_NAME}`)"),
    "the name of S3 written with an escape": router(rule='Host("\\x733.example.org")'),
    "an escape that nobody understands": router(rule='Host("\\")'),
    "what is not of a router, service or middleware": {
        "traefik.http": "a",
        "traefik.http.routers": "a",
        "traefik.http.routers.x": "a",
    },
    "a model, which stands for routers of an entry point": {
        "traefik.http.models.websecure.middlewares": "x",
        "traefik.http.Models.x.tls": "true",
    },
    "how servers are reached": {"traefik.http.serversTransports.x.insecureskipverify": "true"},
    "no name": {"traefik.http.routers..rule": "Path(`/`)", "traefik.http.routers.x.": "a"},
    "an index instead of a name": {"traefik.http.routers[0].service": "x"},
}


@rows("labels", GONE.values(), ids=GONE)
def test_labels_that_are_not_for_applications_are_dropped(shipped: Proxy, labels: Labels) -> None:
    assert learnt(shipped, COMPLETE | labels | {"a": "b"}) == {
        label: text for label, text in (COMPLETE | {"a": "b"}).items() if label not in labels
    }


CHANGED: dict[str, tuple[Labels, str]] = {
    "one entry point of operators": (router(entrypoints="traefik"), "refused"),
    "the entry point of S3": (router(entrypoints="s3"), "refused"),
    "that of health": (router(entrypoints="health"), "refused"),
    "none": (router(entrypoints=""), "refused"),
    "two, one of operators": (router(entrypoints="websecure,traefik"), "websecure"),
    "spaces in the list": (router(entrypoints=" web ,\ts3, websecure\n"), "web,websecure"),
    "capitals in the label": (router(EntryPoints="traefik,web"), "web"),
    "capitals in the list": (router(entrypoints="WebSecure,Traefik"), "WebSecure"),
    "another separator": (router(entrypoints="web;traefik"), "refused"),
    "a priority of ours": (router(priority=FIRST), NINES),
    "a priority with one digit too many": (router(priority="1" + "0" * 18), NINES),
    "a priority of ours with a sign and zeros": (router(priority=f"+000{FIRST}"), NINES),
    "Traefik's api": (router(service="api@internal"), "refused@nobody"),
    "Traefik's api in capitals": (router(Service="API@Internal"), "refused@nobody"),
    "Traefik's metrics": (router(service="prometheus@internal"), "refused@nobody"),
    "a service of a file": (router(service="unavailable@file"), "refused@nobody"),
    "a service of two providers": (router(service="x@swarm@internal"), "refused@nobody"),
    "a service of ours": (router(service="nuvla-swarm-grafana"), "refused@nobody"),
    "a service of ours in capitals": (router(service="Nuvla-Swarm-Grafana@swarm"), "refused@nobody"),
    "a page of errors that is Traefik's": (middleware(errors__service="api@internal"), "refused@nobody"),
    "a page of errors that is ours": (middleware(Errors__Service="nuvla-swarm-s3"), "refused@nobody"),
}


@rows("labels, instead", CHANGED.values(), ids=CHANGED)
def test_excessive_label_values_are_replaced(shipped: Proxy, labels: Labels, instead: str) -> None:
    assert learnt(shipped, {"traefik.enable": "true"} | labels) == {"traefik.enable": "true"} | dict.fromkeys(
        labels, instead
    )


@rows("rule", [f"Host(`{S3_NAME}`)", 'Path("/\\x41")'])
def test_rules_are_forwarded_unchanged_when_s3_has_no_name(without_s3: Proxy, rule: str) -> None:
    assert learnt(without_s3, router(rule=rule)) == router(rule=rule)


@rows("says", [{}, {"followRedirects": "true"}, {"followredirects": "false", "interval": "1s"}])
def test_health_checks_of_applications_follow_no_redirects(shipped: Proxy, says: Labels) -> None:
    check = "traefik.http.services.Shop.LoadBalancer.healthCheck"
    labels = {f"{check}.{option}": text for option, text in ({"path": "/"} | says).items()}
    kept = {label: text for label, text in labels.items() if not label.lower().endswith(".followredirects")}
    assert learnt(shipped, labels) == kept | {f"{check}.followredirects": "false"}


@rows(
    "others, enabled",
    [
        ({"traefik.tcp.routers.x.rule": "HostSNI(`*`)"}, False),
        ({"traefik.udp.routers.x.entrypoints": "web"}, False),
        ({"traefik.tcp.routers.x.rule": "HostSNI(`*`)"} | router(tls="true"), True),
        ({}, True),
        ({"traefik.swarm.lbswarm": "true"}, True),
    ],
    ids=["tcp", "udp", "tcp and http", "nothing else", "how it is reached"],
)
def test_services_with_only_tcp_or_udp_labels_are_not_published_by_http(
    shipped: Proxy, others: Labels, *, enabled: bool
) -> None:
    """Traefik would, under the name of the service."""
    found = learnt(shipped, {"Traefik.Enable": "true", "traefik.enable": "true"} | others)
    assert ("traefik.enable" in found, "Traefik.Enable" in found) == (enabled, enabled)


@rows("name", sorted(OWN))
def test_own_services_keep_reserved_names(shipped: Proxy, name: str) -> None:
    ours = {
        "traefik.enable": "true",
        "traefik.http.routers.nuvla-swarm-a.priority": FIRST,
        "traefik.http.routers.nuvla-swarm-a.entrypoints": "web",
        "traefik.http.routers.nuvla-swarm-a.service": "nuvla-swarm-a",
        "traefik.http.services.nuvla-swarm-a.loadbalancer.server.port": "80",
        "traefik.tcp.routers.nuvla-swarm-a.rule": f"HostSNI(`{S3_NAME}`)",
        "traefik.tcp.routers.nuvla-swarm-a.entrypoints": "s3",
        "traefik.tcp.services.nuvla-swarm-a.loadbalancer.server.port": "80",
    }
    others = {label.replace("nuvla-swarm-", ""): text for label, text in ours.items()}
    assert learnt(shipped, ours, name) == ours
    assert learnt(shipped, others, name) == learnt(shipped, others, "app")


@rows("name", sorted(OWN))
def test_reserved_names_of_absent_services_are_dropped_for_everyone(nothing_published: Proxy, name: str) -> None:
    ours = {"traefik.http.routers.nuvla-swarm-a.rule": "Path(`/`)", "a": "b"}
    assert learnt(nothing_published, ours, name) == {"a": "b"}


@rows("name", ["Grafana", "grafana2", "shop_grafana", "traefik", "socket-proxy", "s3-console"])
def test_other_services_lose_reserved_names(shipped: Proxy, name: str) -> None:
    ours = {
        "traefik.http.routers.nuvla-swarm-a.rule": "Path(`/`)",
        "traefik.http.services.nuvla-swarm-a.loadbalancer.server.port": "80",
        "traefik.tcp.routers.nuvla-swarm-a.rule": "HostSNI(`*`)",
    }
    assert learnt(shipped, ours, name) == {}


def test_escaped_label_names_are_recognised(shipped: Proxy) -> None:
    """JSON has several ways to write one: the engine's is one of them."""
    label, text = "tr\\u0061efik.http.routers.x.serv\\u0069ce", "api\\u0040internal"
    written = f'[{{"Spec":{{"\\u004eame":"app","L\\u0061bels":{{"{label}":"{text}"}}}}}}]'
    shipped.engine.answers(written)
    assert json.loads(shipped.ask("/services").body) == [
        {"Spec": {"Name": "app", "Labels": {"traefik.http.routers.x.service": "refused@nobody"}}}
    ]


@rows("text", ["<&>", "\u2028", '"', "\\", "\\\\", "é", "\U0001f433", "\x7f", "\n\t", "/"])
def test_characters_in_labels_are_preserved(shipped: Proxy, text: str) -> None:
    labels = {f"a{text}": text, "traefik.docker.network": text}
    for ascii_only in (True, False):
        shipped.engine.answers(json.dumps([{"Spec": {"Name": "app", "Labels": labels}}], ensure_ascii=ascii_only))
        (found,) = json.loads(shipped.ask("/services").body)
        assert found["Spec"]["Labels"] == labels


# What Traefik 3.6.0 reads otherwise, tried behind this proxy.
OTHERWISE: dict[str, Labels] = {
    "letters that Traefik takes for others": {
        "traefik.http.router\u017f.x.entrypoints": "traefik",
        **router(**{"\u017fervice": "api@internal"}),
    },
    "an index behind services": {"traefik.http.services[0].loadbalancer.server.url": "http://alertmanager:9093"},
    "a scheme with another host": service(loadbalancer__server__scheme="http://alertmanager:9093/?"),
    "a port with another host": service(loadbalancer__server__port="80@alertmanager:9093"),
    "a check of health of another host": service(
        loadbalancer__healthcheck__path="http://alertmanager:9093/api/v2/silence/1",
        loadbalancer__healthcheck__method="DELETE",
    ),
    "a label that ends Traefik's provider": {"traefik.swarm.a]": "1", "traefik.http.routers.a].rule": "1"},
    "options of TLS that close a name for all": router(tls__options="nothing"),
    "the name of S3 with a carriage return": router(rule="Host(`s3.exa\rmple.org`)"),
    "the name of S3 with letters that become others": router(rule="Host(`s3.example.or\u212a`) || Host(`s3.\u0130n`)"),
    "the name of S3 with an escape that is one of JSON too": router(rule='Host("s3.example.o\\u0072g")'),
    "somebody else who is asked in Traefik's name": middleware(forwardauth__address="http://alertmanager:9093"),
    "a file of Traefik": middleware(basicauth__usersfile="/run/secrets/prometheus-users"),
}


@rows("labels", OTHERWISE.values(), ids=OTHERWISE)
def test_labels_that_traefik_parses_differently_are_dropped(shipped: Proxy, labels: Labels) -> None:
    assert not learnt(shipped, COMPLETE | labels).keys() & labels.keys()


@rows(
    "name, labels",
    [
        ("nuvla-swarm-grafana", {}),
        ("nuvla_swarm_grafana", {}),
        ("app", {"com.docker.compose.service": "nuvla-swarm", "com.docker.compose.project": "grafana"}),
    ],
)
def test_services_without_labels_are_not_published_under_reserved_names(
    shipped: Proxy, name: str, labels: Labels
) -> None:
    """Traefik names a router after the service if no label does; a router of two services is none's."""
    found = learnt(shipped, {"traefik.enable": "true"} | service(loadbalancer__server__port="80") | labels, name)
    assert "traefik.enable" not in found or not found.keys() & {"com.docker.compose.project"}
    assert "traefik.enable" not in found or not name.startswith("nuvla")


# All at once, at random.


@rows("is_hostile", [False, True], ids=["", "hostile"])
@rows("seed", SEEDS)
def test_random_services_are_filtered_as_the_model_says(shipped: Proxy, seed: int, *, is_hostile: bool) -> None:
    random = Random(seed)
    for number in range(10):
        services = [described(random, is_hostile=is_hostile) for _ in range(random.randint(0, 6))]
        written = random_json.Writer(random).document(services)
        shipped.engine.answers(written, chunked=random.random() < 0.5)
        reply = shipped.ask("/services")
        case = f"seed {seed}, document {number}: {written}"
        assert reply.status == 200, case
        assert json.loads(reply.body) == answered_services(services, S3_NAME), case
        assert b"secret" not in reply.body, case


@rows("seed", SEEDS)
def test_random_tasks_are_filtered_as_the_model_says(shipped: Proxy, seed: int) -> None:
    random = Random(seed)
    for number in range(10):
        tasks = [
            shuffled(random, {"Spec": template(random), **random_json.several(random)})
            for _ in range(random.randint(0, 6))
        ]
        written = random_json.Writer(random).document(tasks)
        shipped.engine.answers(written)
        reply = shipped.ask("/tasks")
        case = f"seed {seed}, document {number}: {written}"
        assert reply.status == 200, case
        assert json.loads(reply.body) == answered_tasks(tasks), case
        assert b"secret" not in reply.body, case


def test_random_labels_cover_kept_changed_and_dropped() -> None:
    """Passed on as they are, changed and gone: of each a good part."""
    random, counts = Random(0), {"kept": 0, "changed": 0, "gone": 0}
    for _ in range(4000):
        name, text = label(random)
        found = passed("app", {name: text}, S3_NAME)
        counts["gone" if name not in found else "kept" if found[name] == text else "changed"] += 1
    assert min(counts.values()) > 100, counts
