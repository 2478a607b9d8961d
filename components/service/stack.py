"""Stacks of services in the swarm, made from their descriptions."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pulumi
import pulumi_docker as docker

from components.engine.engine import Engine
from components.machines.error_hints import SWARM_HINTS, ErrorHints
from components.machines.machine import Machine
from components.machines.owner import Owner
from components.service import docker_args
from components.service.spec import Service, StackSpec, constraint_for_machine
from components.swarm.membership import Membership

# With this label, `docker stack ps` lists the services of a stack. The prefix keeps its value apart from the names of
# applications' stacks: `docker stack rm` removes every service with that name, and `docker stack deploy --prune` every
# service that its file lacks.
NAMESPACE_LABEL = "com.docker.stack.namespace"
PREFIX = "nuvla-swarm-"


class ServiceStack(pulumi.ComponentResource):
    """A stack of services that run and are healthy.

    A changed file or secret replaces its Swarm config or secret, and updates only the services that mount it. Children
    are the configs, secrets and services, and one command that waits until all of the services are healthy.
    Outputs: ``services`` (list), their names.
    Errors: the update fails when a machine cannot pull an image, or when a service is not healthy within five minutes
    on every machine that its constraints allow.
    """

    def __init__(
        self,
        name: str,
        spec: StackSpec,
        manager: Machine,
        owner: Owner,
        opts: pulumi.ResourceOptions | None = None,
        *,
        members: Sequence[Membership] = (),  # of the machines that its services run on
        engines: Sequence[Engine] = (),  # of these machines
    ):
        super().__init__("nuvla:service:ServiceStack", name, dict(spec.settings), opts)
        self._hooks = ErrorHints(SWARM_HINTS, f"{name}-advice").hooks
        self._labels = {**owner.labels(), NAMESPACE_LABEL: f"{PREFIX}{name}"}
        depends_on: list[pulumi.Resource] = list(members)
        # The command waits again after each change that starts tasks: another machine, engine, service or file.
        triggers: list[pulumi.Input[str]] = [member.machine.system_generation for member in members]
        triggers += [engine.generation for engine in engines]
        for service in spec.services:
            resource, service_triggers = self._service(service)
            depends_on.append(resource)
            triggers += service_triggers
        silent = [member.machine.name for member in members if member.machine.silent]
        awaited = [service.name for service in spec.services if not _is_bound_to(service, silent)]
        waiting = manager if awaited else replace(manager, silent=True)  # which leaves the command as it is
        waiting.command(
            f"{name}-converged",
            "service/scripts/converge.sh",
            {"SERVICES": " ".join(awaited)},
            pulumi.ResourceOptions(parent=self, depends_on=depends_on),
            triggers=triggers,
        )
        self.register_outputs({"services": [service.name for service in spec.services]})

    def _service(self, service: Service) -> tuple[docker.Service, list[pulumi.Input[str]]]:
        """Make a service; return it with the values whose change starts its tasks again."""
        child = pulumi.ResourceOptions(parent=self)
        configs = [
            docker.ServiceConfig(
                f"{service.name}-config-{file.name}",
                data_raw=file.content,
                labels=[docker.ServiceConfigLabelArgs(label=k, value=v) for k, v in self._labels.items()],
                opts=child,
            )
            for file in service.files
        ]
        secrets = [
            docker.Secret(
                f"{service.name}-secret-{secret.name}",
                data=secret.content.apply(docker_args.base64),
                labels=[docker.SecretLabelArgs(label=k, value=v) for k, v in self._labels.items()],
                opts=child,
            )
            for secret in service.secrets
        ]
        resource = docker.Service(
            f"{service.name}-service",
            docker_args.to_docker_service_args(service, self._labels, configs, secrets),
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=self._hooks,
                # Swarm refuses to remove a network that a service is on, and refuses two networks of the same name: to
                # replace a network, the program removes its services first.
                replace_with=[overlay.network for overlay in service.networks],
                # The engine adds the platforms of the image, and a refresh would show them as a change. The labels of
                # containers stay as they were made: to change them, the provider would remove the service.
                ignore_changes=["taskSpec.placement.platforms", "taskSpec.containerSpec.labels"],
            ),
        )
        paths = [file.path for file in service.files]
        spec_hash = hashlib.sha256(repr((service, paths, sorted(service.env))).encode()).hexdigest()[:12]
        return resource, [
            resource.id,
            service.image,
            *service.env.values(),
            *(network.id for network in service.networks),
            *(config.id for config in configs),
            *(secret.id for secret in secrets),
            spec_hash,
        ]


def _is_bound_to(service: Service, machines: Sequence[str]) -> bool:
    """Return whether a service runs on one of these machines and nowhere else."""
    return any(set(constraint_for_machine(name)) <= set(service.constraints) for name in machines)
