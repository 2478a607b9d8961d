"""components/traefik/configuration.py: the files that Traefik reads."""

from components.socket_proxy.stack import SOCKET
from components.traefik import published
from tests.support.traefik import SETTINGS, dynamic, files_of, routers, service, static

HIGHEST = 2**63 - 1 - 1000  # priority of a router that is not Traefik's own


def test_entry_points_have_the_names_and_ports_of_nuvlas_compose_files() -> None:
    addresses = {name: point["address"] for name, point in static()["entryPoints"].items()}
    assert addresses == {
        "web": ":80",
        "websecure": ":443",
        "s3": ":9000",
        "traefik": ":8080",
        "health": "127.0.0.1:8082",
    }


def test_default_entry_points_are_80_and_443() -> None:
    assert [name for name, point in static()["entryPoints"].items() if point.get("asDefault")] == ["web", "websecure"]


def test_http_is_redirected_to_https() -> None:
    assert static()["entryPoints"]["web"]["http"]["redirections"]["entryPoint"] == {
        "to": "websecure",
        "scheme": "https",
        "priority": HIGHEST - 1,
    }


def test_services_are_published_on_demand_over_the_public_network() -> None:
    swarm = static()["providers"]["swarm"]
    assert swarm["exposedByDefault"] is False
    assert swarm["network"] == "front"
    assert swarm["endpoint"] == SOCKET
    assert swarm["allowEmptyServices"] is True


def test_unmatched_request_is_answered_with_503() -> None:
    router = dynamic()["http"]["routers"]["unmatched"]
    assert router["rule"] == "PathPrefix(`/`)"
    assert router["priority"] == 1
    assert router["entryPoints"] == ["websecure"]
    assert "tls" in router
    assert dynamic()["http"]["services"][router["service"]] == {"loadBalancer": {"servers": []}}


def test_reserved_paths_are_kept_while_their_service_is_down() -> None:
    router = routers("websecure")["reserved"]
    assert router["rule"] == "PathPrefix(`/grafana`) || PathPrefix(`/prometheus`)"
    assert router["priority"] == published.TOP_PRIORITY - 1
    assert router["service"] in dynamic()["http"]["services"]
    assert "tls" in router


def test_s3_connections_are_closed_while_s3_is_down() -> None:
    made = files_of(s3_port=9000, s3_name="s3.example.org")
    for entry_point, host in (("s3", "*"), ("websecure", "s3.example.org")):
        (router,) = made[f"/etc/traefik/dynamic/reserved-{entry_point}.yaml"]["tcp"]["routers"].values()
        assert router["entryPoints"] == [entry_point]
        assert router["rule"] == f"HostSNI(`{host}`)"
        assert router["priority"] == published.TOP_PRIORITY - 1
        assert router["tls"] == {}
        assert dynamic()["tcp"]["services"][router["service"]] == {"loadBalancer": {"servers": []}}
    assert "/etc/traefik/dynamic/reserved-s3.yaml" not in files_of(s3_port=None)


def test_no_path_is_reserved_without_own_services() -> None:
    assert "/etc/traefik/dynamic/reserved.yaml" not in files_of(reserved=[])


def test_uploads_may_take_an_hour() -> None:
    assert static()["entryPoints"]["websecure"]["transport"]["respondingTimeouts"]["readTimeout"] == "65m"


def test_s3_entry_point_has_no_http_routers_or_timeouts() -> None:
    assert static()["entryPoints"]["s3"].keys() == {"address", "transport"}
    assert routers("s3") == {}


def test_traefik_closes_connections_before_docker_kills_it() -> None:
    """The provider waits no longer than Docker does, and fails if Docker kills Traefik."""
    points = static()["entryPoints"]
    assert points.pop("health") == {"address": "127.0.0.1:8082"}, "nobody has open ones there"
    for point in points.values():
        assert point["transport"]["lifeCycle"] == {"graceTimeOut": "5s"}
    assert service().stop_grace_s >= 5 + 10


def test_traefik_reads_all_given_dynamic_files() -> None:
    folder = static()["providers"]["file"]["directory"]
    assert {path for path in files_of() if path.startswith(f"{folder}/")} == {
        "/etc/traefik/dynamic/dynamic.yaml",
        "/etc/traefik/dynamic/reserved.yaml",
    }


def test_access_log_follows_the_setting() -> None:
    assert static(SETTINGS.model_copy(update={"access_log": True}))["accessLog"] == {}
    assert static(SETTINGS.model_copy(update={"access_log": False}))["accessLog"] is None


def test_log_level_follows_the_setting() -> None:
    assert static()["log"] == {"level": "WARN"}


def test_traefik_sends_no_usage_data() -> None:
    assert static()["global"] == {"checkNewVersion": False, "sendAnonymousUsage": False}
