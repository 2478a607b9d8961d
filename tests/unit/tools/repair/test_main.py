"""tools/repair: what happens before an update, a refresh and a destruction."""

import json
from collections.abc import Callable
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_swarm_api import Docker
from tests.support.stack_states import PROVIDER, ROOT, TYPES, component, in_state, state, urn
from tools.repair import __main__ as recovery
from tools.repair import local, locks, strays
from tools.repair.state import KINDS, State
from tools.repair.swarm import Swarm

NOTHING = f"--target={ROOT}pulumi:pulumi:Stack::nuvla-swarm-s"  # of which nobody has to be asked
CONVERGED = f"{ROOT}nuvla:service:ServiceStack$command:remote:Command::web-converged"


class Run:
    """A run on a state and a swarm, with what Pulumi was asked to do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, known: State, docker: Docker | None, *later: State):
        self.commands: list[tuple[str, ...]] = []
        self.imported: list[Any] = []
        self.cleaned: list[State] = []
        states = [known, *(later or (known,))]  # as they are read, one after the other

        def read(_stack: str) -> State:
            return states.pop(0) if len(states) > 1 else states[0]

        @contextmanager
        def connected(_state: State) -> Any:
            yield docker.swarm() if docker is not None else None

        monkeypatch.setattr(State, "read", read)
        monkeypatch.setattr(recovery, "connected", connected)
        monkeypatch.setattr(locks, "free", lambda _stack: None)
        monkeypatch.setattr(local, "remove_leftovers", self.cleaned.append)
        self.on_clear: Callable[[], None] = lambda: None
        for module in (recovery, strays):
            monkeypatch.setattr(module, "pulumi", self._pulumi)

    def _pulumi(self, *arguments: str, shown: bool = False) -> str:
        assert shown
        self.commands.append(arguments)
        if "--clear-pending-creates" in arguments:
            self.on_clear()
        if "--file" in arguments:
            self.imported.append(json.loads(Path(arguments[arguments.index("--file") + 1]).read_text()))
        return ""

    def targets(self) -> list[str]:
        """URNs that the first refresh was about, which nobody is asked to decide about."""
        command = next(one for one in self.commands if one[0] == "refresh")
        assert {"--yes", "--skip-preview", "--skip-pending-creates"} <= set(command)
        return [one for one in command if one.startswith("--target=")]


def waits(name: str) -> dict[str, Any]:
    """What waits for the services of a stack."""
    parent = f"{ROOT}nuvla:service:ServiceStack::{name}"
    return {"urn": CONVERGED.replace("web-", f"{name}-"), "type": "command:remote:Command", "parent": parent, "id": "c"}


@pytest.mark.parametrize("cluster", ["Existing", "Exoscale"])
def test_where_nothing_is_missing_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cluster: str
) -> None:
    docker = Docker().add("services", "web")
    run = Run(monkeypatch, state(in_state("services", "web"), cluster=cluster), docker)
    recovery.main("up", "s")
    assert run.commands == docker.calls == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("kind", KINDS.values())
@pytest.mark.parametrize("cluster", ["Local", "Existing", "Exoscale"])
def test_what_is_gone_from_the_swarm_is_asked_about_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str, cluster: str
) -> None:
    known = state(in_state(kind, "lost"), in_state("services", "web"), cluster=cluster)
    run = Run(monkeypatch, known, Docker().add("services", "web"))
    recovery.main("up", "s")
    assert run.targets() == [f"--target={urn(kind, 'lost')}"]
    assert "lost is gone from the swarm" in capsys.readouterr().err


@pytest.mark.parametrize(("there", "code"), [(["web"], 1), (["other"], 0), ([], 0)])
def test_an_update_is_told_that_another_swarm_was_started(
    monkeypatch: pytest.MonkeyPatch, there: list[str], code: int
) -> None:
    docker = Docker()
    for name in there:
        docker.add("services", name)
    run = Run(monkeypatch, state(in_state("services", "web")), docker)
    with pytest.raises(SystemExit) as ended:
        recovery.main("missing", "s")
    assert int(ended.value.code or 0) == code
    assert run.commands == docker.calls == []


def test_an_entry_that_does_not_answer_lacks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    Run(monkeypatch, state(), None)
    with pytest.raises(SystemExit) as ended:
        recovery.main("missing", "s")
    assert ended.value.code == 1


def test_machines_of_this_computer_are_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = ("docker:index/container:Container", "docker:index/volume:Volume")
    machines = [{"urn": f"{ROOT}{kind}::one", "type": kind, "id": kind} for kind in kinds]
    run = Run(monkeypatch, state(*machines, cluster="Local"), Docker())
    recovery.main("up", "s")
    assert run.targets() == [f"--target={one['urn']}" for one in machines]


def test_a_service_that_somebody_changed_is_put_right_and_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = Docker().add("services", "web").add("services", "api")
    docker.objects["services"][0]["Spec"] |= {"Mode": {"Replicated": {"Replicas": 0}}}
    known = state(in_state("services", "web"), waits("web"), in_state("services", "api"), waits("api"))
    run = Run(monkeypatch, known, docker)
    recovery.main("up", "s")
    assert run.targets() == [f"--target={urn('services', 'web')}"]
    told = capsys.readouterr()
    assert told.out == f"{CONVERGED}\n"
    assert "the service web is not as it was set" in told.err


def test_a_service_whose_labels_somebody_took_is_changed_and_not_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = Docker().add("services", "web")
    docker.objects["services"][0]["Spec"] |= {"Labels": {}}
    run = Run(monkeypatch, state(in_state("services", "web"), waits("web")), docker)
    recovery.main("up", "s")
    assert run.targets() == [f"--target={urn('services', 'web')}"]
    assert "is not as it was set" in capsys.readouterr().err


def test_a_service_that_was_rolled_back_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker().add("services", "web", UpdateStatus={"State": "rollback_completed"})
    run = Run(monkeypatch, state(in_state("services", "web")), docker)
    recovery.main("up", "s")
    assert run.targets() == [f"--target={urn('services', 'web')}"]
    spec = docker.objects["services"][0]["Spec"]
    assert docker.calls == [("POST", "services/web-id/update?version=7", spec)]


def test_a_rollback_has_ended_before_its_service_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker().add("services", "web", UpdateStatus={"State": "rollback_started"})
    Run(monkeypatch, state(in_state("services", "web")), docker)

    def ends(_seconds: float) -> None:
        docker.objects["services"][0].update(UpdateStatus={"State": "rollback_completed"}, Version={"Index": 9})

    monkeypatch.setattr("tools.repair.swarm.time.sleep", ends)
    recovery.main("up", "s")
    assert [call[:2] for call in docker.calls] == [("POST", "services/web-id/update?version=9")]


def test_an_update_of_a_service_that_the_swarm_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker(updated=HTTPStatus.INTERNAL_SERVER_ERROR)
    docker.add("services", "web", UpdateStatus={"State": "rollback_completed"})
    Run(monkeypatch, state(in_state("services", "web")), docker)
    with pytest.raises(SystemExit, match=r"did not do what it was asked \(the service web: update out of sequence\)"):
        recovery.main("up", "s")


def imported(kind: str, name: str, parent: str) -> dict[str, str]:
    """How Pulumi is asked to take something in."""
    child = f"{name}-service" if kind == "services" else f"{parent}-network"
    ours = {"type": TYPES[kind][1], "name": child, "id": f"{name}-id"}
    return ours | {"parent": parent, "provider": "swarm-engine"}


def test_what_is_in_no_state_is_taken_in_or_removed_once_the_lock_was_had(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = Docker().add("services", "web").add("networks", "front").add("configs", "left").add("secrets", "left")
    known = [component("services", "shop"), component("networks", "net") | {"inputs": {"name": "front"}}]
    run = Run(monkeypatch, state(*known), docker)
    recovery.main("up", "s")
    assert run.targets() == [NOTHING]
    [command] = [one for one in run.commands if one[0] == "import"]
    assert {"--protect=false", "--generate-code=false", "--yes"} <= set(command)
    [found] = run.imported
    assert found["resources"] == [imported("services", "web", "shop"), imported("networks", "front", "net")]
    names = ("shop", "net")
    assert found["nameTable"] == dict(zip(names, (one["urn"] for one in known), strict=True)) | {
        "swarm-engine": PROVIDER
    }
    assert [path for _, path, _ in docker.calls] == ["configs/left-id", "secrets/left-id"]
    assert capsys.readouterr().err.count("which is in no state") == 4


def test_what_an_update_has_made_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another computer's update ended after the first look: its things are in the state by now."""
    docker = Docker().add("configs", "made")
    run = Run(monkeypatch, state(), docker, state(in_state("configs", "made")))
    recovery.main("up", "s")
    assert docker.calls == []
    assert run.imported == []


def test_what_came_after_the_lock_was_had_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker().add("configs", "left")
    run = Run(monkeypatch, state(), docker)
    pulumi = run._pulumi

    def refreshing(*arguments: str, shown: bool = False) -> str:
        docker.add("configs", "new")
        return pulumi(*arguments, shown=shown)

    monkeypatch.setattr(recovery, "pulumi", refreshing)
    recovery.main("up", "s")
    assert [path for _, path, _ in docker.calls] == ["configs/left-id"]


@pytest.mark.parametrize(
    "known",
    [
        [],  # an old copy of the state: another one knows the service
        [component("services", "other")],
        [component("services", "shop"), in_state("services", "web-service", id="another")],
    ],
)
def test_what_nothing_in_the_state_would_make_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], known: list[dict[str, Any]]
) -> None:
    docker = Docker().add("services", "web").add("services", "web-service", ID="another")
    run = Run(monkeypatch, state(*known), docker)
    recovery.main("up", "s")
    assert docker.calls == []
    assert run.imported == []
    assert "leaves the service web, which is in no state" in capsys.readouterr().err


def test_nothing_is_removed_where_another_update_has_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker().add("configs", "left")
    run = Run(monkeypatch, state(cluster="Local", pending=True), docker)

    def locked(*_arguments: str, shown: bool = False) -> str:
        raise SystemExit(255)

    monkeypatch.setattr(recovery, "pulumi", locked)
    with pytest.raises(SystemExit):
        recovery.main("up", "s")
    assert docker.calls == []
    assert run.cleaned == []


def test_what_services_still_use_waits_until_they_do_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = Docker(used={"old-id"}).add("configs", "old").add("secrets", "other")
    run = Run(monkeypatch, state(), docker)
    recovery.main("up", "s")
    assert run.imported == []
    assert docker.objects["secrets"] == []
    assert "leaves the config old" in capsys.readouterr().err


def test_a_network_that_is_gone_is_waited_for_where_its_last_tasks_still_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulumi would take the entry's own part of it for the network."""
    docker = Docker().add("networks", "lost", Containers={})
    run = Run(monkeypatch, state(in_state("networks", "lost")), docker)
    monkeypatch.setattr("time.sleep", lambda _seconds: docker.objects["networks"].clear())
    recovery.main("up", "s")
    assert docker.objects["networks"] == []
    assert run.targets() == [f"--target={urn('networks', 'lost')}"]


def test_somebody_elses_thing_of_the_same_name_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Docker provider would take a service of that name for ours."""
    docker = Docker().add("services", "web-of-a-user", Spec={"Name": "web", "Labels": {}})
    run = Run(monkeypatch, state(in_state("services", "web")), docker)
    with pytest.raises(SystemExit, match="another one of this name, which is not of this infrastructure"):
        recovery.main("up", "s")
    assert run.commands == []


@pytest.mark.parametrize("cluster", ["Existing", "Exoscale"])
def test_an_entry_that_does_not_answer_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cluster: str
) -> None:
    docker = Docker(status=HTTPStatus.SERVICE_UNAVAILABLE).add("services", "left")
    run = Run(monkeypatch, state(in_state("services", "web"), cluster=cluster), docker)
    recovery.main("up", "s")
    assert run.commands == docker.calls == []
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("s: its entry does not answer (This node is not a swarm manager.)")


def test_a_refresh_is_refused_while_it_would_forget_the_swarm(monkeypatch: pytest.MonkeyPatch) -> None:
    Run(monkeypatch, state(), Docker(status=HTTPStatus.SERVICE_UNAVAILABLE))
    with pytest.raises(SystemExit, match=r"a refresh would forget what is in the swarm: run this again when it does$"):
        recovery.main("refresh", "s")
    Run(monkeypatch, state(cluster="Exoscale"), Docker(status=HTTPStatus.SERVICE_UNAVAILABLE))
    with pytest.raises(SystemExit, match="of the machines alone: `pulumi refresh --target"):
        recovery.main("refresh", "s")


@pytest.mark.parametrize("docker", [Docker(), None])
def test_a_refresh_goes_on_where_the_entry_answers_or_there_is_none(
    monkeypatch: pytest.MonkeyPatch, docker: Docker | None
) -> None:
    run = Run(monkeypatch, state(in_state("services", "web")), docker)
    recovery.main("refresh", "s")
    assert run.commands == []


def test_a_refresh_puts_right_before_what_a_killed_update_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = Docker().add("configs", "left")
    run = Run(monkeypatch, state(pending=True, cluster="Local"), docker)
    recovery.main("refresh", "s")
    assert [path for _, path, _ in docker.calls] == ["configs/left-id"]
    assert len(run.cleaned) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("cluster", "asked"), [("Local", False), ("Exoscale", False), ("Existing", True)])
def test_only_machines_that_stay_are_asked_before_a_destruction(
    monkeypatch: pytest.MonkeyPatch, cluster: str, asked: bool
) -> None:
    docker = Docker().add("configs", "left")
    run = Run(monkeypatch, state(in_state("services", "web"), cluster=cluster), docker)
    recovery.main("down", "s")
    assert run.commands == [] if not asked else run.targets() == [f"--target={urn('services', 'web')}"]
    assert docker.calls == []


@pytest.mark.parametrize("verb", ["up", "down"])
@pytest.mark.parametrize(("cluster", "cleaned"), [("Local", 1), ("Exoscale", 0), ("Existing", 0)])
def test_what_was_being_made_is_forgotten_and_on_this_computer_removed(
    monkeypatch: pytest.MonkeyPatch, verb: str, cluster: str, cleaned: int
) -> None:
    run = Run(monkeypatch, state(cluster=cluster, pending=True), None)
    cleared: list[int] = []  # how often things of this computer were removed by then
    monkeypatch.setattr(run, "on_clear", lambda: cleared.append(len(run.cleaned)))
    recovery.main(verb, "s")
    assert run.targets() == [NOTHING]
    assert cleared == [cleaned]


def test_a_stack_without_anything_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch, State("s", None), None)
    recovery.main("up", "s")
    assert run.commands == []


def test_a_swarm_is_reached_as_the_program_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.repair.swarm import connected  # noqa: PLC0415 - the true one

    with connected(state()) as swarm:
        assert isinstance(swarm, Swarm)
        session, url = swarm._session, swarm._url
        assert url == "https://192.0.2.7:2376"
        assert session.trust_env is False
        files = [str(session.verify), *session.cert]  # type: ignore[misc]
        assert [Path(file).read_text() for file in files] == ["CA", "CERT", "KEY"]
        assert {Path(file).stat().st_mode & 0o777 for file in files} == {0o600}
    assert not any(Path(file).exists() for file in files)
    with connected(State("s", None)) as nobody:
        assert nobody is None
