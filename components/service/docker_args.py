"""Arguments of the Docker provider for a service."""

from base64 import b64encode
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_docker as docker

from components import assets
from components.machines.owner import ID_LABEL
from components.service.spec import HealthCheck, Service

MIB = 1024 * 1024
# Without any constraint, Docker's client adds platforms to the service, and the provider shows them as a change for
# ever.
ANY_NODE = ["node.platform.os==linux"]
LOGIN_LABEL = "io.nuvla.swarm.login"
PORTS_VARIABLE = "NUVLA_SWARM_PORTS"
UPDATE_MONITOR = "1s"  # how long after its start a failing task still fails the update
HEALTH_CHECK_START_S = 5  # that Docker may take to start a health check
TMPFS_SIZE_MIB = 64  # of each folder in memory; counts against the memory limit of the service
RESERVATION_DIVISOR = 4  # the reserved part of the memory limit: as much as a service needs at rest


def duration(seconds: int) -> str:
    """Return a duration in the provider's own form, "45s", "1m" or "1m30s": it shows others as a change for ever."""
    minutes, rest = divmod(seconds, 60)
    return (f"{minutes}m" if minutes else "") + (f"{rest}s" if rest or not minutes else "")


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def to_docker_service_args(
    service: Service,
    labels: Mapping[str, pulumi.Input[str]],
    configs: Sequence[docker.ServiceConfig],
    secrets: Sequence[docker.Secret],
) -> docker.ServiceArgs:
    """Return the arguments of a service and of its container; lists whose order has no meaning are sorted."""
    return docker.ServiceArgs(
        name=service.name,
        mode=_mode(service),
        labels=[
            docker.ServiceLabelArgs(label=key, value=value)
            for key, value in sorted({**labels, **service.labels, **_login_label(service)}.items())
        ],
        task_spec=docker.ServiceTaskSpecArgs(
            # Containers do not bear the id of the infrastructure, so that another id does not replace the service.
            container_spec=_container(
                service, {key: label for key, label in labels.items() if key != ID_LABEL}, configs, secrets
            ),
            networks_advanceds=[
                docker.ServiceTaskSpecNetworksAdvancedArgs(id=network.id) for network in service.networks
            ],
            placement=docker.ServiceTaskSpecPlacementArgs(constraints=sorted(service.constraints) or ANY_NODE),
            resources=docker.ServiceTaskSpecResourcesArgs(
                limits=docker.ServiceTaskSpecResourcesLimitsArgs(memory_bytes=service.memory_limit_mib * MIB),
                reservation=docker.ServiceTaskSpecResourcesReservationArgs(
                    memory_bytes=service.memory_limit_mib * MIB // RESERVATION_DIVISOR
                ),
            ),
            restart_policy=docker.ServiceTaskSpecRestartPolicyArgs(condition="any", delay="2s", window="0s"),
        ),
        endpoint_spec=_endpoint(service),
        update_config=docker.ServiceUpdateConfigArgs(
            parallelism=1, failure_action="rollback", monitor=UPDATE_MONITOR, order=_order(service)
        ),
        rollback_config=docker.ServiceRollbackConfigArgs(
            parallelism=1, failure_action="pause", monitor=UPDATE_MONITOR, order=_order(service)
        ),
    )


def _login_label(service: Service) -> dict[str, pulumi.Input[str]]:
    return {} if service.login_generation is None else {LOGIN_LABEL: service.login_generation}


def _mode(service: Service) -> docker.ServiceModeArgs:
    if service.replicas is None:
        return docker.ServiceModeArgs(global_=True)
    return docker.ServiceModeArgs(replicated=docker.ServiceModeReplicatedArgs(replicas=service.replicas))


def _order(service: Service) -> str:
    # Two tasks cannot publish the same port of a machine (docker/cli#2274), nor write to the same data: the old task
    # stops first.
    writes_data = any(not mount.read_only and not mount.shared for mount in service.mounts)
    return "stop-first" if service.ports or writes_data or service.replicas is None else "start-first"


def _endpoint(service: Service) -> docker.ServiceEndpointSpecArgs:
    # Swarm's DNS names the tasks themselves: a virtual IP cuts idle connections after 900 s (moby/moby#31208).
    return docker.ServiceEndpointSpecArgs(
        mode="dnsrr",
        ports=[
            docker.ServiceEndpointSpecPortArgs(
                published_port=port.published,
                target_port=port.target,
                protocol=port.protocol,
                publish_mode="host",
            )
            for port in sorted(service.ports, key=lambda port: (port.published, port.protocol))
        ],
    )


def _container(
    service: Service,
    labels: Mapping[str, pulumi.Input[str]],
    configs: Sequence[docker.ServiceConfig],
    secrets: Sequence[docker.Secret],
) -> docker.ServiceTaskSpecContainerSpecArgs:
    return docker.ServiceTaskSpecContainerSpecArgs(
        image=service.image,
        commands=list(service.command) or None,
        args=list(service.args),
        env=dict(sorted({**service.env, **_ports_variable(service)}.items())) or None,
        # Docker gives a user that the image does not know the group of root, unless the group is named.
        user=f"{service.user}:{service.user}" if service.user is not None else None,
        cap_drops=["ALL"],
        cap_adds=sorted(service.capabilities) or None,
        read_only=service.read_only,
        labels=[
            docker.ServiceTaskSpecContainerSpecLabelArgs(label=key, value=value)
            for key, value in sorted(labels.items())
        ],
        configs=[
            docker.ServiceTaskSpecContainerSpecConfigArgs(
                config_id=config.id, config_name=config.name, file_name=file.path, file_mode=0o444
            )
            for config, file in zip(configs, service.files, strict=True)
        ],
        secrets=[
            docker.ServiceTaskSpecContainerSpecSecretArgs(
                secret_id=secret.id,
                secret_name=secret.name,
                file_name=file.name,
                file_mode=0o400,
                file_uid=service.user,
            )
            for secret, file in zip(secrets, service.secrets, strict=True)
        ],
        mounts=[
            docker.ServiceTaskSpecContainerSpecMountArgs(
                type=mount.type, source=mount.source, target=mount.target, read_only=mount.read_only
            )
            for mount in service.mounts
        ]
        + [
            docker.ServiceTaskSpecContainerSpecMountArgs(
                type="tmpfs",
                target=folder,
                tmpfs_options=docker.ServiceTaskSpecContainerSpecMountTmpfsOptionsArgs(
                    size_bytes=TMPFS_SIZE_MIB * MIB, mode=0o777
                ),
            )
            for folder in service.temporary
        ],
        stop_grace_period=duration(service.stop_grace_s),
        healthcheck=_health(service.health),
    )


def _ports_variable(service: Service) -> dict[str, str]:
    """Return a variable that lists the ports, so that Swarm replaces the containers when the ports change.

    Without it, swarmkit's IsTaskDirty overlooks changed ports where the placement changes too. It is no label of the
    container, because the Docker provider removes the whole service before it sets another label.
    """
    ports = sorted(f"{port.published}:{port.target}/{port.protocol}" for port in service.ports)
    return {PORTS_VARIABLE: " ".join(ports)} if ports else {}


def _health(check: HealthCheck) -> docker.ServiceTaskSpecContainerSpecHealthcheckArgs:
    script = assets.read("service/files/health.sh")
    times = check.start_period_s, check.pause_s, check.timeout_s
    return docker.ServiceTaskSpecContainerSpecHealthcheckArgs(
        tests=["CMD", "/bin/sh", "-c", script, "health", *map(str, times), *check.command],
        interval=duration(check.interval_s),
        timeout=duration(max(check.pause_s, check.start_period_s) + check.timeout_s + HEALTH_CHECK_START_S),
        retries=check.retries,
    )
