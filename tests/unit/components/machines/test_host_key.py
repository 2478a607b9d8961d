"""components/machines/host_key.py: which host key a machine shows, and how another one takes its place."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest

from components.machines import shell
from components.machines.host_key import HostKey, HostKeys, name_of, with_host_key
from components.machines.machine import Machine
from components.machines.shell import Done, UnreachableError
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, value
from tests.support.rows import rows

FIRST, SECOND, THIRD = (f"ssh-ed25519 {word}" for word in ("ONE", "TWO", "THREE"))
NAMES = {"worker-1-host-key": FIRST, "worker-1-host-key2": SECOND, "worker-1-host-key3": THIRD}
PROOF = "worker-1-host-key-proof"


def keys(generation: int, known: int, shown: str | None = None) -> HostKeys:
    """Return the keys of a stack whose state has those of the first generations, and what the machine showed last."""
    others = {"worker-1-host-2-host-key": "ssh-ed25519 OTHER", "worker-11-host-key2": "ssh-ed25519 OTHER"}
    in_state = dict(list(NAMES.items())[:known]) | others
    return HostKeys(generation=generation, known=in_state, shown={"worker-1": shown} if shown else {})


@rows(
    "given, replaced, due, former",
    [
        (keys(1, 0), False, False, []),
        (keys(2, 0), True, True, []),  # a machine that is made now
        (keys(1, 1), False, False, []),
        (keys(2, 1), True, True, []),
        (keys(2, 2), True, True, []),  # killed before the proof
        (keys(2, 2, SECOND), True, False, []),
        (keys(3, 3, SECOND), True, True, [SECOND]),
        (keys(3, 3, THIRD), True, False, [SECOND]),  # killed at the end
        (keys(1, 2), True, True, [SECOND]),  # the way back, after an update that was killed before the proof
        (keys(1, 2, SECOND), True, True, [SECOND]),
        (keys(1, 1, FIRST), True, False, []),
    ],
)
def test_state_tells_which_key_a_machine_may_show(
    given: HostKeys, replaced: bool, due: bool, former: list[str]
) -> None:
    assert given.is_replaced("worker-1") is replaced
    assert given.is_due("worker-1") is due
    assert list(given.former("worker-1").values()) == former


def test_first_key_has_no_number_and_leaves_no_trace_in_previews() -> None:
    assert [name_of("worker-1", generation) for generation in (1, 2)] == ["worker-1-host-key", "worker-1-host-key2"]
    assert (HostKeys().props(), HostKeys(generation=2).props()) == ({}, {"host_key_generation": 2})


def replaced(*, is_due: bool = True, patience_s: float = 0, **changed: Any) -> Machine:
    """Return a machine that has to show the second key."""
    return with_host_key(
        machine("worker-1", host_key=pulumi.Output.from_input(FIRST), **changed),
        HostKey(
            first=pulumi.Output.from_input(FIRST),
            private=pulumi.Output.secret("PRIVATE"),
            public=pulumi.Output.from_input(SECOND),
            others=[FIRST],
            is_due=is_due,
        ),
        pulumi.ResourceOptions(depends_on=[another("its-group")]),
        patience_s=patience_s,
    )


def test_command_that_expects_the_new_key_alone_precedes_all_others(fake_pulumi: FakePulumi) -> None:
    def make() -> None:
        replaced().command("later", "machines/scripts/packages.sh", {"PACKAGES": "tree"}, pulumi.ResourceOptions())

    build(make)
    assert [fake_pulumi.inputs(name)["connection"]["hostKey"] for name in (PROOF, "later")] == [SECOND, SECOND]
    assert PROOF in fake_pulumi.dependencies("later")
    assert "its-group" in fake_pulumi.dependencies(PROOF)
    given = fake_pulumi.parameters(PROOF)
    assert (given["MACHINE"], given["PRIVATE_KEY"], given["PUBLIC_KEY"]) == ("worker-1", "PRIVATE", SECOND)
    assert fake_pulumi.is_secret(PROOF, "stdin")
    assert fake_pulumi.triggers(PROOF) == ["worker-1-root"], "a machine that is made anew shows its first key"


@pytest.mark.parametrize(("is_due", "accepted"), [(True, [SECOND, FIRST]), (False, [SECOND])])
def test_scripts_of_the_program_accept_a_former_key_only_while_it_may_be_shown(
    fake_pulumi: FakePulumi, is_due: bool, accepted: list[str]
) -> None:
    made = build(lambda: replaced(is_due=is_due))
    assert value(pulumi.Output.all(*made.host_keys)) == accepted
    assert made.first_host_key is not None
    assert value(made.first_host_key) == FIRST


def test_machine_that_is_away_keeps_its_commands(fake_pulumi: FakePulumi) -> None:
    build(lambda: replaced(silent=True))
    assert fake_pulumi.types[PROOF] == "pulumi:index:Stash"


def ran(answers: Sequence[Done | UnreachableError], patience_s: float = 60) -> list[tuple[str, list[str]]]:
    """Run the hook of the command's creation on a machine that answers so; return scripts and accepted host keys."""
    asked: list[tuple[str, Sequence[pulumi.Input[str]]]] = []
    left = list(answers)

    async def run_script(one: Machine, script: str, argument: str) -> Done:
        asked.append((script, one.host_keys))
        assert argument == ""
        answer = left.pop(0)
        if isinstance(answer, UnreachableError):
            raise answer
        return answer

    made: list[pulumi.ResourceHookBinding] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shell, "run_script", run_script)
        patch.setattr(shell, "PAUSE_S", 0)
        command = Machine.command

        def noted(one: Machine, *given: Any, **more: Any) -> Any:
            made.append(given[3].hooks)
            return command(one, *given, **more)

        patch.setattr(Machine, "command", noted)
        build(lambda: replaced(patience_s=patience_s))
        [binding] = made
        assert binding.before_create == binding.before_update
        [hook] = binding.before_create or []

        async def called() -> None:
            args = SimpleNamespace(new_inputs={"stdin": pulumi.Output.secret("SCRIPT")})
            await cast(Any, hook).callback(cast(pulumi.ResourceHookArgs, args))

        asyncio.run(called())
    return [(script, value(list(accepted))) for script, accepted in asked]


CALL = ("SCRIPT", [SECOND, FIRST])


def test_program_installs_the_key_whichever_the_machine_shows(fake_pulumi: FakePulumi) -> None:
    assert ran([Done(0, "", "")]) == [CALL]


def test_machine_that_boots_is_waited_for(fake_pulumi: FakePulumi) -> None:
    assert ran([UnreachableError("not yet"), UnreachableError("not yet"), Done(0, "", "")]) == [CALL] * 3


def test_machine_that_does_not_answer_ends_the_update(fake_pulumi: FakePulumi) -> None:
    with pytest.raises(pulumi.RunError, match=r"^worker-1: 192.0.2.7:22 does not let the program in$"):
        ran([UnreachableError("worker-1: 192.0.2.7:22 does not let the program in")], patience_s=-1)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("worker-1: its SSH server\n", "worker-1: its SSH server"),
        ("", "worker-1: machines/scripts/host_key.sh ended with 1"),
    ],
)
def test_script_that_fails_ends_the_update(fake_pulumi: FakePulumi, said: str, told: str) -> None:
    with pytest.raises(pulumi.RunError) as error:
        ran([Done(1, "", said)])
    assert str(error.value) == told
