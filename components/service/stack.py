"""The one place where a description of services becomes resources of the swarm."""

import hashlib
from collections.abc import Sequence

import pulumi
import pulumi_docker as docker
from pulumi_command import remote

from components.assets import render_script
from components.machines.cluster import MADE_BY_LABEL, made_by
from components.machines.machine import Machine
from components.service import arguments
from components.service.spec import Service, StackSpec
from components.swarm.membership import Membership

STACK_LABEL = "com.docker.stack.namespace"  # lets `docker stack ps` find what belongs together


class ServiceStack(pulumi.ComponentResource):
    """A stack of services that run and are well.

    A changed file, secret or setting replaces its config and updates the services that read it, and no other.
    Outputs: ``services`` (list), their names.
    Errors: the update fails when an image cannot be had, or a service is not healthy on every machine that it fits
    within five minutes.
    """

    def __init__(
        self,
        name: str,
        spec: StackSpec,
        manager: Machine,
        members: Sequence[Membership] = (),  # of the machines that its services run on
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("nuvla:service:ServiceStack", name, dict(spec.settings), opts)
        self._labels = {MADE_BY_LABEL: made_by(), STACK_LABEL: name}
        self._manager = manager
        self._members = members
        self._machines = [member.machine.root_id for member in members]  # another one has to start its services
        for service in spec.services:
            self._service(service)
        self.register_outputs({"services": [service.name for service in spec.services]})

    def _service(self, service: Service) -> None:
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
                data=secret.content.apply(arguments.base64),
                labels=[docker.SecretLabelArgs(label=k, value=v) for k, v in self._labels.items()],
                opts=child,
            )
            for secret in service.secrets
        ]
        wanted = arguments.service(service, self._labels, configs, secrets)
        running = docker.Service(
            f"{service.name}-service",
            wanted,
            # Swarm lets nobody remove a network that a service is on, nor have two of one name.
            opts=pulumi.ResourceOptions(parent=self, replace_with=[on.network for on in service.networks]),
        )
        paths = [file.path for file in service.files]
        spec_hash = hashlib.sha256(repr((service, paths)).encode()).hexdigest()[:12]
        shipped = [*(config.id for config in configs), *(secret.id for secret in secrets)]
        remote.Command(
            f"{service.name}-converged",
            connection=self._manager.connection(),
            create=self._manager.bash(),
            stdin=render_script("service/scripts/converge.sh", {"SERVICE": service.name}),
            triggers=[
                running.id,
                service.image,
                *(network.id for network in service.networks),
                *shipped,
                spec_hash,
                *self._machines,
            ],
            logging=remote.Logging.STDERR,
            add_previous_output_in_env=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[running, *self._members]),
        )
