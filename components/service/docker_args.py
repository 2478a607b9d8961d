"""A service as the Docker provider wants it."""

from base64 import b64encode
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_docker as docker

from components import assets
from components.machines.owner import ID_LABEL
from components.service.spec import HealthCheck, Service

MIB = 1024 * 1024
# With no constraint at all, Docker's client fills in platforms, which the provider then shows as a change for ever.
ANYWHERE = ["node.platform.os==linux"]
PORTS_VARIABLE = "NUVLA_SWARM_PORTS"
MONITOR = "1s"  # in which a task that was healthy may still fail its update
START_S = 5  # that the start of a health check may take
TEMPORARY_MIB = 64  # of each folder in memory, which counts as the service's own memory
KEPT = 4  # one part in so many of the limit is reserved: what a service needs at rest


def duration(seconds: int) -> str:
    """As the provider reads it back, to which anything else would be a change for ever: "45s", "1m", "1m30s"."""
    minutes, rest = divmod(seconds, 60)
    return (f"{minutes}m" if minutes else "") + (f"{rest}s" if rest or not minutes else "")


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def service(
    wanted: Service,
    labels: Mapping[str, pulumi.Input[str]],
    configs: Sequence[docker.ServiceConfig],
    secrets: Sequence[docker.Secret],
) -> docker.ServiceArgs:
    """The service and its one container, with everything sorted that has no order of its own."""
    return docker.ServiceArgs(
        name=wanted.name,
        mode=_mode(wanted),
        labels=[
            docker.ServiceLabelArgs(label=key, value=value)
            for key, value in sorted({**labels, **wanted.labels}.items())
        ],
        task_spec=docker.ServiceTaskSpecArgs(
            # Another id must not be a reason to make the service anew.
            container_spec=_container(
                wanted, {key: label for key, label in labels.items() if key != ID_LABEL}, configs, secrets
            ),
            networks_advanceds=[
                docker.ServiceTaskSpecNetworksAdvancedArgs(id=network.id) for network in wanted.networks
            ],
            placement=docker.ServiceTaskSpecPlacementArgs(constraints=sorted(wanted.constraints) or ANYWHERE),
            resources=docker.ServiceTaskSpecResourcesArgs(
                limits=docker.ServiceTaskSpecResourcesLimitsArgs(memory_bytes=wanted.memory_limit_mib * MIB),
                reservation=docker.ServiceTaskSpecResourcesReservationArgs(
                    memory_bytes=wanted.memory_limit_mib * MIB // KEPT
                ),
            ),
            restart_policy=docker.ServiceTaskSpecRestartPolicyArgs(condition="any", delay="2s", window="0s"),
        ),
        endpoint_spec=_endpoint(wanted),
        update_config=docker.ServiceUpdateConfigArgs(
            parallelism=1, failure_action="rollback", monitor=MONITOR, order=_order(wanted)
        ),
        rollback_config=docker.ServiceRollbackConfigArgs(
            parallelism=1, failure_action="pause", monitor=MONITOR, order=_order(wanted)
        ),
    )


def _mode(wanted: Service) -> docker.ServiceModeArgs:
    if wanted.replicas is None:
        return docker.ServiceModeArgs(global_=True)
    return docker.ServiceModeArgs(replicated=docker.ServiceModeReplicatedArgs(replicas=wanted.replicas))


def _order(wanted: Service) -> str:
    # A second task beside the first could not have the same port of the machine (docker/cli#2274), nor the same data.
    data = any(not mount.read_only and not mount.shared for mount in wanted.mounts)
    return "stop-first" if wanted.ports or data or wanted.replicas is None else "start-first"


def _endpoint(wanted: Service) -> docker.ServiceEndpointSpecArgs:
    # Names stand for the tasks themselves: a virtual IP cuts idle connections after 900 s (moby/moby#31208).
    return docker.ServiceEndpointSpecArgs(
        mode="dnsrr",
        ports=[
            docker.ServiceEndpointSpecPortArgs(
                published_port=port.published,
                target_port=port.target,
                protocol=port.protocol,
                publish_mode="host",
            )
            for port in sorted(wanted.ports, key=lambda port: (port.published, port.protocol))
        ],
    )


def _container(
    wanted: Service,
    labels: Mapping[str, pulumi.Input[str]],
    configs: Sequence[docker.ServiceConfig],
    secrets: Sequence[docker.Secret],
) -> docker.ServiceTaskSpecContainerSpecArgs:
    return docker.ServiceTaskSpecContainerSpecArgs(
        image=wanted.image,
        commands=list(wanted.command) or None,
        args=list(wanted.args),
        env=dict(sorted({**wanted.env, **_ports_variable(wanted)}.items())) or None,
        # Without a group of its own, a user that the image does not know has root's.
        user=f"{wanted.user}:{wanted.user}" if wanted.user is not None else None,
        cap_drops=["ALL"],
        cap_adds=sorted(wanted.capabilities) or None,
        read_only=wanted.read_only,
        labels=[
            docker.ServiceTaskSpecContainerSpecLabelArgs(label=key, value=value)
            for key, value in sorted(labels.items())
        ],
        configs=[
            docker.ServiceTaskSpecContainerSpecConfigArgs(
                config_id=config.id, config_name=config.name, file_name=file.path, file_mode=0o444
            )
            for config, file in zip(configs, wanted.files, strict=True)
        ],
        secrets=[
            docker.ServiceTaskSpecContainerSpecSecretArgs(
                secret_id=secret.id,
                secret_name=secret.name,
                file_name=file.name,
                file_mode=0o400,
                file_uid=wanted.user,
            )
            for secret, file in zip(secrets, wanted.secrets, strict=True)
        ],
        mounts=[
            docker.ServiceTaskSpecContainerSpecMountArgs(
                type=mount.type, source=mount.source, target=mount.target, read_only=mount.read_only
            )
            for mount in wanted.mounts
        ]
        + [
            docker.ServiceTaskSpecContainerSpecMountArgs(
                type="tmpfs",
                target=folder,
                tmpfs_options=docker.ServiceTaskSpecContainerSpecMountTmpfsOptionsArgs(
                    size_bytes=TEMPORARY_MIB * MIB, mode=0o777
                ),
            )
            for folder in wanted.temporary
        ],
        stop_grace_period=duration(wanted.stop_grace_s),
        healthcheck=_health(wanted.health),
    )


def _ports_variable(wanted: Service) -> dict[str, str]:
    """What makes other ports a new container: swarmkit's IsTaskDirty overlooks them beside changed placement.

    A variable and no label of the container: with another label the Docker provider removes the whole service first.
    """
    ports = sorted(f"{port.published}:{port.target}/{port.protocol}" for port in wanted.ports)
    return {PORTS_VARIABLE: " ".join(ports)} if ports else {}


def _health(check: HealthCheck) -> docker.ServiceTaskSpecContainerSpecHealthcheckArgs:
    script = assets.read("service/files/health.sh")
    return docker.ServiceTaskSpecContainerSpecHealthcheckArgs(
        tests=["CMD", "/bin/sh", "-c", script, "health", str(check.pause_s), str(check.timeout_s), *check.command],
        interval=f"{check.interval_s}s",
        timeout=f"{check.pause_s + check.timeout_s + START_S}s",
        retries=check.retries,
        start_period=f"{check.start_period_s}s",
    )
