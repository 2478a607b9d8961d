"""components/machines/provider.py: what each provider of machines says to the rest of the program."""

import asyncssh
import pulumi
import pytest

from components.machines.lost_commands import FormerCommand
from components.machines.prior_state import PriorState
from components.machines.provider import (
    host_keys,
    incomplete_key,
    login_keys,
    made_host_keys,
    public_half,
    user_key,
)
from components.machines.registry import provider_of
from components.machines.ssh_settings import OwnKeySettings
from tests.support import plans
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, value


def test_own_key_needs_both_halves(fake_pulumi: FakePulumi) -> None:
    private = {"ssh_private_key": pulumi.Output.secret("PRIVATE")}
    key = user_key(private, "ssh-ed25519 PUBLIC")
    assert key is not None
    assert (value(key.private), value(key.public)) == (Secret("PRIVATE"), "ssh-ed25519 PUBLIC")
    assert user_key({}, "ssh-ed25519 PUBLIC") is user_key(private, None) is None


def test_public_half_of_a_key_has_no_comment() -> None:
    pair = asyncssh.generate_private_key("ssh-ed25519", comment="me@laptop")
    public = pair.export_public_key().decode().split()
    assert public_half(pair.export_private_key().decode()) == " ".join(public[:2])


def test_text_that_is_no_key_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match="allowed: a private key in OpenSSH format, without passphrase"):
        public_half("KEY")


def test_hosts_learn_a_key_only_from_a_former_one(fake_pulumi: FakePulumi) -> None:
    new, former = (asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode() for _ in range(2))
    keys = host_keys(
        {"ssh_private_key": pulumi.Output.secret(new), "former_ssh_private_key": pulumi.Output.secret(former)}
    )
    assert keys.own is not None
    assert keys.former_own is not None
    assert (value(keys.own.public), value(keys.former_own.public)) == (
        Secret(public_half(new)),
        Secret(public_half(former)),
    )
    alone = host_keys({"ssh_private_key": pulumi.Output.secret("any text")})
    assert alone.own is not None
    assert (value(alone.own.public), alone.former_own) == ("", None)


def test_generated_key_is_retired_when_the_program_no_longer_logs_in_with_it() -> None:
    prior = PriorState(login_key="ssh-ed25519 ONE comment", retired_keys=("ssh-ed25519 ZERO",))
    for generation, former, retired in (
        (1, None, ["ssh-ed25519 ZERO"]),
        (2, 1, ["ssh-ed25519 ZERO"]),
        (2, None, ["ssh-ed25519 ZERO", "ssh-ed25519 ONE"]),
    ):
        ssh = OwnKeySettings(key_generation=generation, former_key_generation=former)
        assert list(login_keys({}, ssh, prior).retired) == retired
    assert login_keys({}, OwnKeySettings(key_generation=2), PriorState()).retired == ()


def test_state_tells_which_host_key_each_machine_showed_last() -> None:
    def command(host_key: str) -> FormerCommand:
        return FormerCommand(urn="", host="192.0.2.7", has_delete=False, host_key=host_key)

    known = {"worker-1-host-key": "ssh-ed25519 ONE"}
    commands = {"worker-1-host-key-proof": command("ssh-ed25519 TWO"), "worker-1-ready": command("ssh-ed25519 TWO")}
    prior = PriorState(host_keys=known, commands=commands, silent=frozenset({"worker-2"}))
    keys = made_host_keys(OwnKeySettings(host_key_generation=2), prior, ["worker-3"])
    assert (keys.generation, keys.known, keys.shown) == (2, known, {"worker-1": "ssh-ed25519 TWO"})
    assert keys.away == {"worker-2", "worker-3"}


def test_half_of_a_key_is_refused_with_the_name_of_the_missing_half() -> None:
    assert list(incomplete_key(None, [])) == list(incomplete_key("ssh-ed25519 A", ["ssh_private_key"])) == []
    assert [line.partition(":")[0] for line in incomplete_key("ssh-ed25519 A", [])] == ["ssh_private_key"]
    assert [line.partition(":")[0] for line in incomplete_key(None, ["ssh_private_key"])] == ["machines.ssh.public_key"]


def test_provider_without_own_rules_refuses_no_change() -> None:
    provider = provider_of(plans.local())
    assert list(provider.rules) == []
    assert provider.is_same_machine(plans.local(), PriorState(), "worker-1")
