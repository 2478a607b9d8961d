"""Values for the prior state, from the outputs of several resources."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import Any

from components.ports import SSH


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
