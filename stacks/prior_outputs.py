"""Values for the prior state, from the outputs of several resources."""

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import Any

from components.machines.exoscale.settings import system
from components.machines.host_key import KEY
from components.machines.prior_state import JOIN_SUFFIX, EngineState, Member
from components.machines.ssh_settings import key_of
from components.machines.turns import Build
from components.ports import SSH

BEFORE = "-before"  # ends the names of the commands that record restore points, the first on an existing machine
VERSION = re.compile(r"\d+\.\d+\.\d+")  # that of Debian's engine has more behind it: 26.1.5+dfsg1


def hosts(commands: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the host keys of existing machines by name, as the last command knew them that recorded a restore point.

    What the cluster says is what an update was going to do: it says so before anything is done.
    """
    return {
        name.removesuffix(BEFORE): str(outputs["connection"].get("hostKey") or "")
        for name, outputs in commands.items()
        if name.endswith(BEFORE) and outputs.get("connection")
    }


def systems(instances: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the system of each instance, by name."""
    return {
        name: system(outputs["zone"], outputs["templateId"])
        for name, outputs in instances.items()
        if outputs.get("zone") and outputs.get("templateId")
    }


def members(commands: Mapping[str, Mapping[str, Any]]) -> dict[str, Member]:
    """Return the members by name, as their commands knew them when they joined and got their role.

    What a membership says is what an update was going to do, and Pulumi may have forgotten it.
    """
    found = {}
    for command, join in commands.items():
        if not command.endswith(JOIN_SUFFIX) or not join.get("connection"):
            continue
        name = command.removesuffix(JOIN_SUFFIX)
        invitation = commands.get(f"{name}-membership-node", {})
        found[name] = Member(
            role=role(commands.get(f"{name}-membership-active", {})) or role(invitation),
            public_address=join["connection"]["host"],
            private_address=_parameter(join, "ADDRESS"),
            host_key=join["connection"].get("hostKey") or "",
        )
    return found


def role(command: Mapping[str, Any]) -> str:
    """Return the role that a command gave a member, or invited it to, from its properties; empty if it has not run."""
    return _parameter(command, "ROLE")


def _parameter(command: Mapping[str, Any], name: str) -> str:
    """Return a parameter of one word, which the script of a command ran with; see `components.assets.render_script`."""
    found = re.search(rf"^export {name}=(\S+)$", str(command.get("stdin") or ""), re.MULTILINE)
    return found[1] if found else ""


def unanswered(commands: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """Return the names of memberships whose last invitation their machine has not used to join."""
    invitations = {
        name.removesuffix("-node"): " ".join(str(outputs.get("stdout") or "").split())
        for name, outputs in commands.items()
        if name.endswith("-membership-node")
    }
    return frozenset(
        name
        for name, invitation in invitations.items()
        if invitation and invitation not in commands.get(f"{name}-join", {}).get("stdin", "")
    )


def reaching_ssh(rules: Iterable[Mapping[str, Any]]) -> tuple[IPv4Network, ...]:
    """Return the networks that rules of a security group let in at the SSH port."""
    return tuple(
        IPv4Network(outputs["cidr"])
        for outputs in rules
        if outputs.get("cidr") and int(outputs.get("startPort") or 0) == SSH.number
    )


def labelled(networks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the labels of networks."""
    return {label["label"]: label["value"] for outputs in networks for label in outputs.get("labels") or ()}


def host_keys(keys: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the public halves of the host keys of machines, by logical name."""
    return {
        name: key_of(outputs["publicKeyOpenssh"])
        for name, outputs in keys.items()
        if KEY.fullmatch(name) and outputs.get("publicKeyOpenssh")
    }


def engines(
    components: Mapping[str, Mapping[str, Any]], commands: Mapping[str, Mapping[str, Any]]
) -> dict[str, EngineState]:
    """Return the engines by machine, from the outputs of their components and commands.

    A component whose inputs an update has changed has no outputs until an update ends well; commands keep theirs.
    """
    found = {}
    for name, outputs in components.items():
        machine = name.removesuffix("-engine")
        ran = VERSION.match(_printed(commands, f"{name}-configure"))
        wanted = outputs.get("wanted") or ({"version": ran[0]} if ran else None)
        if wanted is not None:
            build = wanted.get("build")
            found[machine] = EngineState(
                version=wanted["version"],
                installed=_parameter(commands.get(f"{name}-install", {}), "VERSION"),
                daemon=wanted.get("daemon"),
                access=wanted.get("access"),
                build=Build(**build) if build is not None else None,
                generation=outputs.get("generation"),
                upgrade=_printed(commands, f"{machine}-upgrade-run").partition(" ")[0] or None,
            )
    return found


def _printed(commands: Mapping[str, Mapping[str, Any]], name: str) -> str:
    return str(commands.get(name, {}).get("stdout") or "")
