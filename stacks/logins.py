"""Logins on machines by SSH: keys of further people, and the replacement of the program's own key."""

from collections.abc import Mapping, Sequence

import pulumi

from components.machines.authorized_keys import AuthorizedKeys, AuthorizedKeysArgs
from components.machines.cluster import Cluster
from components.machines.login_key import LoginKey, LoginKeyArgs
from stacks.config.settings import Settings


def deploy(settings: Settings, cluster: Cluster, packages: Mapping[str, pulumi.Resource]) -> None:
    """Make the logins; `packages` are the commands after which machines answer."""
    _replace_login_key(cluster, _authorize_keys(settings, cluster, packages))


def _authorize_keys(
    settings: Settings, cluster: Cluster, packages: Mapping[str, pulumi.Resource]
) -> Mapping[str, Sequence[pulumi.Resource]]:
    """Make the keys of further people; return the commands after which nobody changes files of keys, by machine."""
    keys = settings.machines.ssh.authorized_keys
    if not keys:
        return {name: [installed] for name, installed in packages.items()}
    args = AuthorizedKeysArgs(keys=keys, machines=cluster.machines, depends_on=packages)
    authorized = AuthorizedKeys("authorized-keys", args, cluster.child_lifecycle())
    return {name: [installed, authorized.commands[name]] for name, installed in packages.items()}


def _replace_login_key(cluster: Cluster, depends_on: Mapping[str, Sequence[pulumi.Resource]]) -> None:
    """Make the replacement of the program's own key, if the machines have to learn or to forget one."""
    keys = cluster.login_keys
    if cluster.next_key is None and not keys.retired:
        return
    args = LoginKeyArgs(
        generation=keys.generations.current,
        key=cluster.next_key or cluster.ssh_key,
        former=cluster.ssh_key if cluster.next_key else None,
        retired=keys.retired,
        machines=cluster.machines,
        depends_on=depends_on,
    )
    LoginKey("login-key", args, cluster.child_lifecycle())
