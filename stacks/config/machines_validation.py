"""Checks of the machines that settings name; the first sentence of each is a rule of docs/settings.md."""

from collections.abc import Iterator

from stacks.config.settings import Settings

RESERVED_PREFIX = "nuvla-swarm."  # of node labels: the program marks nodes with their machine and its own labels


def _has_an_active_manager(settings: Settings) -> Iterator[str]:
    """At least one manager has `availability: active`, by its pool or by `machines.overrides`."""
    machines = settings.machines
    if machines.names("manager", active=True):
        return
    first = machines.first_manager()
    override = machines.overrides.get(first)
    if override is not None and override.availability is not None:
        yield (
            f'machines.overrides.{first}.availability: "{override.availability}" given, which leaves no active '
            "manager; allowed: active, or another manager that is active, since Traefik runs on managers"
        )
    else:
        yield "machines.pools: no active manager; required: at least one, since Traefik runs on managers"


def _overrides_are_of_machines(settings: Settings) -> Iterator[str]:
    """`machines.overrides` names machines of the pools."""
    every = settings.machines.names("manager", "worker")
    for name in settings.machines.overrides:
        if name not in every:
            yield f'machines.overrides.{name}: "{name}" given; allowed: one of {", ".join(every)}'


def _lost_machines_are_in_pools(settings: Settings) -> Iterator[str]:
    """`machines.lost` names machines of the pools, and not all managers."""
    every, managers = settings.machines.names("manager", "worker"), settings.machines.names("manager")
    for index, name in enumerate(settings.machines.lost):
        if name not in every:
            yield f'machines.lost[{index}]: "{name}" given; allowed: one of {", ".join(every)}'
    if set(managers) <= set(settings.machines.lost):
        yield (
            f"machines.lost: {', '.join(managers)} given, which leaves no manager; required: a manager that is not "
            "lost (without any, the swarm is lost: make a new stack)"
        )


def _named_machines_are_usable(settings: Settings) -> Iterator[str]:
    """Machines that settings name are in pools: `swarm.api_manager` is a manager, such as `manager-1`.

    `traefik.acme.machine` is a manager, too; `nfs.machine` and `monitoring.machine` may be any machine. All three have
    to have `availability: active`, and not to be lost. Where such a setting is unset and means the first manager, the
    same holds for that manager.
    """
    machines, acme = settings.machines, settings.traefik.acme
    if not machines.names("manager", active=True) or set(machines.names("manager")) <= set(machines.lost):
        return
    active = machines.names("manager", "worker", active=True)
    managers, active_managers = machines.names("manager"), machines.names("manager", active=True)
    # The value of each setting, the machine that it means, and the machines that it may name.
    monitoring_machine = settings.monitoring_machine
    monitored = settings.monitoring.enabled or monitoring_machine in machines.lost
    choices: dict[str, tuple[str | None, str | None, list[str]]] = {
        "swarm.api_manager": (settings.swarm.api_manager, settings.api_manager, managers),
        "nfs.machine": (settings.nfs.machine, settings.nfs_machine if settings.has_nfs else None, active),
        "monitoring.machine": (settings.monitoring.machine, monitoring_machine if monitored else None, active),
        "traefik.acme.machine": (
            acme.machine if acme else None,
            settings.acme_machine if acme else None,
            active_managers,
        ),
    }
    for path, (value, meant, allowed) in choices.items():
        is_preference = path == "swarm.api_manager"  # another one takes its place
        alive = [name for name in allowed if is_preference or name not in machines.lost]
        if value is not None and value not in alive:
            why = ", which is lost" if value in machines.lost else _why_inactive(settings, value)
            yield f'{path}: "{value}" given{why}; allowed: {_one_of(alive)}'
        elif value is None and meant is not None and meant not in alive:
            why = _why_inactive(settings, meant)
            yield f"{path}: not given, which means {meant}{why}; allowed: {_one_of(alive)}"


def _one_of(names: list[str]) -> str:
    return f"one of {', '.join(names)}" if names else "an active machine that is not lost, and there is none"


def _why_inactive(settings: Settings, name: str) -> str:
    """Return the reason why a machine runs no services; empty if it runs some, or is unknown."""
    machines = settings.machines
    if name not in machines.names("manager", "worker") or name in machines.names("manager", "worker", active=True):
        return ""
    override = machines.overrides.get(name)
    if override is None or override.availability is None:
        return ", which runs no services, as the availability of its pool says"
    return f", which runs no services, as machines.overrides.{name}.availability says; its data stay there"


def _first_manager_is_clear(settings: Settings) -> Iterator[str]:
    """With several manager pools, or several managers and none numbered 1, set `swarm.api_manager` and each `machine`.

    That is `monitoring.machine`, on a target `nfs.machine`, and with `traefik.acme` its `machine`. Pools have no order,
    nor have hosts with names, so no manager is clearly the first.
    """
    machines, acme = settings.machines, settings.traefik.acme
    managers = sorted(machines.names("manager", active=True))
    if machines.first_manager_is_clear() or not managers:
        return
    required = {"swarm.api_manager": settings.swarm.api_manager, "monitoring.machine": settings.monitoring.machine}
    if settings.kind == "target":
        required["nfs.machine"] = settings.nfs.machine
    if acme is not None:
        required["traefik.acme.machine"] = acme.machine
    for path, name in required.items():
        if name is None:
            yield (
                f"{path}: not given; required: one of {', '.join(managers)}, "
                "as no manager is clearly the first: the stack has several manager pools, or hosts with names"
            )


def _labels_are_free(settings: Settings) -> Iterator[str]:
    """Node labels do not begin with `nuvla-swarm.`, nor with `nuvla_swarm.`, which looks the same to Prometheus."""
    for path, labels in settings.machines.labels():
        for key in labels:
            if key.replace("_", "-").startswith(RESERVED_PREFIX):
                yield f"{path}.{key}: {key} given; allowed: a label that does not begin with {RESERVED_PREFIX}"


def _acme_has_a_domain(settings: Settings) -> Iterator[str]:
    """`traefik.acme` requires `domain`."""
    if settings.traefik.acme is not None and settings.domain is None:
        yield "domain: not given; required: the name that traefik.acme gets a certificate for"


CHECKS = (
    _has_an_active_manager,
    _lost_machines_are_in_pools,
    _overrides_are_of_machines,
    _named_machines_are_usable,
    _first_manager_is_clear,
    _labels_are_free,
    _acme_has_a_domain,
)
