"""components/traefik/additions.py: parts of Traefik's configuration that only some settings add."""

from ipaddress import IPv4Network
from typing import Any

from components.traefik.additions import with_additions
from components.traefik.settings import AcmeSettings, TraefikSettings
from tests.support.traefik import dynamic as dynamic_of
from tests.support.traefik import files_of, static

DYNAMIC = "/etc/traefik/dynamic/dynamic.yaml"
DEFAULTS = TraefikSettings()


def dynamic(settings: TraefikSettings = DEFAULTS) -> Any:
    return files_of(settings)[DYNAMIC]


def test_file_stays_as_it_is_without_additions() -> None:
    text = "# comment\na:   1\n"
    assert with_additions(text, {}) == text


def test_additions_join_objects_and_replace_other_values() -> None:
    made = with_additions("a: {b: 1, c: [1]}\nd: x\n", {"a": {"c": [2], "e": {"f": 3}}, "g": 4})
    assert made == "a:\n  b: 1\n  c:\n  - 2\n  e:\n    f: 3\nd: x\ng: 4\n"


def test_trusted_proxies_are_believed_by_every_entry_point_of_users() -> None:
    made = static(TraefikSettings(trusted_proxies=[IPv4Network("192.0.2.0/24")]))["entryPoints"]
    before = static(DEFAULTS)["entryPoints"]
    trusted = {"trustedIPs": ["192.0.2.0/24"]}
    for name in ("web", "websecure"):
        assert made[name] == before[name] | {"forwardedHeaders": trusted, "proxyProtocol": trusted}, name
    assert made["s3"] == before["s3"] | {"proxyProtocol": trusted}
    assert {name: made[name] for name in ("traefik", "health")} == {
        name: before[name] for name in ("traefik", "health")
    }


def test_minimum_of_tls_holds_for_http_and_for_s3() -> None:
    assert "default" not in dynamic()["tls"]["options"]
    options = dynamic(TraefikSettings(min_tls="1.3"))["tls"]["options"]
    assert options == {
        "default": {"minVersion": "VersionTLS13"},
        "nuvla-swarm-http-1": dynamic()["tls"]["options"]["nuvla-swarm-http-1"] | {"minVersion": "VersionTLS13"},
    }


def test_hsts_is_a_header_of_all_answers_on_443() -> None:
    settings = TraefikSettings(hsts_max_age_s=300, acme=AcmeSettings(email="a@example.org"))
    *before, hsts = static(settings)["entryPoints"]["websecure"]["http"]["middlewares"]
    assert before == static(DEFAULTS)["entryPoints"]["websecure"]["http"]["middlewares"]
    assert dynamic(settings)["http"]["middlewares"][hsts.removesuffix("@file")] == {"headers": {"stsSeconds": 300}}


def test_dashboard_that_is_off_leaves_health_and_metrics() -> None:
    routers, before = dynamic(TraefikSettings(dashboard=False))["http"]["routers"], dynamic()["http"]["routers"]
    changed = {name for name in before if routers[name] != before[name]}
    assert changed == {"operators"}
    assert routers["operators"]["service"] == "unavailable"


def test_access_log_has_its_format() -> None:
    assert static(DEFAULTS)["accessLog"] is None
    assert static(TraefikSettings(access_log=True))["accessLog"] == {}
    assert static(TraefikSettings(access_log=True, access_log_format="json"))["accessLog"] == {"format": "json"}


def test_traefik_serves_on_while_an_address_leaves_it() -> None:
    before, made = static(DEFAULTS)["entryPoints"], static(DEFAULTS, hands_over=True)["entryPoints"]
    for name in ("web", "websecure", "s3"):
        life_cycle = made[name]["transport"].pop("lifeCycle")
        assert life_cycle == {**before[name]["transport"].pop("lifeCycle"), "requestAcceptGraceTimeout": "5s"}, name
    assert made == before


def test_traefik_says_on_80_whether_it_serves_on_only_where_an_address_moves() -> None:
    """The router comes before the redirection to 443, whose priority is the highest but one that a router may have."""
    redirection = static(DEFAULTS)["entryPoints"]["web"]["http"]["redirections"]["entryPoint"]
    routers = dynamic_of(hands_over=True)["http"]["routers"]
    assert routers.keys() - dynamic_of()["http"]["routers"].keys() == {"alive"}
    assert routers["alive"] == {
        "entryPoints": ["web"],
        "rule": "Path(`/nuvla-swarm/alive`)",
        "service": "ping@internal",
        "priority": redirection["priority"] + 1,
    }
