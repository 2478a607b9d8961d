"""Security groups, enforced by a table in each machine's network namespace, for its public interface only."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from exoscale.cloud import docker, store
from exoscale.cloud.store import Cloud, Record

RULESET: Final = "/opt/exoscale-standin/firewall.nft"  # loaded at each boot by machine/boot.sh
_TABLE: Final = "table inet exoscale_standin"
_PROTOCOLS: Final = {"ah": "ah", "esp": "esp", "gre": "gre", "ipip": "ipencap"}


def ruleset(cloud: Cloud, instance: Record) -> str:
    """The table; `$public` is the interface with the public address."""
    rules = [
        "iifname != $public accept",
        "ct state established,related accept",
        *_elastic(cloud, instance),
        *sorted({line for line in _rules(cloud, instance) if line}),
        "drop",
    ]
    lines = [_TABLE, f"delete {_TABLE}", f"{_TABLE} {{", "  chain groups {"]
    # after connections are known, before anything that the machine itself may have there
    lines += ["    type filter hook prerouting priority -190; policy accept;", *(f"    {rule}" for rule in rules)]
    return "\n".join([*lines, "  }", "}", ""])


def refresh() -> None:
    """Gives each running machine the table that the groups say by now."""
    with store.lock("firewall"):
        cloud = store.seen()
        for identity, instance in sorted(cloud.of("instance").items()):
            text = ruleset(cloud, instance)
            if _is_up(instance) and instance.get("firewall") != digest(text):
                _apply(identity, instance["container"], text)


def _is_up(instance: Record) -> bool:
    """Whether its machine is there, and not about to go."""
    return bool(instance.get("mac")) and not instance.get("leaves")


def _apply(identity: str, container: str, text: str) -> None:
    try:
        docker.put(container, {RULESET: docker.File(text.encode())})
        if docker.is_running(container):  # else it loads the table when it starts
            docker.docker("exec", container, "/opt/exoscale-standin/boot.sh", "firewall")
    except docker.EngineError:
        if _is_up(store.seen().of("instance").get(identity, {})) and docker.exists(container):
            raise
        return
    with store.changed() as cloud:
        if identity in cloud.of("instance"):
            cloud.of("instance")[identity]["firewall"] = digest(text)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _elastic(cloud: Cloud, instance: Record) -> Iterator[str]:
    """What is sent to an elastic address goes to the instances that it is attached to."""
    others = [ip["address"] for key, ip in cloud.of("elastic-ip").items() if key not in instance["elasticIpIds"]]
    if others:
        yield f"ip daddr {{ {', '.join(sorted(others))} }} drop"


def _rules(cloud: Cloud, instance: Record) -> Iterator[str]:
    for rule in cloud.of("security-group-rule").values():
        if rule["securityGroupId"] in instance["securityGroupIds"]:
            source, match = _source(cloud, rule), _match(rule)
            yield f"{source}{match} accept" if source is not None else ""


def _source(cloud: Cloud, rule: Record) -> str | None:
    """Whom it lets in; None while a group has no members."""
    if cidr := rule.get("cidr"):
        family = "ip6" if ":" in cidr else "ip"
        return f"{family} saddr {cidr} " if not cidr.endswith("/0") else f"meta nfproto {_FAMILIES[family]} "
    members = cloud.instances_with("securityGroupIds", rule["userSecurityGroupId"])
    addresses = sorted(member["address"] for member in members)
    return f"ip saddr {{ {', '.join(addresses)} }} " if addresses else None


_FAMILIES: Final = {"ip": "ipv4", "ip6": "ipv6"}


def _match(rule: Record) -> str:
    protocol = rule["protocol"].lower()
    if protocol in ("tcp", "udp"):
        if "startPort" not in rule:
            return f"meta l4proto {protocol}"
        first, last = rule["startPort"], rule["endPort"]
        return f"{protocol} dport {first if first == last else f'{first}-{last}'}"
    if protocol in ("icmp", "icmpv6"):
        wanted = {"type": rule.get("icmpType", -1), "code": rule.get("icmpCode", -1)}
        parts = [f"{protocol} {part} {number}" for part, number in wanted.items() if number >= 0]
        return " ".join(parts) or f"meta l4proto {'ipv6-icmp' if protocol == 'icmpv6' else 'icmp'}"
    return f"meta l4proto {_PROTOCOLS[protocol]}" if protocol in _PROTOCOLS else "meta l4proto 0-255"
