"""What the script is given: the same settings, images and rules as the program has."""

import json
import os
from collections.abc import Mapping
from ipaddress import IPv4Network

from bench.machine import machine_flags
from components.engine.daemon_json import EngineSettings, daemon_json
from components.engine.settings import Engine
from components.firewall.firewall import ruleset
from components.firewall.rules import Source, target_rows
from components.firewall.settings import Ephemeral
from components.swarm.settings import Swarm
from stacks.config.images import Images

EVERYBODY = IPv4Network("0.0.0.0/0")


def environment(subnet: IPv4Network, lab: Mapping[str, str], image: str | None) -> dict[str, str]:
    """The variables of script.sh; `lab` are the settings that local machines need on this computer."""
    images = {key: lab.get(f"images.{key}", reference) for key, reference in Images().model_dump().items()}
    return {
        **os.environ,
        "MACHINE_IMAGE": image or lab["machines.image"],
        "MACHINE_FLAGS": "\n".join(machine_flags(lab["machines.privileged"] == "true")),
        "MANAGER_JSON": _daemon_json(lab, serves_api=True),
        "WORKER_JSON": _daemon_json(lab, serves_api=False),
        "FIREWALL": _firewall(subnet),
        **{f"IMAGE_{key.upper()}": reference for key, reference in images.items()},
    }


def _daemon_json(lab: Mapping[str, str], *, serves_api: bool) -> str:
    default = Engine()
    settings = EngineSettings(
        source=lab["engine.source"],
        version=lab["engine.version"],
        containerd_version=None,
        log_max_size_mib=default.log_max_size_mib,
        log_max_files=default.log_max_files,
        address_pools=[(pool.base, pool.prefix) for pool in default.address_pools],
        registry_mirrors=[value for path, value in lab.items() if path.startswith("engine.registry_mirrors")],
        no_new_privileges=False,
        icc=False,
    )
    return json.dumps(daemon_json(settings, serves_api=serves_api))


def _firewall(subnet: IPv4Network) -> str:
    ephemeral = Ephemeral()
    rows = target_rows(ephemeral=(ephemeral.first, ephemeral.last), nfs=True, s3_port=9000, swarm_port=True)
    here = IPv4Network(f"{subnet[1]}/32")
    sources = {Source.MANAGEMENT: [here], Source.CLUSTER: [subnet], Source.NUVLA: [], Source.USERS: [EVERYBODY]}
    return ruleset(rows, sources, [*(pool.base for pool in Engine().address_pools), *Swarm().address_pools])
