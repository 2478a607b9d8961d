"""A swarm with its networks, logins and images, and methods that deploy stacks of services on it."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_docker as docker

from components import catalog
from components.machines.lost_commands import retain_lost_commands
from components.machines.prior_state import PriorState
from components.ports import DOCKER_API
from components.service.image import Image, ImageArgs
from components.service.login import Login
from components.service.spec import StackSpec
from components.service.stack import ServiceStack
from components.swarm.members import Members, MembersArgs
from components.swarm.network import NetworkChanges, NetworkChangesArgs, OverlayNetwork
from components.swarm.swarm import Swarm, SwarmArgs
from components.swarm.tokens import JoinTokens, JoinTokensArgs
from stacks import host_keys, networks
from stacks.config.loader import Secrets
from stacks.config.settings import Settings
from stacks.data_generations import with_data
from stacks.foundation import Foundation
from stacks.memberships import memberships
from stacks.registries import RegistryLogins, registry_logins


class SwarmPlatform:
    """A swarm with its networks and logins. Method `stack` deploys services; call `end` after all stacks."""

    def __init__(
        self,
        settings: Settings,
        foundation: Foundation,
        prior: PriorState,
        before_joining: Mapping[str, pulumi.Resource],  # machine -> resource that its membership depends on
        secrets: Secrets,
    ):
        self.settings = settings
        self.foundation = foundation
        self._prior = prior
        self._registries = registry_logins(settings, secrets)
        self.address: pulumi.Input[str] = settings.domain or foundation.address
        self._swarm = _swarm(settings, foundation)
        self._members = memberships(foundation, self._swarm, before_joining, prior)
        joined = list(self._members.values())
        JoinTokens(
            "swarm-tokens",
            JoinTokensArgs(swarm=self._swarm, memberships=joined, generation=settings.swarm.token_generation),
            foundation.cluster.child_lifecycle(),
        )
        self._stacks: list[ServiceStack] = []
        self._images: dict[str, Image] = {}
        self.urls: dict[str, pulumi.Output[str]] = {}  # of services that only some stacks have
        # Existing machines leave the swarm one by one. The API manager leaves last, after all services and networks are
        # removed through it.
        last = [self._members[foundation.api_manager.name]] if foundation.cluster.survives_destroy else []
        self._networks = networks.own(settings)
        changes = NetworkChanges(
            "networks",
            NetworkChangesArgs(
                owner=foundation.owner,
                api_manager=foundation.api_manager,
                networks=list(self._networks.values()),
                known_ids=prior.unmarked,
            ),
            pulumi.ResourceOptions.merge(
                foundation.cluster.child_lifecycle(), pulumi.ResourceOptions(depends_on=[self._swarm])
            ),
        )
        self.in_swarm = pulumi.ResourceOptions.merge(
            foundation.cluster.child_lifecycle(),
            pulumi.ResourceOptions(
                depends_on=[self._swarm, changes, *last], providers=[_provider(foundation, self._registries)]
            ),
        )
        self.public = self.network("public-network")
        self.web = self.network("web-network")
        self.docker = self.network("docker-api")
        # Made even without monitoring: Traefik is on this network, and to join it later, its service would be replaced.
        self.monitoring = self.network("monitoring-network")
        self.backend = self.network("backend-network") if settings.kind == "host" else None
        # Made even without monitoring, so that users find the same passwords when it is switched on again.
        generations = {
            "prometheus": settings.monitoring.prometheus.login_generation,
            "grafana": settings.monitoring.grafana.login_generation,
        }
        self.logins = {name: Login(f"{name}-login", "admin", generation) for name, generation in generations.items()}
        self.metrics_login = Login("traefik-metrics-login", "prometheus", settings.traefik.metrics_login_generation)

    def network(self, name: str) -> OverlayNetwork:
        """Make one of the program's networks in the swarm."""
        return OverlayNetwork(name, self._networks[name], self.foundation.owner, self.in_swarm)

    def image(self, name: str) -> pulumi.Output[str]:
        """Return the pinned reference of the image of a setting `images.<name>`."""
        if name not in self._images:
            self._images[name] = self._pinned(name)
        return self._images[name].reference

    def _pinned(self, name: str) -> Image:
        return Image(
            f"{name.replace('_', '-')}-image",
            ImageArgs(
                image=self.settings.images.reference(name),
                manager=self.foundation.api_manager,
                service=catalog.images()[name].service,
                login=self._registries.of(self.settings.images.reference(name)),
            ),
            pulumi.ResourceOptions.merge(
                self.foundation.cluster.child_lifecycle(),
                pulumi.ResourceOptions(depends_on=[self.foundation.engines[self.foundation.api_manager.name]]),
            ),
        )

    def stack(
        self, name: str, spec: StackSpec, machines: Sequence[str], depends_on: Sequence[pulumi.Resource] = ()
    ) -> ServiceStack:
        """Deploy a stack of services that run on these machines, after their engines are configured."""
        members = [self._members[machine] for machine in machines]
        engines = [self.foundation.engines[machine] for machine in machines]
        dependencies = [*engines, *depends_on]  # a restart of an engine would interrupt the update of a service
        in_swarm = pulumi.ResourceOptions.merge(self.in_swarm, pulumi.ResourceOptions(depends_on=dependencies))
        spec = self._registries.with_logins(with_data(spec, self.foundation.cluster.volumes))
        stack = ServiceStack(
            name, spec, self.foundation.api_manager, self.foundation.owner, in_swarm, members=members, engines=engines
        )
        self._stacks.append(stack)
        return stack

    def end(self) -> None:
        """Remove former machines from the swarm, and the commands of lost machines from the state, after all stacks."""
        args = MembersArgs(swarm=self._swarm, memberships=list(self._members.values()))
        after_stacks = pulumi.ResourceOptions(depends_on=[*self._stacks, *self.foundation.turns.ends()])
        Members(
            "swarm-members",
            args,
            pulumi.ResourceOptions.merge(self.foundation.cluster.child_lifecycle(), after_stacks),
        )
        host_keys.require_no_undoing(self.settings, self.foundation.cluster, self._prior)
        lost, cluster = self._prior.lost_commands(self.settings.machines.lost), self.foundation.cluster
        retain_lost_commands(lost, cluster.machines.values(), pulumi.ResourceOptions(parent=cluster))


def _swarm(settings: Settings, foundation: Foundation) -> Swarm:
    return Swarm(
        "swarm",
        SwarmArgs(
            api_manager=foundation.api_manager,
            managers=foundation.cluster.managers(),
            address_pools=settings.swarm.address_pools,
            subnet_prefix=settings.swarm.subnet_prefix,
        ),
        pulumi.ResourceOptions.merge(
            foundation.cluster.child_lifecycle(),
            pulumi.ResourceOptions(depends_on=[foundation.engines[foundation.api_manager.name]]),
        ),
    )


def _provider(foundation: Foundation, registries: RegistryLogins) -> docker.Provider:
    """Make the provider of the swarm's resources; another API manager or certificate updates it, and no resource."""
    program = foundation.certificates.program
    return docker.Provider(
        "swarm-engine",
        host=pulumi.Output.concat("tcp://", foundation.api_manager.public_address, f":{DOCKER_API.number}"),
        ca_material=program.ca,
        cert_material=program.cert,
        key_material=program.key,
        disable_docker_daemon_check=True,
        registry_auth=registries.provider_args() or None,
    )
