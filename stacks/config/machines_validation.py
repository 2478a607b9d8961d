"""What has to hold of the machines that settings name: one line for each mistake."""

from collections.abc import Iterator

from stacks.config.settings import Settings

OWN_LABELS = "nuvla-swarm."  # of nodes: which machine one is, and what the program gave it


def _an_active_manager(settings: Settings) -> Iterator[str]:
    if not settings.machines.names("manager", active=True):
        yield "machines.pools: no active manager; required: one at least, since Traefik runs on managers"


def _lost_machines(settings: Settings) -> Iterator[str]:
    every = settings.machines.names("manager", "worker")
    for index, name in enumerate(settings.machines.lost):
        if name not in every:
            yield f'machines.lost[{index}]: "{name}" given; allowed: some of {", ".join(every)}'


def _named_machines(settings: Settings) -> Iterator[str]:
    """What is nowhere said is on the first manager, which may be lost."""
    machines, acme = settings.machines, settings.traefik.acme
    if not machines.names("manager", active=True):
        return
    active = machines.names("manager", "worker", active=True)
    managers, active_managers = machines.names("manager"), machines.names("manager", active=True)
    said_or_not: dict[str, tuple[str | None, str | None, list[str]]] = {
        "swarm.api_manager": (settings.swarm.api_manager, settings.api_manager, managers),
        "nfs.machine": (settings.nfs.machine, settings.nfs_machine if settings.has_nfs else None, active),
        "monitoring.machine": (settings.monitoring.machine, settings.monitoring_machine, active),
        "traefik.acme.machine": (
            acme.machine if acme else None,
            settings.acme_machine if acme else None,
            active_managers,
        ),
    }
    for path, (said, meant, allowed) in said_or_not.items():
        alive = [name for name in allowed if name not in machines.lost]
        if said is not None and said not in alive:
            why = ", which is lost" if said in machines.lost else ""
            if said in set(machines.names("manager", "worker")) - set(active):
                why = ", which runs no services, by the availability of its pool"
            yield f'{path}: "{said}" given{why}; allowed: one of {", ".join(alive)}'
        elif said is None and meant is not None and meant not in alive:
            yield f"{path}: not given, which means {meant}; allowed: one of {', '.join(alive)}"


def _what_runs_where_is_said(settings: Settings) -> Iterator[str]:
    """Pools, and hosts with names of their own, have no order that one could rely on."""
    machines, acme = settings.machines, settings.traefik.acme
    managers = sorted(machines.names("manager", active=True))
    if machines.first_manager_is_clear() or not managers:
        return
    wanted = {"swarm.api_manager": settings.swarm.api_manager, "monitoring.machine": settings.monitoring.machine}
    if settings.kind == "target":
        wanted["nfs.machine"] = settings.nfs.machine
    if acme is not None:
        wanted["traefik.acme.machine"] = acme.machine
    for path, name in wanted.items():
        if name is None:
            yield (
                f"{path}: not given; required: one of {', '.join(managers)}, "
                "as there is more than one pool of managers, or hosts with names of their own"
            )


def _labels_are_theirs(settings: Settings) -> Iterator[str]:
    """The program's own labels of nodes, which Prometheus writes with underscores."""
    for path, labels in settings.machines.labels():
        for key in labels:
            if key.replace("_", "-").startswith(OWN_LABELS):
                yield f"{path}.{key}: {key} given; allowed: a label that does not begin with {OWN_LABELS}"


def _certificates_have_a_name(settings: Settings) -> Iterator[str]:
    if settings.traefik.acme is not None and settings.domain is None:
        yield "domain: not given; required: the name that traefik.acme gets a certificate for"


CHECKS = (
    _an_active_manager,
    _lost_machines,
    _named_machines,
    _what_runs_where_is_said,
    _labels_are_theirs,
    _certificates_have_a_name,
)
