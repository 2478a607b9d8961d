"""components/machines/login_key.py: the program's own key on every machine, beside the former one at first."""

import pulumi

from components.machines.cluster import Key
from components.machines.login_key import LoginKey, LoginKeyArgs, proof_of
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

ADDED, PROOF = "worker-1-login-key", "worker-1-login-key2-proof"


def key(name: str) -> Key:
    return Key(private=pulumi.Output.secret(name), public=pulumi.Output.from_input(f"ssh-ed25519 {name} me@laptop"))


def login_key(*, former: str | None = None, retired: tuple[str, ...] = ()) -> None:
    def make() -> LoginKey:
        used = key(former or "NEW")
        args = LoginKeyArgs(
            generation=2,
            key=key("NEW"),
            former=used if former else None,
            retired=retired,
            machines={"worker-1": machine("worker-1", user="debian", private_key=used.private)},
            depends_on={"worker-1": [another("installed")]},
        )
        return LoginKey("login-key", args)

    build(make)


def test_current_key_is_added_by_the_former_one_and_then_logs_in(fake_pulumi: FakePulumi) -> None:
    login_key(former="FORMER")
    connections = {name: fake_pulumi.inputs(name)["connection"]["privateKey"] for name in (ADDED, PROOF)}
    assert connections == {ADDED: "FORMER", PROOF: "NEW"}
    assert ADDED in fake_pulumi.dependencies(PROOF)
    assert "installed" in fake_pulumi.dependencies(ADDED)
    assert proof_of("worker-1", 2) == PROOF
    for name in (ADDED, PROOF):
        assert "KEYS='ssh-ed25519 NEW nuvla-swarm\nssh-ed25519 FORMER nuvla-swarm'" in fake_pulumi.script(name)
        assert "\nexport RETIRED=''\n" in fake_pulumi.script(name)


def test_retired_keys_are_removed_by_the_current_one_alone(fake_pulumi: FakePulumi) -> None:
    login_key(retired=("ssh-ed25519 FORMER",))
    assert PROOF not in fake_pulumi.types
    assert fake_pulumi.inputs(ADDED)["connection"]["privateKey"] == "NEW"
    told = fake_pulumi.parameters(ADDED)
    assert (told["KEYS"], told["RETIRED"]) == ("ssh-ed25519 NEW nuvla-swarm", "ssh-ed25519 FORMER")
    assert told["SETTING"] == "machines.ssh.key_generation"


def test_key_stays_on_a_machine_that_leaves_as_the_program_logs_in_to_the_end(fake_pulumi: FakePulumi) -> None:
    login_key(former="FORMER")
    assert "delete" not in fake_pulumi.inputs(ADDED)
    assert fake_pulumi.inputs(ADDED)["create"] == "sudo -n bash -s -- add"
    assert fake_pulumi.inputs("login-key") == {"generation": 2}
    assert "login-key" in fake_pulumi.finished
