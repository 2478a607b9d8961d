"""``SshKey``, ``SecurityGroup``, ``SecurityGroupRule`` and ``AntiAffinityGroup``."""

import base64
import binascii
import hashlib
import ipaddress
from typing import ClassVar

from exoscale.bridged import Bridged, given
from exoscale.cloud import firewall, store
from exoscale.cloud.api import bad_request, conflict, not_found
from exoscale.cloud.store import KINDS, Cloud
from exoscale.declared import ANTI_AFFINITY_GROUP, PROTOCOLS, SECURITY_GROUP, SECURITY_GROUP_RULE, SSH_KEY
from standin.check import Failure
from standin.diff import Change, Kind
from standin.resource import Call, State
from standin.values import UNKNOWN, Value, Values, has_unknown, plain


class SshKey(Bridged):
    """A public key under a name, which is its id too."""

    schema = SSH_KEY
    path = "ssh-key"
    replacing = frozenset(SSH_KEY.inputs)

    def make(self, call: Call, inputs: Values) -> tuple[str, Values]:
        record = given(inputs, "name", "publicKey")
        name = record["name"]
        self.call("POST")
        try:
            body = base64.b64decode(record["publicKey"].split()[1], validate=True)
        except (IndexError, binascii.Error):
            raise bad_request(f"SSH key {name!r}: {record['publicKey'][:40]!r} is no public key") from None
        digest = hashlib.md5(body).hexdigest()
        record["fingerprint"] = ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
        with store.changed() as cloud:
            if name in cloud.of(self.path):
                raise conflict(f"an SSH key named {name!r} exists already")
            cloud.of(self.path)[name] = record
        return name, record

    def found(self, identity: str, outputs: Values) -> Values | None:
        record = store.seen().of(self.path).get(identity)
        return record and {name: record[name] for name in ("name", "fingerprint")} | given(outputs, "publicKey")

    def remove(self, call: Call, old: State) -> None:
        self.call("DELETE", old.id)
        with store.changed() as cloud:
            cloud.of(self.path).pop(old.id, None)


class _Group(Bridged):
    """A named group that instances refer to."""

    member_of: ClassVar[str]  # the instance's list

    def make(self, call: Call, inputs: Values) -> tuple[str, Values]:
        record, identity = given(inputs, "name", "description"), store.new_id()
        record["name"] = self.stored_name(record["name"])
        self.call("POST")
        with store.changed() as cloud:
            if any(other["name"] == record["name"] for other in cloud.of(self.path).values()):
                raise conflict(f"{KINDS[self.path]} named {record['name']!r} exists already")
            cloud.of(self.path)[identity] = record
        return identity, record

    def stored_name(self, name: str) -> str:
        return name

    def found(self, identity: str, outputs: Values) -> Values | None:
        return store.seen().of(self.path).get(identity)

    def remove(self, call: Call, old: State) -> None:
        self.call("DELETE", old.id)
        with store.changed() as cloud:
            if users := [f"instance {i['name']}" for i in cloud.instances_with(self.member_of, old.id)]:
                raise conflict(f"{KINDS[self.path]} {old.id} is in use by {', '.join(sorted(users))}")
            for identity, rule in list(cloud.of("security-group-rule").items()):
                if rule["securityGroupId"] == old.id:
                    del cloud.of("security-group-rule")[identity]  # a group's own rules go with it
                elif rule.get("userSecurityGroupId") == old.id:
                    raise conflict(f"{KINDS[self.path]} {old.id} is in use by a rule of {rule['securityGroupId']}")
            cloud.of(self.path).pop(old.id, None)


class SecurityGroup(_Group):
    """A group whose rules say what reaches its members."""

    schema = SECURITY_GROUP
    path = "security-group"
    member_of = "securityGroupIds"
    replacing = frozenset({"name", "description"})

    def stored_name(self, name: str) -> str:
        return name.lower()


class AntiAffinityGroup(_Group):
    """A group whose members are on different hypervisors; the stand-in has but one."""

    schema = ANTI_AFFINITY_GROUP
    path = "anti-affinity-group"
    member_of = "antiAffinityGroupIds"
    replacing = frozenset({"name", "description"})


class SecurityGroupRule(Bridged):
    """One row of a group."""

    schema = SECURITY_GROUP_RULE
    path = "security-group-rule"
    replacing = frozenset(SECURITY_GROUP_RULE.inputs)

    def problems(self, inputs: Values) -> list[Failure]:
        values, failures = plain(inputs), []
        for name, allowed in (("type", ("INGRESS", "EGRESS")), ("protocol", PROTOCOLS)):
            text = values.get(name, allowed[0])
            if text is not UNKNOWN and text.upper() not in map(str.upper, allowed):
                failures.append(Failure(name, f"must be one of {', '.join(allowed)}, not {text!r}"))
        if str(values["type"]).upper() == "EGRESS":
            failures.append(Failure("type", "the stand-in of exoscale has no EGRESS rules: all is let out"))
        return failures + _sources(values) + _ports(values)

    def diff(self, old: State, new: Values, ignored: frozenset[str]) -> list[Change]:
        """Ports that are left out come back as a change each time."""
        found = super().diff(old, new, ignored)
        missing = {"startPort", "endPort"} - new.keys()
        if plain(new).get("protocol", "TCP") in ("TCP", "UDP"):
            found += [Change(name, Kind.UPDATE, replaces=True) for name in sorted(missing)]
        return found

    def make(self, call: Call, inputs: Values) -> tuple[str, Values]:
        values, identity = plain({k: v for k, v in inputs.items() if k in self.schema.inputs}), store.new_id()
        values["protocol"] = values.get("protocol", "TCP")
        if cidr := values.get("cidr"):
            try:
                ipaddress.ip_network(cidr)
            except ValueError as problem:
                raise bad_request(f"security group rule: invalid CIDR {cidr!r}: {problem}") from None
        with store.changed() as cloud:
            for by_id, by_name in (("securityGroupId", "securityGroup"), ("userSecurityGroupId", "userSecurityGroup")):
                if by_name in values:
                    values[by_id] = _group_named(cloud, values[by_name])
                elif by_id in values:
                    values[by_name] = cloud.get("security-group", values[by_id])["name"]
            self.call("POST", values["securityGroupId"])
            cloud.of(self.path)[identity] = values
        firewall.refresh()
        return identity, {"publicSecurityGroup": "", "userSecurityGroup": ""} | values

    def found(self, identity: str, outputs: Values) -> Values | None:
        return store.seen().of(self.path).get(identity)

    def remove(self, call: Call, old: State) -> None:
        self.call("DELETE", old.id)
        with store.changed() as cloud:
            cloud.of(self.path).pop(old.id, None)
        firewall.refresh()


def _group_named(cloud: Cloud, name: str) -> str:
    found = [identity for identity, group in cloud.of("security-group").items() if group["name"] == name]
    if not found:
        raise not_found("security group", name)
    return found[0]


def _sources(values: Values) -> list[Failure]:
    failures = []
    for names, needed in (
        (("securityGroupId", "securityGroup"), "the group that the rule is of"),
        (("cidr", "userSecurityGroupId", "userSecurityGroup"), "the source of what is let in"),
    ):
        if len([name for name in names if name in values]) != 1:
            failures.append(Failure(names[0], f"{needed}: exactly one of {', '.join(names)} must be given"))
    return failures


def _ports(values: Values) -> list[Failure]:
    ports: list[Value] = [values.get(name) for name in ("startPort", "endPort")]
    icmp = {"icmpType", "icmpCode"} & values.keys()
    if has_unknown(ports) or ports == [None, None]:
        return []
    if icmp:
        return [Failure("startPort", "conflicts with icmpType and icmpCode")]
    if None in ports:
        return []  # a change each time, as the released plugin has it
    if not 1 <= ports[0] <= ports[1] <= 65535:
        return [Failure("startPort", f"must be in order and between 1 and 65535, not {ports[0]} to {ports[1]}")]
    return []
