"""The one place where a description of services becomes resources of the swarm."""

import hashlib
from collections.abc import Sequence

import pulumi
import pulumi_docker as docker

from components.engine.engine import Engine
from components.machines.error_hints import SWARM_HINTS, ErrorHints
from components.machines.machine import Machine
from components.machines.owner import Owner
from components.service import docker_args
from components.service.spec import Service, StackSpec
from components.swarm.membership import Membership

# Lets `docker stack ps` find what belongs together, under a name that no stack of an application has: `docker stack rm`
# removes all that bears its name, and `docker stack deploy --prune` all that is not in its file.
NAMESPACE_LABEL = "com.docker.stack.namespace"
PREFIX = "nuvla-swarm-"


class ServiceStack(pulumi.ComponentResource):
    """A stack of services that run and are well.

    A changed file, secret or setting replaces its config and updates the services that read it, and no other. Their
    files, services and the one wait for all of them are its children.
    Outputs: ``services`` (list), their names.
    Errors: the update fails when an image cannot be had, or a service is not healthy on every machine that it fits
    within five minutes.
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
        waits_for: list[pulumi.Resource] = list(members)
        # What makes a task anew, or has to: the wait is for that.
        triggers: list[pulumi.Input[str]] = [member.machine.system_generation for member in members]
        triggers += [engine.generation for engine in engines]
        for service in spec.services:
            running, reasons = self._service(service)
            waits_for.append(running)
            triggers += reasons
        manager.command(
            f"{name}-converged",
            "service/scripts/converge.sh",
            {"SERVICES": " ".join(service.name for service in spec.services)},
            pulumi.ResourceOptions(parent=self, depends_on=waits_for),
            triggers=triggers,
        )
        self.register_outputs({"services": [service.name for service in spec.services]})

    def _service(self, service: Service) -> tuple[docker.Service, list[pulumi.Input[str]]]:
        """The service, and what of it is new when it has to be waited for again."""
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
        running = docker.Service(
            f"{service.name}-service",
            docker_args.service(service, self._labels, configs, secrets),
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=self._hooks,
                # Swarm lets nobody remove a network that a service is on, nor have two of one name.
                replace_with=[on.network for on in service.networks],
                # The engine writes down what the image is for, and a refresh would take that for somebody's change.
                # The labels of its containers are those that it was made with: it is not removed to get other ones.
                ignore_changes=["taskSpec.placement.platforms", "taskSpec.containerSpec.labels"],
            ),
        )
        paths = [file.path for file in service.files]
        spec_hash = hashlib.sha256(repr((service, paths, sorted(service.env))).encode()).hexdigest()[:12]
        return running, [
            running.id,
            service.image,
            *service.env.values(),
            *(network.id for network in service.networks),
            *(config.id for config in configs),
            *(secret.id for secret in secrets),
            spec_hash,
        ]
