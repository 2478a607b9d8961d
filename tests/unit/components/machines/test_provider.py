"""components/machines/provider.py: what each provider of machines says to the rest of the program."""

import pulumi

from components.machines.prior_state import PriorState
from components.machines.provider import incomplete_key, user_key
from components.machines.registry import provider_of
from tests.support import plans
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, value


def test_own_key_needs_both_halves(fake_pulumi: FakePulumi) -> None:
    private = {"ssh_private_key": pulumi.Output.secret("PRIVATE")}
    key = user_key(private, "ssh-ed25519 PUBLIC")
    assert key is not None
    assert (value(key.private), value(key.public)) == (Secret("PRIVATE"), "ssh-ed25519 PUBLIC")
    assert user_key({}, "ssh-ed25519 PUBLIC") is user_key(private, None) is None


def test_half_of_a_key_is_refused_with_the_name_of_the_missing_half() -> None:
    assert list(incomplete_key(None, [])) == list(incomplete_key("ssh-ed25519 A", ["ssh_private_key"])) == []
    assert [line.partition(":")[0] for line in incomplete_key("ssh-ed25519 A", [])] == ["ssh_private_key"]
    assert [line.partition(":")[0] for line in incomplete_key(None, ["ssh_private_key"])] == ["machines.ssh.public_key"]


def test_provider_without_own_rules_refuses_no_change() -> None:
    provider = provider_of(plans.local())
    assert list(provider.rules) == []
    assert provider.is_same_machine(plans.local(), PriorState(), "worker-1")
