"""``ElasticIp`` and ``PrivateNetwork``."""

from ipaddress import IPv4Address, IPv4Network
from typing import Any, Final

from exoscale.bridged import Bridged, given
from exoscale.cloud import docker, firewall, store, zones
from exoscale.cloud.api import bad_request, conflict
from exoscale.declared import ELASTIC_IP, PRIVATE_NETWORK
from standin.check import Failure
from standin.resource import Call, State
from standin.values import Values, has_unknown, plain

_MANAGED: Final = ("startIp", "endIp", "netmask")
_UNMANAGED: Final = [*IPv4Network("198.19.0.0/16").subnets(new_prefix=24)]  # for what the engine wants to know


class ElasticIp(Bridged):
    """An address that outlives instances; the guest has to take it (it is sent to those it is attached to)."""

    schema = ELASTIC_IP
    path = "elastic-ip"
    replacing = frozenset({"zone", "addressFamily"})

    def problems(self, inputs: Values) -> list[Failure]:
        if plain(inputs).get("addressFamily", "inet4") == "inet6":
            return [Failure("addressFamily", "the stand-in of exoscale has inet4 only")]
        return []

    def make(self, call: Call, inputs: Values) -> tuple[str, Values]:
        self.call("POST")
        record = given(inputs, "zone", "description", "labels", "reverseDns")
        zones.check(record["zone"])
        identity = store.new_id()
        with store.changed() as cloud:
            taken = {ip["address"] for ip in cloud.of(self.path).values()}
            record["address"] = zones.elastic_address(record["zone"], taken)
            cloud.of(self.path)[identity] = record
        firewall.refresh()
        return identity, _outputs(record)

    def change(self, call: Call, old: State, new: Values) -> Values:
        self.call("PUT", old.id)
        with store.changed() as cloud:
            record = cloud.get(self.path, old.id)
            for name in ("description", "labels", "reverseDns"):
                record.pop(name, None)
            record |= given(new, "description", "labels", "reverseDns")
        return _outputs(record)

    def found(self, identity: str, outputs: Values) -> Values | None:
        record = store.seen().of(self.path).get(identity)
        return record and _outputs(record)

    def remove(self, call: Call, old: State) -> None:
        self.call("DELETE", old.id)
        with store.changed() as cloud:
            if users := [i["name"] for i in cloud.instances_with("elasticIpIds", old.id)]:
                raise conflict(f"elastic IP {old.id} is attached to {', '.join(users)}: detach it first")
            cloud.of(self.path).pop(old.id, None)
        firewall.refresh()


def _outputs(record: dict[str, Any]) -> Values:
    address = record["address"]
    shown = {name: value for name, value in record.items() if name != "address"}
    return {"description": "", "addressFamily": "inet4", "ipAddress": address, "cidr": f"{address}/32"} | shown


class PrivateNetwork(Bridged):
    """A network of one zone that no group filters; with addresses from the cloud when it is managed."""

    schema = PRIVATE_NETWORK
    path = "private-network"
    replacing = frozenset({"zone"})

    def problems(self, inputs: Values) -> list[Failure]:
        values = plain(inputs)
        missing = [name for name in _MANAGED if name not in values]
        if 0 < len(missing) < len(_MANAGED):
            return [Failure(missing[0], f"a managed network needs all of {', '.join(_MANAGED)}")]
        if missing or has_unknown([values[name] for name in _MANAGED]):
            return []
        try:
            network = _network(values)
            first, last = IPv4Address(values["startIp"]), IPv4Address(values["endIp"])
        except ValueError as problem:
            return [Failure("startIp", str(problem))]
        if not (first <= last and last in network):
            return [Failure("endIp", f"{last} must be in {network}, and not before {first}")]
        return []

    def make(self, call: Call, inputs: Values) -> tuple[str, Values]:
        self.call("POST")
        shown = given(inputs, "zone", "name", "description", "labels", *_MANAGED)
        zones.check(shown["zone"])
        identity = store.new_id()
        record = shown | {"engine": _opened(shown, f"exoscale-private-{identity}", call.stack)}
        with store.changed() as cloud:
            cloud.of(self.path)[identity] = record
        return identity, shown

    def change(self, call: Call, old: State, new: Values) -> Values:
        self.call("PUT", old.id)
        before = plain(old.inputs)
        shown = given(new, "zone", "name", "description", "labels", *_MANAGED)
        if any(before.get(name) != shown.get(name) for name in _MANAGED):
            raise bad_request("the stand-in of exoscale cannot change the addresses of a private network: replace it")
        with store.changed() as cloud:
            cloud.of(self.path)[old.id] = shown | {"engine": cloud.get(self.path, old.id)["engine"]}
        return shown

    def found(self, identity: str, outputs: Values) -> Values | None:
        record = store.seen().of(self.path).get(identity)
        return record and {name: value for name, value in record.items() if name != "engine"}

    def remove(self, call: Call, old: State) -> None:
        self.call("DELETE", old.id)
        with store.changed() as cloud:
            for instance in cloud.of("instance").values():
                if any(nic["networkId"] == old.id for nic in instance["interfaces"]):
                    raise conflict(f"private network {old.id} is in use by instance {instance['name']}")
            record = cloud.of(self.path).pop(old.id, None)
        if record:
            docker.docker("network", "rm", record["engine"]["name"])


def lease(network: dict[str, Any], taken: set[str]) -> str:
    """The next free address of a private network."""
    if "startIp" in network:
        first, last = IPv4Address(network["startIp"]), IPv4Address(network["endIp"])
    else:
        subnet = IPv4Network(network["engine"]["subnet"])
        first, last = subnet[2], subnet[-2]
    for number in range(int(first), int(last) + 1):
        if str(address := IPv4Address(number)) not in taken and str(address) != network["engine"]["gateway"]:
            return str(address)
    raise conflict(f"private network {network['name']} has no address left between {first} and {last}")


def _network(values: Values) -> IPv4Network:
    return IPv4Network(f"{values['startIp']}/{values['netmask']}", strict=False)


def _opened(record: dict[str, Any], name: str, stack: str) -> dict[str, str]:
    """The engine's network, which wants a subnet, and in it an address of its own that the cloud gives to nobody."""
    if "startIp" in record:
        subnet = _network(record)
        leased = range(int(IPv4Address(record["startIp"])), int(IPv4Address(record["endIp"])) + 1)
        free = [host for host in (subnet[1], subnet[-2]) if int(host) not in leased]
        return _made(name, subnet, free[0] if free else subnet[-2], stack)
    for subnet in _UNMANAGED:
        try:
            return _made(name, subnet, subnet[1], stack)
        except docker.EngineError as problem:
            refused = problem  # another cloud's network has it
    raise refused


def _made(name: str, subnet: IPv4Network, gateway: IPv4Address, stack: str) -> dict[str, str]:
    options = ["--driver=bridge", "--internal", f"--subnet={subnet}", f"--gateway={gateway}"]
    docker.docker("network", "create", *options, *docker.labels("private-network", stack), name)
    return {"name": name, "subnet": str(subnet), "gateway": str(gateway)}
