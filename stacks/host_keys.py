"""The check that no command has to be undone on a machine that shows another host key than the command expects."""

from collections.abc import Iterator

from components.errors import count, refusal
from components.machines.cluster import Cluster
from components.machines.host_key import HostKeys
from components.machines.prior_state import FIRST_STEPS, PriorState
from components.machines.provider import made_host_keys
from components.machines.ssh_settings import OwnKeySettings
from stacks.config.settings import Settings


def require_no_undoing(settings: Settings, cluster: Cluster, prior: PriorState) -> None:
    """Refuse to replace host keys, and to undo commands on the same machines, in one update.

    Pulumi undoes a command with the connection of the last update that declared it, when all machines have their new
    keys. The program calls this function after it registered all commands.
    Errors: `pulumi.RunError`, which names the commands.
    """
    ssh = settings.machines.ssh
    if not isinstance(ssh, OwnKeySettings):
        return
    keys = made_host_keys(ssh, prior, settings.machines.lost)
    undone = sorted(_undone(cluster, keys, prior))
    if undone:
        raise refusal(
            f"the update cannot undo {count(len(undone), 'command')}",
            [
                f"machines.ssh.host_key_generation: {keys.generation} given, and these settings also undo "
                f"{', '.join(undone)}, which know only the former host key of their machine; allowed: one of both "
                "changes in each `make up`"
            ],
        )


def _undone(cluster: Cluster, keys: HostKeys, prior: PriorState) -> Iterator[str]:
    """Yield the names of commands that Pulumi would undo on a machine that shows another host key then."""
    hosts = {
        command.host: keys.known.get(keys.current(name))
        for name in cluster.machines
        if keys.is_replaced(name) and name not in keys.away
        for step in FIRST_STEPS
        if (command := prior.commands.get(f"{name}-{step}"))
    }
    registered = {name for machine in cluster.machines.values() for name in machine.registered}
    leaving = [f"{name}-" for name in prior.machines if name not in cluster.machines]
    for name, command in prior.commands.items():
        if not command.has_delete or name in registered or command.host not in hosts:
            continue
        # What is about a machine that leaves is deleted with it.
        if command.host_key != hosts[command.host] and not any(word in f"{name}-" for word in leaving):
            yield name
