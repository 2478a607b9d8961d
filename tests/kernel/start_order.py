"""The order in which systemd started units of a machine: the firewall's rules come before the network."""

from tests.e2e.harness import Stack

FIREWALL, NETWORK, ENGINE = "nuvla-swarm-firewall.service", "guest-network.service", "docker.service"


def moments(stack: Stack, machine: str, unit: str) -> tuple[int, int]:
    """Return when systemd began to start a unit and when it had started it, in microseconds since the boot."""
    names = ["InactiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic"]
    properties = [f"--property={name}" for name in names]
    shown = stack.on(machine, "systemctl", "show", unit, *properties).text
    times = dict(line.split("=") for line in shown.splitlines())
    return int(times[names[0]]), int(times[names[1]])


def assert_rules_come_before_the_network(stack: Stack, machine: str) -> None:
    """Assert that the rules of a machine were in force when its network began to start, and its engine came last."""
    _, rules_loaded = moments(stack, machine, FIREWALL)
    network_begun, _ = moments(stack, machine, NETWORK)
    engine_begun, _ = moments(stack, machine, ENGINE)
    assert 0 < rules_loaded <= network_begun < engine_begun
