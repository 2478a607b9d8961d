"""components/machines/authorized_keys.py: keys of further people on every machine."""

from components.machines.authorized_keys import AuthorizedKeys, AuthorizedKeysArgs
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build
from tests.support.ssh_keys import ALICE, BOB

COMMAND = "worker-1-authorized-keys"


def authorized_keys(*keys: str, user: str = "root") -> None:
    def make() -> AuthorizedKeys:
        machines = {"worker-1": machine("worker-1", user=user)}
        args = AuthorizedKeysArgs(keys=keys, machines=machines, depends_on={"worker-1": another("installed")})
        return AuthorizedKeys("authorized-keys", args)

    build(make)


def test_preview_shows_the_keys(fake_pulumi: FakePulumi) -> None:
    authorized_keys(ALICE, BOB)
    assert fake_pulumi.types["authorized-keys"] == "nuvla:machines:AuthorizedKeys"
    assert fake_pulumi.inputs("authorized-keys") == {"keys": [ALICE, BOB]}
    assert fake_pulumi.parent(COMMAND) == "authorized-keys"
    assert not fake_pulumi.is_secret(COMMAND, "stdin")
    assert "authorized-keys" in fake_pulumi.finished


def test_script_gets_the_keys_and_the_user_that_the_program_logs_in_as(fake_pulumi: FakePulumi) -> None:
    authorized_keys(ALICE, user="debian")
    told = fake_pulumi.parameters(COMMAND)
    assert told == {
        "MACHINE": "worker-1",
        "LOGIN_USER": "debian",
        "KEYS": ALICE,
        "SETTING": "machines.ssh.authorized_keys",
        "RETIRED": "",
    }


def test_keys_are_changed_in_place_and_removed_in_the_end(fake_pulumi: FakePulumi) -> None:
    authorized_keys(ALICE, user="debian")
    inputs = fake_pulumi.inputs(COMMAND)
    assert "triggers" not in inputs, "they replace the command, and so remove the keys for a while"
    assert inputs["create"] == "sudo -n bash -s -- add"
    assert inputs["update"] == "sudo -n bash -s -- add # worker-1-root"
    assert inputs["delete"] == "sudo -n bash -s -- remove"
    assert fake_pulumi.dependencies(COMMAND) == {"installed"}
