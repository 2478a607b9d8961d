"""components/engine/daemon_json.py: the settings that a Docker engine reads from daemon.json."""

from ipaddress import IPv4Network
from typing import Any

from components.engine.daemon_json import daemon_json
from components.engine.settings import AddressPool
from tests.support.builders import SETTINGS


def daemon(*, serves_api: bool = False, **changed: Any) -> dict[str, Any]:
    return daemon_json(SETTINGS.model_copy(update=changed), serves_api=serves_api)


def test_worker_engine_listens_on_its_socket_alone() -> None:
    assert daemon()["hosts"] == ["fd://"]
    assert not [key for key in daemon() if key.startswith("tls")]


def test_manager_engine_serves_the_api_to_clients_with_a_certificate() -> None:
    manager = daemon(serves_api=True)
    assert manager["hosts"] == ["fd://", "tcp://0.0.0.0:2376"]
    assert manager["tlsverify"] is True
    assert {key: manager[key] for key in ("tlscacert", "tlscert", "tlskey")} == {
        "tlscacert": "/etc/docker/tls/ca.pem",
        "tlscert": "/etc/docker/tls/cert.pem",
        "tlskey": "/etc/docker/tls/key.pem",
    }


def test_container_logs_are_rotated() -> None:
    rotated = daemon(log_max_size_mib=20, log_max_files=4)
    assert rotated["log-driver"] == "json-file"
    assert rotated["log-opts"] == {"max-size": "20m", "max-file": "4"}


def test_engine_metrics_listen_on_all_addresses() -> None:
    assert daemon()["metrics-addr"] == "0.0.0.0:9323"


def test_bridge_networks_come_from_the_address_pools() -> None:
    pools = [
        AddressPool(base=IPv4Network("10.200.0.0/16"), prefix=24),
        AddressPool(base=IPv4Network("10.210.0.0/20"), prefix=26),
    ]
    assert daemon(address_pools=pools)["default-address-pools"] == [
        {"base": "10.200.0.0/16", "size": 24},
        {"base": "10.210.0.0/20", "size": 26},
    ]


def test_registry_mirrors_are_written_only_if_there_are_any() -> None:
    assert daemon(registry_mirrors=["http://mirror:5000"])["registry-mirrors"] == ["http://mirror:5000"]
    assert "registry-mirrors" not in daemon()


def test_container_rights_are_written_only_if_restricted() -> None:
    """Docker has a default of its own, and an existing host's settings may differ from it."""
    assert not {"icc", "no-new-privileges"} & set(daemon())
    less = daemon(no_new_privileges=True, icc=False)
    assert (less["icc"], less["no-new-privileges"]) == (False, True)


def test_metrics_of_an_old_engine_need_experimental_features() -> None:
    expected = {"20.10.24": True, "23.0.6": True, "24.0.0": False, "29.1.3": False}
    assert {version: daemon(version=version).get("experimental", False) for version in expected} == expected
