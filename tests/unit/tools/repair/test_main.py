"""tools/repair/__main__.py: repairs before an update, a refresh and a destruction."""

from http import HTTPStatus
from itertools import product
from typing import Any

import pytest

from tests.support.fake_swarm_api import Docker
from tests.support.repair_run import NOTHING, Run
from tests.support.stack_states import ROOT, in_state, state, urn
from tools.repair import __main__ as recovery
from tools.repair.state import KINDS, State

CONVERGED = f"{ROOT}nuvla:service:ServiceStack$command:remote:Command::web-converged"


def waits(name: str) -> dict[str, Any]:
    """Return the command that waits for the services of a stack."""
    parent = f"{ROOT}nuvla:service:ServiceStack::{name}"
    return {"urn": CONVERGED.replace("web-", f"{name}-"), "type": "command:remote:Command", "parent": parent, "id": "c"}


def test_intact_swarm_is_not_repaired(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for cluster in ("Existing", "Exoscale"):
        docker = Docker().add("services", "web")
        run = Run(monkeypatch, state(in_state("services", "web"), cluster=cluster), docker)
        recovery.main("up", "s")
        assert run.commands == docker.calls == []
        assert capsys.readouterr() == ("", "")


def test_only_lost_resources_are_refreshed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, cluster in product(KINDS.values(), ("Local", "Existing", "Exoscale")):
        known = state(in_state(kind, "lost"), in_state("services", "web"), cluster=cluster)
        run = Run(monkeypatch, known, Docker().add("services", "web"))
        recovery.main("up", "s")
        assert run.targets() == [f"--target={urn(kind, 'lost')}"], cluster
        assert "lost is gone from the swarm" in capsys.readouterr().err


def test_missing_succeeds_only_if_resources_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    for there, code in ((["web"], 1), (["other"], 0), ([], 0)):
        docker = Docker()
        for name in there:
            docker.add("services", name)
        run = Run(monkeypatch, state(in_state("services", "web")), docker)
        with pytest.raises(SystemExit) as ended:
            recovery.main("missing", "s")
        assert int(ended.value.code or 0) == code
        assert run.commands == docker.calls == []


def test_missing_fails_without_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    Run(monkeypatch, state(), None)
    with pytest.raises(SystemExit) as ended:
        recovery.main("missing", "s")
    assert ended.value.code == 1


def test_local_machines_are_always_refreshed(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = ("docker:index/container:Container", "docker:index/volume:Volume")
    machines = [{"urn": f"{ROOT}{kind}::one", "type": kind, "id": kind} for kind in kinds]
    run = Run(monkeypatch, state(*machines, cluster="Local"), Docker())
    recovery.main("up", "s")
    assert run.targets() == [f"--target={one['urn']}" for one in machines]


def test_changed_service_is_refreshed_and_its_wait_replaced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = Docker().add("services", "web").add("services", "api")
    docker.objects["services"][0]["Spec"] |= {"Mode": {"Replicated": {"Replicas": 0}}}
    known = state(in_state("services", "web"), waits("web"), in_state("services", "api"), waits("api"))
    run = Run(monkeypatch, known, docker)
    recovery.main("up", "s")
    assert run.targets() == [f"--target={urn('services', 'web')}"]
    output = capsys.readouterr()
    assert output.out == f"{CONVERGED}\n"
    assert "the service web differs from its settings" in output.err


def test_service_without_labels_is_changed_and_not_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = Docker().add("services", "web")
    docker.objects["services"][0]["Spec"] |= {"Labels": {}}
    run = Run(monkeypatch, state(in_state("services", "web"), waits("web")), docker)
    recovery.main("up", "s")
    assert run.targets() == [f"--target={urn('services', 'web')}"]
    assert "differs from its settings" in capsys.readouterr().err


def test_foreign_resource_of_the_same_name_stops_the_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Docker provider would adopt a foreign service of that name."""
    docker = Docker().add("services", "web-of-a-user", Spec={"Name": "web", "Labels": {}})
    run = Run(monkeypatch, state(in_state("services", "web")), docker)
    with pytest.raises(SystemExit, match="another infrastructure has one of this name in the swarm"):
        recovery.main("up", "s")
    assert run.commands == []


def test_unreachable_entry_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for cluster in ("Existing", "Exoscale"):
        docker = Docker(status=HTTPStatus.SERVICE_UNAVAILABLE).add("services", "left")
        run = Run(monkeypatch, state(in_state("services", "web"), cluster=cluster), docker)
        recovery.main("up", "s")
        assert run.commands == docker.calls == []
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith("nuvla-swarm: s: its API manager does not answer (This node is not a swarm manager.)")
        Run(monkeypatch, state(cluster=cluster), docker)  # the first update has put nothing into the swarm yet
        recovery.main("up", "s")
        assert capsys.readouterr().err == ""


def test_swarm_without_a_leader_has_its_own_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = Docker(status=HTTPStatus.INTERNAL_SERVER_ERROR, message="The swarm does not have a leader.")
    Run(monkeypatch, state(in_state("services", "web")), docker)
    recovery.main("up", "s")
    assert "if most managers are dead, `make recover STACK=s` starts the swarm again" in capsys.readouterr().err


def test_refresh_is_refused_while_the_entry_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    Run(monkeypatch, state(), Docker(status=HTTPStatus.SERVICE_UNAVAILABLE))
    with pytest.raises(
        SystemExit, match=r"a refresh would drop the swarm's resources from the state: run this again when it answers$"
    ):
        recovery.main("refresh", "s")
    Run(monkeypatch, state(cluster="Exoscale"), Docker(status=HTTPStatus.SERVICE_UNAVAILABLE))
    with pytest.raises(SystemExit, match="to refresh only the machines: `pulumi refresh --stack s --target"):
        recovery.main("refresh", "s")


def test_pulumi_is_not_asked_about_what_only_another_manager_knows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would take what its API manager, which does not answer, does not show for gone."""
    docker = Docker(stands_in=True).add("services", "web", UpdateStatus={"State": "rollback_completed"})
    docker.add("services", "stray")
    docker.objects["services"][0]["Spec"] |= {"Mode": {"Replicated": {"Replicas": 0}}}
    run = Run(monkeypatch, state(in_state("services", "web"), in_state("services", "lost")), docker)
    recovery.main("up", "s")
    assert run.targets() == [f"--target={urn('services', 'lost')}"]
    assert [command[0] for command in run.commands] == ["refresh"]
    assert docker.calls == []
    capsys.readouterr()
    with pytest.raises(
        SystemExit, match=r"API manager does not answer \(only 192.0.2.7 does\), and a refresh would drop"
    ):
        recovery.main("refresh", "s")


def test_refresh_goes_on_with_a_reachable_entry_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for docker in (Docker(), None):
        run = Run(monkeypatch, state(in_state("services", "web")), docker)
        recovery.main("refresh", "s")
        assert run.commands == []


def test_refresh_first_removes_the_remains_of_a_killed_update(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = Docker().add("configs", "left")
    run = Run(monkeypatch, state(pending=True, cluster="Local"), docker)
    recovery.main("refresh", "s")
    assert [path for _, path, _ in docker.calls] == ["configs/left-id"]
    assert len(run.cleaned) == 1
    assert capsys.readouterr().out == ""


def test_destruction_asks_only_machines_that_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    for cluster, survives in (("Local", False), ("Exoscale", False), ("Existing", True)):
        docker = Docker().add("configs", "left")
        run = Run(monkeypatch, state(in_state("services", "web"), cluster=cluster), docker)
        recovery.main("down", "s")
        assert run.commands == [] if not survives else run.targets() == [f"--target={urn('services', 'web')}"]
        assert docker.calls == []


def test_pending_resources_are_forgotten_and_removed_locally(monkeypatch: pytest.MonkeyPatch) -> None:
    for verb, (cluster, cleaned) in product(("up", "down"), (("Local", 1), ("Exoscale", 0), ("Existing", 0))):
        run = Run(monkeypatch, state(cluster=cluster, pending=True), None)
        cleared: list[int] = []  # how often remains of this computer were removed by then
        monkeypatch.setattr(run, "on_clear", lambda run=run, cleared=cleared: cleared.append(len(run.cleaned)))
        recovery.main(verb, "s")
        assert run.targets() == [NOTHING]
        assert cleared == [cleaned], (verb, cluster)


def test_empty_stack_is_not_repaired(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch, State("s", None), None)
    recovery.main("up", "s")
    assert run.commands == []
