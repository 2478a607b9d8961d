"""tools/stack/recovery.py: what `make recover` refuses, asks and does."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from components.machines.shell import Done, Login, UnreachableError
from stacks.prior_state import INSTANCE
from tests.support.rows import rows
from tests.support.stack_states import ROOT, membership, secret, state
from tools.repair import locks
from tools.repair.state import State
from tools.stack import marks, recovery, update
from tools.stack.backend import Backend
from tools.stack.settings_file import SettingsFile
from tools.stack.target import Target

NAMES = ("manager-1", "manager-2", "manager-3")
Words = Mapping[str, str | None]  # what each manager says of its swarm; None: it does not answer


def stack(*lost: str, exists: bool = True, **machine_settings: bool) -> Target:
    machines = {"provider": "local", "lost": list(lost), **machine_settings}
    document = {"config": {"nuvla-swarm:kind": "target", "nuvla-swarm:machines": machines}}
    return Target(SettingsFile(Path("Pulumi.s.yaml"), document), Backend("s", "file://state", "exported"), exists)


def known(cluster: str = "Local") -> State:
    """Return the state of a stack with three managers and a worker, whose API manager is the first manager."""
    resources: list[Any] = [
        {"urn": "swarm", "type": "nuvla:swarm:Swarm", "outputs": {"entry": "manager-1"}},
        *membership("worker-1", labels={}),
    ]
    for name in NAMES:
        made, node, join, active = membership(name, role="manager", labels={})
        keys = {"host": f"{name}.test", "port": 2222, "user": "ubuntu", "privateKey": "KEY", "hostKey": "ssh-ed25519 A"}
        resources += [made, node, {**join, "inputs": {"connection": secret(keys)}}, active]
    return state(*resources, cluster=cluster)


class World:
    """The managers of a swarm, and what the command does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, words: Words):
        self.words = dict(words)
        self.done: list[Any] = []
        self.known: dict[str, Sequence[str]] = {}  # by manager: host keys that the program accepts
        self.fails: Callable[[str], bool] = lambda _: False
        self.state = known()
        monkeypatch.setenv("YES", "1")
        monkeypatch.setattr(locks, "free", lambda _: None)
        monkeypatch.setattr(State, "read", lambda _: self.state)
        monkeypatch.setattr("components.swarm.recovery.run_as", self._run)
        monkeypatch.setattr(marks, "mark_lost", lambda _, names: self.done.append(("lost", *names)))
        monkeypatch.setattr(update, "apply", lambda _, replaced: self.done.append(("update", *map(_name, replaced))))

    async def _run(self, login: Login, script: str, verb: str) -> Done:
        word = self.words[login.machine]
        self.known[login.machine] = login.host_keys
        assert "export ADDRESS=192.0.2.20" in script
        if word is None:
            raise UnreachableError(login.machine)
        if verb == "look":
            return Done(1, "", f"{word}\n") if "does not answer" in word else Done(0, f"{word}\n", "")
        self.done.append((verb, login.machine))
        return Done(1 if self.fails(verb) else 0, "", f"{verb} failed\n")


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def told(*words: str | None) -> Words:
    return dict(zip(NAMES, words, strict=True))


@rows(
    "words, done",
    [
        (("left", None, None), [("lost", "manager-2", "manager-3"), ("start", "manager-1"), ("update",)]),
        ((None, None, "left"), [("lost", "manager-1", "manager-2"), ("start", "manager-3"), ("update",)]),
        (
            (None, "left", ""),  # of which the last one lost its disk
            [
                ("lost", "manager-1"),
                ("leave", "manager-3"),
                ("start", "manager-2"),
                ("update", "manager-3-membership-node"),
            ],
        ),
    ],
)
def test_manager_that_is_left_starts_the_swarm_and_the_update_brings_the_others(
    words: tuple[str | None, ...], done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(monkeypatch, told(*words))
    recovery.recover(stack())
    assert world.done == done


def test_manager_is_known_by_the_host_key_that_it_has_shown_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command that waits for the swarm has run since the key was replaced."""
    world = World(monkeypatch, told("left", None, None))
    kind = "command:remote:Command"
    proof = {"urn": f"{ROOT}{kind}::manager-1-host-key-proof", "type": kind}
    world.state = state(
        *world.state.resources,
        proof | {"inputs": {"connection": secret({"hostKey": "ssh-ed25519 NEW"})}},
        cluster="Local",
    )
    recovery.recover(stack())
    assert world.known == {"manager-1": ("ssh-ed25519 NEW",), **dict.fromkeys(NAMES[1:], ("ssh-ed25519 A",))}


@rows(
    "words, text",
    [
        (
            ("leads", None, None),
            "the swarm has a leader, as manager-1 says, so there is nothing to recover: run `make up",
        ),
        (("left", "leads", "left"), "the swarm has a leader, as manager-2 says"),
        ((None, None, None), "no manager of the swarm is left (manager-1, manager-2, manager-3): start one"),
        (("", "", None), "no manager of the swarm is left"),
        (("left", "left", None), "manager-1, manager-2 are most of its managers and choose a leader: run `make up"),
    ],
)
def test_swarm_that_lives_or_is_gone_is_refused_in_one_line(
    words: tuple[str | None, ...], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(monkeypatch, told(*words))
    with pytest.raises(SystemExit) as refused:
        recovery.recover(stack())
    assert text in str(refused.value)
    assert "\n" not in str(refused.value)
    assert world.done == []


def test_manager_with_a_silent_engine_stops_the_recovery(monkeypatch: pytest.MonkeyPatch) -> None:
    """With it, the swarm may have most of its managers again."""
    world = World(monkeypatch, told("left", None, "manager-3: its engine does not answer"))
    with pytest.raises(SystemExit, match=r"s: nothing is changed: manager-3: its engine does not answer$"):
        recovery.recover(stack())
    assert world.done == []


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, told("left", None, None))
    monkeypatch.delenv("YES")
    monkeypatch.setattr(recovery, "is_terminal", lambda: False)
    with pytest.raises(SystemExit, match="nothing is changed: add YES=1"):
        recovery.recover(stack())
    assert world.done == []


def test_answer_has_to_be_the_name_of_the_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(monkeypatch, told("left", None, None))
    monkeypatch.setattr(recovery, "is_terminal", lambda: True)
    asked: list[Any] = []
    monkeypatch.setattr(recovery, "ask", lambda *words: asked.append((*words, len(world.done))))
    recovery.recover(stack())
    assert asked == [("To go on, type the name of the stack (s):", "s", "nothing is changed", 0)]
    lines = capsys.readouterr().err.splitlines()
    assert "nuvla-swarm: starts the swarm again from manager-1, with all its services" in lines
    assert "nuvla-swarm: makes anew, with new disks: manager-2, manager-3" in lines


def test_dead_host_has_to_be_declared_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, told("left", None, None))
    world.state = known("Existing")
    with pytest.raises(SystemExit) as refused:
        recovery.recover(stack("manager-3"))
    assert "manager-2 do not answer, so nothing is changed" in str(refused.value)
    assert "--path --plaintext='nuvla-swarm:machines.lost[1]=manager-2'`" in str(refused.value)
    assert world.done == []
    recovery.recover(stack("manager-3", "manager-2"))
    assert world.done == [("lost", "manager-2", "manager-3"), ("start", "manager-1"), ("update",)]


@rows(
    "given, kept, text",
    [
        ({"pulumi_protect": True}, False, "set machines.pulumi_protect to false in Pulumi.s.yaml, and run this again"),
        (
            {"pulumi_protect": True, "destroy_protection": True},
            True,
            "set machines.pulumi_protect and machines.destroy_protection to false in Pulumi.s.yaml, end their "
            "protection: `pulumi up --stack s --target '**ComputeInstance::*'`, and run this again",
        ),
        (
            {"destroy_protection": False},
            True,
            "made anew, so nothing is changed: end their protection: `pulumi",
        ),
        ({"destroy_protection": False}, False, None),
    ],
)
def test_dead_instance_that_is_protected_changes_nothing(
    given: dict[str, bool], kept: bool, text: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the swarm would run again from one manager, and the update could delete none of the dead ones."""
    world = World(monkeypatch, told("left", None, None))
    instances = [
        {"urn": f"{ROOT}{INSTANCE}::{name}", "type": INSTANCE, "inputs": {"destroyProtected": kept}} for name in NAMES
    ]
    world.state = state(*world.state.resources, *instances, cluster="Exoscale")
    protecting = stack(**given)
    if text is None:
        recovery.recover(protecting)
        assert world.done != []
        return
    with pytest.raises(SystemExit) as refused:
        recovery.recover(protecting)
    assert "s: manager-2, manager-3 are protected and cannot be made anew" in str(refused.value)
    assert text in str(refused.value)
    assert world.done == []


def test_failed_step_ends_the_command_before_the_update(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, told("left", None, None))
    world.fails = lambda verb: verb == "start"
    with pytest.raises(SystemExit, match="manager-1: start failed: run this again"):
        recovery.recover(stack())
    assert world.done == [("lost", "manager-2", "manager-3"), ("start", "manager-1")]


def test_stack_that_is_not_up_has_nothing_to_recover() -> None:
    with pytest.raises(SystemExit, match="is not up"):
        recovery.recover(stack(exists=False))
