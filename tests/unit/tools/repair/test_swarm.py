"""tools/repair/swarm.py: questions and changes through Docker's API of the entry."""

from http import HTTPStatus
from pathlib import Path

import pytest

from tests.support.fake_swarm_api import Docker
from tests.support.repair_run import Run
from tests.support.stack_states import LABELS, in_state, state, urn
from tools.repair import __main__ as recovery
from tools.repair.state import State
from tools.repair.swarm import STACK_LABEL, Swarm


def test_rolled_back_service_is_updated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker().add("services", "web", UpdateStatus={"State": "rollback_completed"})
    run = Run(monkeypatch, state(in_state("services", "web")), docker)
    recovery.main("up", "s")
    assert run.targets() == [f"--target={urn('services', 'web')}"]
    spec = docker.objects["services"][0]["Spec"]
    assert docker.calls == [("POST", "services/web-id/update?version=7", spec)]


def test_rollback_ends_before_the_service_is_updated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker().add("services", "web", UpdateStatus={"State": "rollback_started"})
    Run(monkeypatch, state(in_state("services", "web")), docker)

    def ends(_seconds: float) -> None:
        docker.objects["services"][0].update(UpdateStatus={"State": "rollback_completed"}, Version={"Index": 9})

    monkeypatch.setattr("tools.repair.swarm.time.sleep", ends)
    recovery.main("up", "s")
    assert [call[:2] for call in docker.calls] == [("POST", "services/web-id/update?version=9")]


def test_refused_service_update_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker(updated=HTTPStatus.INTERNAL_SERVER_ERROR)
    docker.add("services", "web", UpdateStatus={"State": "rollback_completed"})
    Run(monkeypatch, state(in_state("services", "web")), docker)
    with pytest.raises(SystemExit, match=r"refused a repair \(the service web: update out of sequence\)"):
        recovery.main("up", "s")


def test_services_that_lack_tasks_are_found() -> None:
    docker = Docker()
    for name, counts in {
        "half": {"RunningTasks": 1, "DesiredTasks": 2},
        "none": {"DesiredTasks": 1},
        "all": {"RunningTasks": 2, "DesiredTasks": 2},
        "ending": {"RunningTasks": 2, "DesiredTasks": 1},
        "stopped": {},
    }.items():
        docker.add("services", name, ServiceStatus=counts)
    docker.add("services", "uncounted")
    assert docker.swarm().lacking(LABELS[STACK_LABEL]) == {"half": "1 of 2 tasks run", "none": "0 of 1 tasks run"}
    assert docker.swarm().lacking("nuvla-swarm/another") == {}


def test_lost_network_is_refreshed_after_the_entry_has_dropped_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulumi would take the part of the network that the API manager still has for the network itself."""
    docker = Docker().add("networks", "lost", Containers={})
    run = Run(monkeypatch, state(in_state("networks", "lost")), docker)
    monkeypatch.setattr("time.sleep", lambda _seconds: docker.objects["networks"].clear())
    recovery.main("up", "s")
    assert docker.objects["networks"] == []
    assert run.targets() == [f"--target={urn('networks', 'lost')}"]


def test_swarm_connection_uses_the_certificates_of_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.repair.connection import connected  # noqa: PLC0415 - the true one

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
