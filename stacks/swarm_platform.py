"""The swarm of every kind, and what puts services on it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_docker as docker

from components.engine.daemon_json import API_PORT
from components.machines.lost_commands import forget
from components.service.image import Image, ImageArgs
from components.service.login import Login
from components.service.spec import StackSpec
from components.service.stack import ServiceStack
from components.swarm.members import Members, MembersArgs
from components.swarm.membership import Membership, MembershipArgs
from components.swarm.network import NetworkChanges, NetworkChangesArgs, OverlayNetwork
from components.swarm.swarm import Swarm, SwarmArgs
from components.swarm.tokens import JoinTokens, JoinTokensArgs
from components.traefik.stack import DASHBOARD_PORT
from stacks import networks, release
from stacks.config.settings import Settings
from stacks.data_generations import with_data
from stacks.foundation import Ground
from stacks.prior_state import PriorState

RUN_BY = {
    "haproxy": "socket-proxy",
    "versitygw": "s3-gateway",
    "openresty": "s3",
}  # services that are not named as their image's setting


class Base:
    """A swarm with its networks. `image` and `stack` put services on it, `outputs` tells how to reach it."""

    def __init__(
        self,
        settings: Settings,
        ground: Ground,
        prior: PriorState,
        before_joining: Mapping[str, pulumi.Resource],  # machine -> what has to be there
    ):
        self.settings = settings
        self.ground = ground
        self._prior = prior
        self.address: pulumi.Input[str] = settings.domain or ground.address
        self._swarm = _swarm(settings, ground)
        self._members = _members(ground, self._swarm, before_joining, prior)
        memberships = list(self._members.values())
        JoinTokens("swarm-tokens", JoinTokensArgs(swarm=self._swarm, memberships=memberships), ground.cluster.inside())
        self._stacks: list[ServiceStack] = []
        # Where machines are left one by one, the last manager is left after all that is on the swarm.
        last = [self._members[ground.entry.name]] if ground.cluster.outlives else []
        self._networks = networks.own(settings)
        looked = NetworkChanges(
            "networks",
            NetworkChangesArgs(
                owner=ground.owner, entry=ground.entry, wanted=list(self._networks.values()), known=prior.unmarked
            ),
            pulumi.ResourceOptions.merge(ground.cluster.inside(), pulumi.ResourceOptions(depends_on=[self._swarm])),
        )
        self.in_swarm = pulumi.ResourceOptions.merge(
            ground.cluster.inside(),
            pulumi.ResourceOptions(depends_on=[self._swarm, looked, *last], providers=[_provider(ground)]),
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
        return OverlayNetwork(name, self._networks[name], self.ground.owner, self.in_swarm)

    def image(self, name: str) -> pulumi.Output[str]:
        """The image of a setting `images.<name>`, pinned."""
        image = Image(
            f"{name.replace('_', '-')}-image",
            ImageArgs(
                image=getattr(self.settings.images, name),
                manager=self.ground.entry,
                service=RUN_BY.get(name, name.replace("_", "-")),
            ),
            pulumi.ResourceOptions.merge(
                self.ground.cluster.inside(),
                pulumi.ResourceOptions(depends_on=[self.ground.engines[self.ground.entry.name]]),
            ),
        )
        return image.reference

    def stack(
        self, name: str, spec: StackSpec, machines: Sequence[str], after: Sequence[pulumi.Resource] = ()
    ) -> ServiceStack:
        """Services on the swarm, which run on these machines, once the engines there are as they shall be."""
        members = [self._members[machine] for machine in machines]
        engines = [self.ground.engines[machine] for machine in machines]
        before = [*engines, *after]  # a restart would stop an update
        in_swarm = pulumi.ResourceOptions.merge(self.in_swarm, pulumi.ResourceOptions(depends_on=before))
        told = with_data(spec, self.ground.cluster.volumes)
        made = ServiceStack(
            name, told, self.ground.entry, self.ground.owner, in_swarm, members=members, engines=engines
        )
        self._stacks.append(made)
        return made

    def end(self) -> None:
        """What comes last: machines of before leave the swarm, and what lost ones had is forgotten."""
        args = MembersArgs(swarm=self._swarm, memberships=list(self._members.values()))
        last = pulumi.ResourceOptions(depends_on=self._stacks)
        Members("swarm-members", args, pulumi.ResourceOptions.merge(self.ground.cluster.inside(), last))
        lost, cluster = self._prior.former(self.settings.machines.lost), self.ground.cluster
        forget(lost, cluster.machines.values(), pulumi.ResourceOptions(parent=cluster))

    def outputs(self) -> dict[str, Any]:
        """Outputs that every kind has."""
        entry, certificates = self.ground.entry, self.ground.certificates
        urls = {
            "traefik": pulumi.Output.concat("https://", self.address, "/"),
            "dashboard": pulumi.Output.concat("http://", self.address, f":{DASHBOARD_PORT}/dashboard/"),
        }
        logins = self.logins if self.settings.monitoring.enabled else {}
        for name in logins:
            urls[name] = pulumi.Output.concat("https://", self.address, f"/{name}/")
        return {
            "version": release.version(),
            "kind": self.settings.kind,
            "machines": {
                machine.name: {
                    "role": machine.role,
                    "public_address": machine.public_address,
                    "private_address": machine.private_address,
                    "ssh": pulumi.Output.concat("ssh ", machine.user, "@", machine.public_address),
                }
                for machine in self.ground.cluster.machines.values()
            },
            "ssh": pulumi.Output.secret({"user": entry.user, "private_key": entry.private_key}),
            "docker": {
                "endpoint": pulumi.Output.concat("tcp://", self.ground.address, f":{API_PORT}"),
                "operator": certificates.operator.outputs(),
                "nuvla": certificates.nuvla.outputs(),
            },
            "certificates": certificates.ends,
            "urls": urls,
            "volumes": {
                name: {"machine": volume.machine, "path": volume.path}
                | ({"id": volume.id} if volume.id is not None else {})
                for name, volume in self.ground.cluster.volumes.items()
            },
            "logins": pulumi.Output.secret({name: login.outputs() for name, login in logins.items()}),
        }


def _swarm(settings: Settings, ground: Ground) -> Swarm:
    return Swarm(
        "swarm",
        SwarmArgs(
            entry=ground.entry,
            managers=ground.cluster.managers(),
            address_pools=settings.swarm.address_pools,
            subnet_prefix=settings.swarm.subnet_prefix,
        ),
        pulumi.ResourceOptions.merge(
            ground.cluster.inside(), pulumi.ResourceOptions(depends_on=[ground.engines[ground.entry.name]])
        ),
    )


def _members(
    ground: Ground, swarm: Swarm, before_joining: Mapping[str, pulumi.Resource], prior: PriorState
) -> dict[str, Membership]:
    """All machines as members: managers one after the other, the entry first; of those that leave, it is the last one.

    Two managers that join at once can keep each other from it for a while, and leave nodes behind that never were.
    """
    outlives, entry, firewalls = ground.cluster.outlives, ground.entry, ground.firewall.applied
    members: dict[str, Membership] = {}
    previous: Membership | None = None
    order = ("entry", "manager", "worker")
    for machine in sorted(
        ground.cluster.machines.values(), key=lambda one: order.index("entry" if one is entry else one.role)
    ):
        # Every machine's firewall has to know one that joins, unless it knows its network.
        known = list(firewalls.values()) if outlives else [firewalls[machine.name]]
        before = [before_joining[machine.name]] if machine.name in before_joining else []
        before += [volume.ready for volume in ground.volumes.values() if volume.machine == machine.name]
        first = [previous] if previous is not None and machine.role == "manager" else []
        first += [members[entry.name]] if outlives and machine is not entry else []
        members[machine.name] = Membership(
            f"{machine.name}-membership",
            MembershipArgs(
                machine=machine,
                swarm=swarm,
                after=[ground.engines[machine.name], *known, *before],
                leaves=outlives,
                asked=prior.invitations(f"{machine.name}-membership"),
            ),
            pulumi.ResourceOptions.merge(ground.cluster.inside(), pulumi.ResourceOptions(depends_on=first)),
        )
        previous = members[machine.name] if machine.role == "manager" else previous
    return members


def _provider(ground: Ground) -> docker.Provider:
    """One for the whole life of a swarm: another entry or certificate updates it, and touches none of its resources."""
    program = ground.certificates.program
    return docker.Provider(
        "swarm-engine",
        host=pulumi.Output.concat("tcp://", ground.entry.public_address, f":{API_PORT}"),
        ca_material=program.ca,
        cert_material=program.cert,
        key_material=program.key,
        disable_docker_daemon_check=True,
    )
