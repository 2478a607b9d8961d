"""The content of daemon.json, the configuration file of a Docker engine."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from components.engine.daemon_keys import LAST_EXPERIMENTAL_MAJOR, rotates_logs
from components.engine.settings import EngineSettings
from components.ports import DOCKER_API, ENGINE_METRICS

CERTIFICATE_FOLDER = "/etc/docker/tls"


def daemon_json(settings: EngineSettings, *, serves_api: bool) -> dict[str, Any]:
    """Return the program's content of /etc/docker/daemon.json.

    Source: Docker documentation, "dockerd", "Daemon configuration file".
    """
    hosts = ["fd://"]
    daemon: dict[str, Any] = {
        **_logs(settings),
        "metrics-addr": f"0.0.0.0:{ENGINE_METRICS.number}",
        "default-address-pools": [{"base": str(pool.base), "size": pool.prefix} for pool in settings.address_pools],
    }
    # Docker's own defaults are left out, so that the former daemon.json of an existing host may override them.
    if settings.no_new_privileges:
        daemon["no-new-privileges"] = True
    if not settings.icc:
        daemon["icc"] = False
    if settings.registry_mirrors:
        daemon["registry-mirrors"] = list(settings.registry_mirrors)
    if settings.major <= LAST_EXPERIMENTAL_MAJOR:
        daemon["experimental"] = True
    if serves_api:
        hosts.append(f"tcp://0.0.0.0:{DOCKER_API.number}")
        daemon |= {
            "tlsverify": True,
            "tlscacert": f"{CERTIFICATE_FOLDER}/ca.pem",
            "tlscert": f"{CERTIFICATE_FOLDER}/cert.pem",
            "tlskey": f"{CERTIFICATE_FOLDER}/key.pem",
        }
    return {**settings.daemon, **daemon, "hosts": hosts}


def _logs(settings: EngineSettings) -> dict[str, Any]:
    """Return the log driver and its options; drivers without rotation know none of the program's options."""
    driver, options = settings.daemon.get("log-driver", "json-file"), settings.daemon.get("log-opts", {})
    if rotates_logs(settings.daemon):
        options = {**options, "max-size": f"{settings.log_max_size_mib}m", "max-file": str(settings.log_max_files)}
    return {"log-driver": driver, "log-opts": options}


def merge_daemon_json(former: str, settings: Mapping[str, Any], machine: str) -> dict[str, Any]:
    """Return the former daemon.json of a machine, updated with the program's settings.

    Errors: `pulumi.RunError` if the former text is not JSON.
    """
    try:
        content = json.loads(former or "{}")
    except ValueError as error:
        raise pulumi.RunError(f"{machine}: its /etc/docker/daemon.json is not JSON ({error}); correct it") from error
    return {**content, **settings}
