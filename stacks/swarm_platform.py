"""The swarm of every kind, and what puts services on it."""

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
from stacks import networks
from stacks.config.settings import Settings
from stacks.data_generations import with_data
from stacks.foundation import Foundation
from stacks.memberships import memberships


class SwarmPlatform:
    """A swarm with its networks. `image` and `stack` put services on it, `outputs` tells how to reach it."""

    def __init__(
        self,
        settings: Settings,
        foundation: Foundation,
        prior: PriorState,
        before_joining: Mapping[str, pulumi.Resource],  # machine -> what has to be there
    ):
        self.settings = settings
        self.foundation = foundation
        self._prior = prior
        self.address: pulumi.Input[str] = settings.domain or foundation.address
        self._swarm = _swarm(settings, foundation)
        self._members = memberships(foundation, self._swarm, before_joining, prior)
        joined = list(self._members.values())
        JoinTokens(
            "swarm-tokens",
            JoinTokensArgs(swarm=self._swarm, memberships=joined),
            foundation.cluster.child_lifecycle(),
        )
        self._stacks: list[ServiceStack] = []
        self._images: dict[str, Image] = {}
        self.urls: dict[str, pulumi.Output[str]] = {}  # of services that not every kind has
        # Where machines are left one by one, the last manager is left after all that is on the swarm.
        last = [self._members[foundation.api_manager.name]] if foundation.cluster.survives_destroy else []
        self._networks = networks.own(settings)
        looked = NetworkChanges(
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
            pulumi.ResourceOptions(depends_on=[self._swarm, looked, *last], providers=[_provider(foundation)]),
        )
        self.public = self.network("public-network")
        self.web = self.network("web-network")
        self.docker = self.network("docker-api")
        # Always there, as a service that is put on another network has to be removed first: Traefik is on it.
        self.monitoring = self.network("monitoring-network")
        self.backend = self.network("backend-network") if settings.kind == "host" else None
        # They are there without what they open, so that this has the same ones when it is switched on again.
        self.logins = {name: Login(f"{name}-login", "admin") for name in ("prometheus", "grafana")}
        self.metrics_login = Login("traefik-metrics-login", "prometheus")

    def network(self, name: str) -> OverlayNetwork:
        """One of the program's networks in the swarm."""
        return OverlayNetwork(name, self._networks[name], self.foundation.owner, self.in_swarm)

    def image(self, name: str) -> pulumi.Output[str]:
        """Return the image of a setting `images.<name>`, pinned."""
        if name not in self._images:
            self._images[name] = self._pulled(name)
        return self._images[name].reference

    def _pulled(self, name: str) -> Image:
        return Image(
            f"{name.replace('_', '-')}-image",
            ImageArgs(
                image=self.settings.images.reference(name),
                manager=self.foundation.api_manager,
                service=catalog.images()[name].service,
            ),
            pulumi.ResourceOptions.merge(
                self.foundation.cluster.child_lifecycle(),
                pulumi.ResourceOptions(depends_on=[self.foundation.engines[self.foundation.api_manager.name]]),
            ),
        )

    def stack(
        self, name: str, spec: StackSpec, machines: Sequence[str], after: Sequence[pulumi.Resource] = ()
    ) -> ServiceStack:
        """Services on the swarm, which run on these machines, once the engines there are as they shall be."""
        members = [self._members[machine] for machine in machines]
        engines = [self.foundation.engines[machine] for machine in machines]
        before = [*engines, *after]  # a restart would stop an update
        in_swarm = pulumi.ResourceOptions.merge(self.in_swarm, pulumi.ResourceOptions(depends_on=before))
        told = with_data(spec, self.foundation.cluster.volumes)
        made = ServiceStack(
            name, told, self.foundation.api_manager, self.foundation.owner, in_swarm, members=members, engines=engines
        )
        self._stacks.append(made)
        return made

    def end(self) -> None:
        """What comes last: machines of before leave the swarm, and what lost ones had is forgotten."""
        args = MembersArgs(swarm=self._swarm, memberships=list(self._members.values()))
        last = pulumi.ResourceOptions(depends_on=self._stacks)
        Members("swarm-members", args, pulumi.ResourceOptions.merge(self.foundation.cluster.child_lifecycle(), last))
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


def _provider(foundation: Foundation) -> docker.Provider:
    """One for the whole life of a swarm: another entry or certificate updates it, and touches none of its resources."""
    program = foundation.certificates.program
    return docker.Provider(
        "swarm-engine",
        host=pulumi.Output.concat("tcp://", foundation.api_manager.public_address, f":{DOCKER_API.number}"),
        ca_material=program.ca,
        cert_material=program.cert,
        key_material=program.key,
        disable_docker_daemon_check=True,
    )
