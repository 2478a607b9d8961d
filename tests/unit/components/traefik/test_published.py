"""components/traefik/published.py: the labels that publish the program's own services."""

from components.traefik import published

HIGHEST = 2**63 - 1 - 1000  # priority of a router that is not Traefik's own
HTTP = published.http("web", "PathPrefix(`/web`)", 8000)
TCP = published.tcp("store", 7000, {"s3": "*", "websecure": "s3.example.org"})
CHALLENGE = published.challenge(80)


def names(labels: dict[str, str]) -> set[str]:
    """Return the names of the routers and services in labels."""
    return {label.split(".")[3] for label in labels if label.split(".")[1] in ("http", "tcp")}


def test_http_service_is_published_by_its_rule_over_tls() -> None:
    router = "traefik.http.routers.nuvla-swarm-web"
    assert {
        f"{router}.rule": "PathPrefix(`/web`)",
        f"{router}.entrypoints": "websecure",
        f"{router}.tls": "true",
        f"{router}.priority": str(HIGHEST),
        f"{router}.service": "nuvla-swarm-web",
        "traefik.http.services.nuvla-swarm-web.loadbalancer.server.port": "8000",
    } == HTTP


def test_middlewares_keep_their_order() -> None:
    more = published.http("web", "PathPrefix(`/web`)", 8000, ["one@file", "two@file"]).items() - HTTP.items()
    assert more == {("traefik.http.routers.nuvla-swarm-web.middlewares", "one@file,two@file")}


def test_published_service_meets_traefik_on_the_web_network() -> None:
    assert published.enabled() == {"traefik.enable": "true", "traefik.swarm.network": "nuvla-swarm-web"}


def test_tcp_service_has_a_router_for_each_name_and_entry_point() -> None:
    routers = {
        "traefik.tcp.routers.nuvla-swarm-store-s3": ("HostSNI(`*`)", "s3"),
        "traefik.tcp.routers.nuvla-swarm-store-websecure": ("HostSNI(`s3.example.org`)", "websecure"),
    }
    balancer = "traefik.tcp.services.nuvla-swarm-store.loadbalancer"
    expected = {f"{balancer}.server.port": "7000", f"{balancer}.proxyprotocol.version": "2"}
    for router, (rule, entry_point) in routers.items():
        expected |= {
            f"{router}.rule": rule,
            f"{router}.entrypoints": entry_point,
            f"{router}.tls": "true",
            f"{router}.tls.options": "nuvla-swarm-http-1@file",
            f"{router}.priority": str(HIGHEST),
            f"{router}.service": "nuvla-swarm-store",
            f"{router}.middlewares": "nuvla-swarm-connections@file",
        }
    assert expected == TCP


def test_challenge_router_precedes_the_redirection() -> None:
    router = "traefik.http.routers.nuvla-swarm-challenge"
    assert (
        published.enabled()
        | {
            f"{router}.rule": "PathPrefix(`/.well-known/acme-challenge/`)",
            f"{router}.entrypoints": "web",
            f"{router}.priority": str(HIGHEST),
            f"{router}.service": "nuvla-swarm-challenge",
            "traefik.http.services.nuvla-swarm-challenge.loadbalancer.server.port": "80",
        }
        == CHALLENGE
    )


def test_router_and_service_names_have_the_reserved_prefix() -> None:
    for labels in (HTTP, TCP, CHALLENGE):
        assert names(labels)
        assert all(name.startswith(published.PREFIX) for name in names(labels))


def test_routers_have_the_highest_priority() -> None:
    for labels in (HTTP, TCP, CHALLENGE):
        priorities = {text for label, text in labels.items() if label.endswith(".priority")}
        assert priorities == {str(published.TOP_PRIORITY)}
    assert published.TOP_PRIORITY == HIGHEST
    assert len(str(HIGHEST)) > 18, "digits that an application may have: see answers.lua"
