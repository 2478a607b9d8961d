"""components/machines/existing/changes.py: changes that would lose existing hosts are refused."""

from typing import Any

from components.machines.existing.changes import RULES, is_same_machine
from components.machines.existing.settings import ExistingMachines
from components.machines.prior_state import PriorState
from components.machines.provider import StackPlan
from tests.support import plans
from tests.support.configs import HOST_KEY

OTHER_KEY = "ssh-ed25519 AAAAotherAAAA"


def pools(*, managers: int = 1, address: str = "198.51.100.1", worker_key: str = OTHER_KEY) -> dict[str, Any]:
    addresses = [address, *(f"198.51.100.{number}" for number in range(2, managers + 1))]
    hosts = {str(number): {"address": one, "host_key": HOST_KEY} for number, one in enumerate(addresses, start=1)}
    worker = {"1": {"address": "198.51.100.11", "host_key": worker_key}}
    return {"manager": {"role": "manager", "hosts": hosts}, "worker": {"role": "worker", "hosts": worker}}


def prior(*managers: str, **changed: Any) -> PriorState:
    members = {
        name: plans.member("manager", private_address=f"198.51.100.{number}", host_key=HOST_KEY)
        for number, name in enumerate(managers, start=1)
    }
    return PriorState(members=members, **changed)


def refusals(machines: ExistingMachines, plan: StackPlan, known: PriorState) -> list[str]:
    return [line for rule in RULES for line in rule.check(machines, plan, known)]


def test_new_stack_refuses_nothing() -> None:
    assert refusals(plans.existing(pools=pools()), plans.plan(), PriorState()) == []


def test_host_under_the_name_of_another_machine_is_refused() -> None:
    machines = plans.existing(pools=pools())
    known = PriorState(hosts={"worker-2": OTHER_KEY}, machines=frozenset({"worker-2"}))
    [line] = refusals(machines, plans.plan(), known)
    assert line.startswith("machines.pools: the host 198.51.100.11 is given as worker-1, but is worker-2; allowed:")


def test_new_address_of_the_only_manager_is_refused() -> None:
    machines = plans.existing(pools=pools(address="198.51.100.99"))
    [line] = refusals(machines, plans.plan(), prior("manager-1"))
    assert line.startswith("machines.pools: manager-1 is the only manager and is known by 198.51.100.1; allowed:")


def test_new_address_of_the_api_manager_is_refused() -> None:
    machines = plans.existing(pools=pools(managers=3, address="198.51.100.99"))
    known = prior("manager-1", "manager-2", "manager-3")
    [line] = refusals(machines, plans.plan(), known)
    assert line.startswith("machines.pools: manager-1 is swarm.api_manager and known by 198.51.100.1; allowed:")
    assert refusals(machines, plans.plan(api_manager="manager-2"), known) == []


def test_new_address_of_a_manager_beside_a_lost_manager_is_refused() -> None:
    machines = plans.existing(pools=pools(managers=3, address="198.51.100.99"), lost=["manager-3"])
    [line] = refusals(machines, plans.plan(api_manager="manager-2"), prior("manager-1", "manager-2", "manager-3"))
    assert line.startswith("machines.pools: manager-1 is known by 198.51.100.1; allowed: a new private_address of one")


def test_host_with_another_key_at_its_address_was_installed_again() -> None:
    machines = plans.existing(pools=pools())

    def same(host_key: str, address: str) -> bool:
        members = {"worker-1": plans.member(private_address=address, host_key=host_key)}
        # What an update has noted of the host, which may not have joined again since.
        return is_same_machine(machines, PriorState(hosts={"worker-1": OTHER_KEY}, members=members), "worker-1")

    assert same(OTHER_KEY, "198.51.100.11")
    assert not same(HOST_KEY, "198.51.100.11")
    assert same(HOST_KEY, "198.51.100.12")
    assert is_same_machine(machines, PriorState(), "worker-9")
