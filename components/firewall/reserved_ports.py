"""Ports of the machines that no service of the swarm can publish."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.machines.error_hints import SWARM_HINTS, ErrorHints
from components.machines.owner import Owner
from components.ports import PortRule, Protocol
from components.service import docker_args
from components.service.spec import HealthCheck, Port, Service

NAME = "nuvla-swarm-ports"  # of the service, which Docker names to whom it refuses a port


@dataclass(frozen=True, kw_only=True)
class ReservedPortsArgs:
    """What is reserved."""

    rows: Sequence[PortRule]  # of the firewall
    ssh: Sequence[int]  # ports of the machines' SSH servers, where another one than that of the rows
    image: pulumi.Input[str]  # of the service, which runs nowhere
    owner: Owner


class ReservedPorts(pulumi.ComponentResource):
    """A service without a task that publishes the ports of machines' own daemons.

    A port that an application publishes in Swarm's usual way is taken on all machines, before whatever listens there:
    22 would take SSH away. Swarm refuses a port that another service has, whether that runs or not.
    Outputs: ``ports`` (list), "22/tcp".
    Errors: the update fails where an application has one of the ports already; Docker names it.
    Source: moby/swarmkit, manager/controlapi/service.go, checkPortConflicts.
    """

    def __init__(self, name: str, args: ReservedPortsArgs, opts: pulumi.ResourceOptions | None = None):
        ports: set[tuple[int, Protocol]] = {(port, "tcp") for port in args.ssh}
        ports |= {(row.first, protocol) for row in args.rows if row.first == row.last for protocol in row.protocols}
        shown = [f"{port}/{protocol}" for port, protocol in sorted(ports)]
        super().__init__("nuvla:firewall:ReservedPorts", name, {"ports": shown}, opts)
        service = Service(
            name=NAME,
            image=args.image,
            networks=[],
            memory_limit_mib=64,  # of no task
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
        self.register_outputs({"ports": shown})
