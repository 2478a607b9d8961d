"""What all kinds of infrastructure share: machines with an engine, in a swarm, behind Traefik."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_docker as docker

from components.engine.certificates import Certificates, CertificatesArgs
from components.engine.daemon import API_PORT, EngineSettings
from components.engine.engine import Engine, EngineArgs
from components.machines.cluster import Cluster, Key, Pool
from components.machines.local import LocalCluster, LocalClusterArgs
from components.machines.machine import Machine
from components.service.image import Image, ImageArgs
from components.service.spec import Memory
from components.service.stack import ServiceStack
from components.swarm.membership import Membership, MembershipArgs
from components.swarm.network import OverlayNetwork, OverlayNetworkArgs
from components.swarm.swarm import Swarm, SwarmArgs
from components.traefik.certificate import SelfSignedCertificate, SelfSignedCertificateArgs
from components.traefik.traefik import DASHBOARD_PORT, TraefikSettings, traefik
from stacks.configuration import Secrets
from stacks.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Base:
    """What the kinds add to."""

    cluster: Cluster
    entry: Machine
    certificates: Certificates

    def outputs(self, settings: Settings) -> dict[str, Any]:
        """Outputs that every kind has."""
        address = settings.domain or self.entry.public_address
        return {
            "kind": settings.kind,
            "machines": {
                machine.name: {
                    "role": machine.role,
                    "public_address": machine.public_address,
                    "private_address": machine.private_address,
                    "ssh": pulumi.Output.concat("ssh ", machine.user, "@", machine.public_address),
                }
                for machine in self.cluster.machines.values()
            },
            "ssh": pulumi.Output.secret({"user": self.entry.user, "private_key": self.entry.private_key}),
            "docker": {
                "endpoint": pulumi.Output.concat("tcp://", self.entry.public_address, f":{API_PORT}"),
                "operator": self.certificates.operator.outputs(),
                "nuvla": self.certificates.nuvla.outputs(),
            },
            "urls": {
                "traefik": pulumi.Output.concat("https://", address, "/"),
                "dashboard": pulumi.Output.concat("http://", address, f":{DASHBOARD_PORT}/dashboard/"),
            },
        }


def build(settings: Settings, secrets: Secrets) -> Base:
    """Machines, engines, swarm, public network and Traefik; all but the machines is deleted with them."""
    cluster = _cluster(settings, secrets)
    managers = cluster.managers()
    entry = cluster.machines[settings.swarm.entry or managers[0].name]
    certificates = _certificates(settings, managers)
    engines = _engines(settings, cluster, certificates)
    swarm = Swarm(
        "swarm",
        SwarmArgs(
            entry=entry,
            managers=managers,
            address_pools=settings.swarm.address_pools,
            subnet_prefix=settings.swarm.subnet_prefix,
        ),
        pulumi.ResourceOptions(deleted_with=cluster, depends_on=[engines[entry.name]]),
    )
    memberships = {
        machine.name: Membership(
            f"{machine.name}-membership",
            MembershipArgs(machine=machine, swarm=swarm, engine=engines[machine.name], leaves=False),
            pulumi.ResourceOptions(deleted_with=cluster),
        )
        for machine in cluster.machines.values()
    }
    in_swarm = pulumi.ResourceOptions(
        deleted_with=cluster, depends_on=[swarm], providers=[_provider(entry, certificates)]
    )
    network = settings.swarm.public_network
    public_network = OverlayNetwork(
        "public-network", OverlayNetworkArgs(physical_name=network.name, attachable=network.attachable), in_swarm
    )
    image = Image(
        "traefik-image",
        ImageArgs(image=settings.images.traefik, manager=entry),
        pulumi.ResourceOptions(deleted_with=cluster, depends_on=[engines[entry.name]]),
    )
    certificate = SelfSignedCertificate(
        "traefik-certificate",
        SelfSignedCertificateArgs(
            addresses=[machine.public_address for machine in managers],
            domain=settings.domain,
            days=settings.traefik.certificate_days,
        ),
    )
    ServiceStack(
        "traefik",
        traefik(_traefik_settings(settings), image.reference, [public_network], certificate),
        entry,
        [memberships[machine.name] for machine in managers],
        in_swarm,
    )
    return Base(cluster=cluster, entry=entry, certificates=certificates)


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


def _provider(entry: Machine, certificates: Certificates) -> docker.Provider:
    """One for the whole life of a swarm: another entry or certificate updates it, and touches none of its resources."""
    return docker.Provider(
        "swarm-engine",
        host=pulumi.Output.concat("tcp://", entry.public_address, f":{API_PORT}"),
        ca_material=certificates.program.ca,
        cert_material=certificates.program.cert,
        key_material=certificates.program.key,
        disable_docker_daemon_check=True,
    )


def _traefik_settings(settings: Settings) -> TraefikSettings:
    wanted = settings.traefik
    return TraefikSettings(
        network=settings.swarm.public_network.name,
        log_level=wanted.log_level,
        access_log=wanted.access_log,
        memory=Memory(limit_mib=wanted.memory_limit_mib, reservation_mib=wanted.memory_reservation_mib),
    )
