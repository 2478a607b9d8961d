"""What a swarm stands on, in every kind: machines, each with an engine and a firewall."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.engine.certificates import Certificates, CertificatesArgs
from components.engine.daemon import EngineSettings
from components.engine.engine import Engine, EngineArgs
from components.firewall.rules import Row, Source
from components.firewall.ruleset import Firewall, FirewallArgs
from components.machines.cluster import Cluster, Key, Pool
from components.machines.local import LocalCluster, LocalClusterArgs
from components.machines.machine import Machine
from stacks.configuration import Secrets
from stacks.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Machines that are ready to form a swarm."""

    cluster: Cluster
    entry: Machine  # manager that the program talks to
    certificates: Certificates
    engines: Mapping[str, Engine]
    installed: Mapping[str, pulumi.Resource]  # machine -> its packages; what installs more there comes after that
    firewall: Firewall


def build(settings: Settings, secrets: Secrets, rows: Sequence[Row]) -> Ground:
    """Machines with an engine; all but the machines is deleted with them."""
    cluster = _cluster(settings, secrets)
    certificates = _certificates(settings, cluster.managers())
    engines = _engines(settings, cluster, certificates)
    installed = {name: engine.installed for name, engine in engines.items()}
    ephemeral = settings.firewall.ephemeral
    firewall = Firewall(
        "firewall",
        FirewallArgs(
            rows=rows,
            sources={
                Source.MANAGEMENT: settings.firewall.management,
                Source.CLUSTER: [settings.machines.subnet],
                Source.NUVLA: settings.firewall.nuvla,
                Source.USERS: settings.firewall.users,
            },
            ephemeral=(ephemeral.first, ephemeral.last),
            machines=cluster.machines,
            prepared=installed,
        ),
        pulumi.ResourceOptions(deleted_with=cluster),
    )
    return Ground(
        cluster=cluster,
        entry=cluster.machines[settings.swarm.entry or cluster.managers()[0].name],
        certificates=certificates,
        engines=engines,
        installed=installed,
        firewall=firewall,
    )


def _cluster(settings: Settings, secrets: Secrets) -> Cluster:
    machines = settings.machines
    own_key = None
    if secrets.ssh_private_key is not None and machines.ssh.public_key is not None:
        own_key = Key(private=secrets.ssh_private_key, public=pulumi.Output.from_input(machines.ssh.public_key))
    args = LocalClusterArgs(
        pools={name: Pool(**pool.model_dump()) for name, pool in machines.pools.items()},
        subnet=machines.subnet,
        image=machines.image,
        privileged=machines.privileged,
        own_key=own_key,
        public_key=machines.ssh.public_key,
    )
    # Nothing is asked of the engine before something is made there: a preview needs none.
    engine = docker.Provider("local-engine", disable_docker_daemon_check=True)
    return LocalCluster("cluster", args, pulumi.ResourceOptions(providers=[engine]))


def _certificates(settings: Settings, managers: list[Machine]) -> Certificates:
    return Certificates(
        "certificates",
        CertificatesArgs(
            generation=settings.engine.certificate_generation,
            server_days=settings.engine.server_certificate_days,
            client_days=settings.engine.client_certificate_days,
            domain=settings.domain,
            servers={machine.name: [machine.public_address, machine.private_address] for machine in managers},
        ),
    )


def _engines(settings: Settings, cluster: Cluster, certificates: Certificates) -> dict[str, Engine]:
    wanted = settings.engine
    engine_settings = EngineSettings(
        source=wanted.source,
        version=wanted.version,
        log_max_size_mib=wanted.log_max_size_mib,
        log_max_files=wanted.log_max_files,
        address_pools=[(pool.base, pool.prefix) for pool in wanted.address_pools],
        registry_mirrors=wanted.registry_mirrors,
    )
    engines: dict[str, Engine] = {}
    previous_manager: Engine | None = None
    for machine in cluster.machines.values():
        engine = Engine(
            f"{machine.name}-engine",
            EngineArgs(
                machine=machine,
                settings=engine_settings,
                certificate=certificates.servers.get(machine.name),
                after=previous_manager.configured if previous_manager and machine.role == "manager" else None,
            ),
            pulumi.ResourceOptions(deleted_with=cluster),
        )
        engines[machine.name] = engine
        if machine.role == "manager":
            previous_manager = engine
    return engines
