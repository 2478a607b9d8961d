"""What a swarm stands on, in every kind: machines, each with an engine, a firewall and folders for data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.engine.certificates import Certificates, CertificatesArgs
from components.engine.daemon_json import EngineSettings
from components.engine.engine import Engine, EngineArgs
from components.firewall.firewall import Firewall, FirewallArgs, Mode
from components.firewall.rules import Row, Source
from components.machines.cluster import Cluster
from components.machines.machine import Machine
from components.machines.owner import Owner, this_infrastructure
from components.monitoring.settings import USERS, WITH_DATA
from components.storage.data_folder import DataVolume, DataVolumeArgs
from stacks import clusters
from stacks.config.loader import Secrets
from stacks.config.settings import Settings
from stacks.prior_state import PriorState

# Who writes there: the users that the services run as, in their images or by their stacks.
OWNERS = {
    "nfs": "65534:65534",
    **{name: f"{USERS[name]}:{USERS[name]}" for name in WITH_DATA},
    "traefik": "0:0",
    "db": "1000:1000",
    "streams": "1000:1000",
}
FORMERS = dict.fromkeys(("prometheus", "alertmanager"), "65534")  # as whom they ran once, beside S3 and NFS


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Machines that are ready to form a swarm."""

    owner: Owner
    cluster: Cluster
    entry: Machine  # manager that the program talks to
    address: pulumi.Input[str]  # ipv4 that others reach the infrastructure by: the entry's, or one that outlives it
    certificates: Certificates
    engines: Mapping[str, Engine]
    installed: Mapping[str, pulumi.Resource]  # machine -> its packages; what installs more there comes after that
    firewall: Firewall
    rows: Sequence[Row]  # what is open to whom, on every provider
    volumes: Mapping[str, DataVolume]

    def addresses(self) -> list[pulumi.Input[str]]:
        """All that users may reach the managers by."""
        own = [machine.public_address for machine in self.cluster.managers()]
        return own if self.address is self.entry.public_address else [*own, self.address]


def build(settings: Settings, secrets: Secrets, rows: Sequence[Row], prior: PriorState) -> Ground:
    """Machines with an engine; all but the machines is deleted with them, where they are."""
    sources = {
        Source.MANAGEMENT: settings.firewall.management,
        Source.CLUSTER: settings.machines.cluster_networks(),
        Source.NUVLA: settings.firewall.nuvla,
        Source.USERS: settings.firewall.users,
    }
    owner = this_infrastructure()
    cluster = clusters.build(settings, secrets, owner, prior, rows=rows, sources=sources)
    entry = cluster.machines[settings.entry]
    address = entry.public_address if cluster.entry_address is None else cluster.entry_address
    certificates = _certificates(settings, cluster.managers(), entry, address, prior)
    engines = _engines(settings, cluster, certificates, prior)
    installed = {name: engine.installed for name, engine in engines.items()}
    ephemeral = settings.firewall.ephemeral
    firewall = Firewall(
        "firewall",
        FirewallArgs(
            mode=_mode(settings),
            rows=rows,
            sources=sources,
            containers=[network for _, network in settings.container_networks()],
            ephemeral=(ephemeral.first, ephemeral.last),
            machines=cluster.machines,
            prepared=installed,
        ),
        cluster.inside(),
    )
    return Ground(
        owner=owner,
        cluster=cluster,
        entry=entry,
        address=address,
        certificates=certificates,
        engines=engines,
        installed=installed,
        firewall=firewall,
        rows=rows,
        volumes=_volumes(settings, cluster, installed),
    )


def _mode(settings: Settings) -> Mode:
    machines = settings.machines
    if machines.provider == "local":
        return "rules"
    if machines.provider == "existing":
        return "confirmed rules" if machines.firewall else "confirmed containers"
    return "containers"


def _volumes(settings: Settings, cluster: Cluster, installed: Mapping[str, pulumi.Resource]) -> dict[str, DataVolume]:
    keep = settings.volumes.keep
    return {
        name: DataVolume(
            f"{name}-data",
            DataVolumeArgs(
                volume=volume,
                machine=cluster.machines[volume.machine],
                owner=OWNERS[name],
                former=FORMERS.get(name, ""),
                prepared=installed[volume.machine],
                keep=keep,
            ),
            # What is kept is unmounted before its machine is destroyed.
            None if keep and volume.device is not None else cluster.inside(),
        )
        for name, volume in cluster.volumes.items()
    }


def _certificates(
    settings: Settings, managers: list[Machine], entry: Machine, address: pulumi.Input[str], prior: PriorState
) -> Certificates:
    servers: dict[str, list[pulumi.Input[str]]] = {
        machine.name: [machine.public_address, machine.private_address] for machine in managers
    }
    if address is not entry.public_address:
        servers[entry.name].append(address)
    return Certificates(
        "certificates",
        CertificatesArgs(
            generation=settings.engine.certificate_generation,
            operator_generation=settings.engine.operator_certificate_generation,
            nuvla_generation=settings.engine.nuvla_certificate_generation,
            former_nuvla_end=prior.nuvla_certificate_end,
            server_days=settings.engine.server_certificate_days,
            client_days=settings.engine.client_certificate_days,
            domain=settings.domain,
            servers=servers,
        ),
    )


def _engines(settings: Settings, cluster: Cluster, certificates: Certificates, prior: PriorState) -> dict[str, Engine]:
    wanted = settings.engine
    engine_settings = EngineSettings(
        source=settings.engine_source,
        version=settings.engine_version,
        containerd_version=settings.containerd_version,
        log_max_size_mib=wanted.log_max_size_mib,
        log_max_files=wanted.log_max_files,
        address_pools=[(pool.base, pool.prefix) for pool in wanted.address_pools],
        registry_mirrors=wanted.registry_mirrors,
        no_new_privileges=settings.no_new_privileges,
        icc=settings.icc,
    )
    engines: dict[str, Engine] = {}
    previous_manager: Engine | None = None
    for machine in cluster.machines.values():
        # Those that are managers no more have their part in the quorum until they are demoted, which is later.
        votes = machine.role == "manager" or machine.name in prior.managers
        engine = Engine(
            f"{machine.name}-engine",
            EngineArgs(
                machine=machine,
                settings=engine_settings,
                certificate=certificates.servers.get(machine.name),
                after=previous_manager.configured if previous_manager and votes else None,
            ),
            cluster.inside(),
        )
        engines[machine.name] = engine
        if votes:
            previous_manager = engine
    return engines
