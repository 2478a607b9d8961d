"""The reservation of machine ports that no service of the swarm may publish."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.machines.error_hints import SWARM_HINTS, ErrorHints
from components.machines.owner import Owner
from components.ports import PortRule, Protocol
from components.service import docker_args
from components.service.spec import HealthCheck, Port, Service

NAME = "nuvla-swarm-ports"  # of the service; Docker names it in the error for a service that asks for a reserved port


@dataclass(frozen=True, kw_only=True)
class ReservedPortsArgs:
    """The ports to reserve."""

    rows: Sequence[PortRule]  # of the firewall
    ssh: Sequence[int]  # ports of the machines' SSH servers, which may differ from the port of the row
    image: pulumi.Input[str]  # of the service, which runs no task
    owner: Owner


class ReservedPorts(pulumi.ComponentResource):
    """A service without a task that publishes the ports of the machines' daemons.

    A port that an application publishes through Swarm's routing mesh is redirected on all machines, even if a daemon
    listens on it: an application on 22 would cut SSH off. Swarm refuses a port of another service, running or not.
    Outputs: ``ports`` (list), such as "22/tcp".
    Errors: the update fails if an application publishes one of the ports already; Docker names the application.
    Source: moby/swarmkit, manager/controlapi/service.go, checkPortConflicts.
    """

    def __init__(self, name: str, args: ReservedPortsArgs, opts: pulumi.ResourceOptions | None = None):
        ports: set[tuple[int, Protocol]] = {(port, "tcp") for port in args.ssh}
        ports |= {(row.first, protocol) for row in args.rows if row.first == row.last for protocol in row.protocols}
        port_titles = [f"{port}/{protocol}" for port, protocol in sorted(ports)]
        super().__init__("nuvla:firewall:ReservedPorts", name, {"ports": port_titles}, opts)
        service = Service(
            name=NAME,
            image=args.image,
            networks=[],
            memory_limit_mib=64,  # required field; the service runs no task
            health=HealthCheck(command=["true"]),
            replicas=0,
            ports=[Port(published=port, target=port, protocol=protocol) for port, protocol in sorted(ports)],
        )
        docker.Service(
            f"{name}-service",
            docker_args.to_docker_service_args(service, args.owner.labels(), [], []),
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=ErrorHints(SWARM_HINTS, f"{name}-advice").hooks,
                ignore_changes=["taskSpec.placement.platforms", "taskSpec.containerSpec.labels"],
            ),
        )
        self.register_outputs({"ports": port_titles})
