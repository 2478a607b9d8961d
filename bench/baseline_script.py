"""Environment of the baseline script: the settings, images and firewall rules that the program uses, too."""

import json
import os
from collections.abc import Mapping
from ipaddress import IPv4Network

from bench.machine import machine_flags
from components import assets
from components.engine.daemon_json import daemon_json
from components.engine.settings import EngineSettings
from components.firewall.firewall import ruleset
from components.firewall.rules import target_rows
from components.firewall.settings import EphemeralPorts
from components.ports import MOUNTD, NFS, TrafficSource
from components.swarm.settings import SwarmSettings
from stacks.config.images import ImagesSettings

EVERYBODY = IPv4Network("0.0.0.0/0")


def environment(subnet: IPv4Network, local: Mapping[str, str], image: str | None) -> dict[str, str]:
    """Return the variables of script.sh; `local` has the settings of local machines on this computer, by path."""
    images = {key: local.get(f"images.{key}", reference) for key, reference in ImagesSettings().model_dump().items()}
    return {
        **os.environ,
        "MACHINE_IMAGE": image or local["machines.image"],
        "MACHINE_FLAGS": "\n".join(machine_flags(local["machines.privileged"] == "true")),
        "MANAGER_JSON": _daemon_json(local, serves_api=True),
        "WORKER_JSON": _daemon_json(local, serves_api=False),
        "FIREWALL": _firewall(subnet),
        "GANESHA": assets.render(
            "storage/files/ganesha.conf", {"nfs": str(NFS.number), "nfs_mountd": str(MOUNTD.number)}
        ),
        **{f"IMAGE_{key.upper()}": reference for key, reference in images.items()},
    }


def _daemon_json(local: Mapping[str, str], *, serves_api: bool) -> str:
    settings = {
        "source": local["engine.source"],
        "version": local["engine.version"],
        "registry_mirrors": [value for path, value in local.items() if path.startswith("engine.registry_mirrors")],
    }
    engine = EngineSettings.model_validate(settings).resolved(default_source="", no_new_privileges=False, icc=False)
    return json.dumps(daemon_json(engine, serves_api=serves_api))


def _firewall(subnet: IPv4Network) -> str:
    rows = target_rows(ephemeral=EphemeralPorts().span, nfs=True, s3_port=9000, swarm_port=True)
    sources = {
        TrafficSource.MANAGEMENT: [IPv4Network(f"{subnet[1]}/32")],
        TrafficSource.CLUSTER: [subnet],
        TrafficSource.NUVLA: [],
        TrafficSource.USERS: [EVERYBODY],
    }
    containers = [*(pool.base for pool in EngineSettings().address_pools), *SwarmSettings().address_pools]
    return ruleset(rows, sources, containers)
