"""tools/repair/strays.py: resources of the swarm that are in no state are imported, removed or left."""

from typing import Any

import pytest

from tests.support.fake_swarm_api import Docker
from tests.support.repair_run import NOTHING, Run
from tests.support.stack_states import PROVIDER, TYPES, component, in_state, state
from tools.repair import __main__ as recovery


def imported(kind: str, name: str, parent: str) -> dict[str, str]:
    """Return the entry of an import file for a resource."""
    child = f"{name}-service" if kind == "services" else f"{parent}-network"
    ours = {"type": TYPES[kind][1], "name": child, "id": f"{name}-id"}
    return ours | {"parent": parent, "provider": "swarm-engine"}


def test_strays_are_imported_or_removed_after_the_refresh(
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
    assert capsys.readouterr().err.count("which the state lacks") == 4


def test_resource_of_a_concurrent_update_is_no_stray(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update on another computer has ended since the first look, so the state has its resources."""
    docker = Docker().add("configs", "made")
    run = Run(monkeypatch, state(), docker, state(in_state("configs", "made")))
    recovery.main("up", "s")
    assert docker.calls == []
    assert run.imported == []


def test_resource_made_after_the_refresh_is_no_stray(monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker().add("configs", "left")
    run = Run(monkeypatch, state(), docker)
    pulumi = run._pulumi

    def refreshing(*arguments: str, shown: bool = False) -> str:
        docker.add("configs", "new")
        return pulumi(*arguments, shown=shown)

    monkeypatch.setattr(recovery, "pulumi", refreshing)
    recovery.main("up", "s")
    assert [path for _, path, _ in docker.calls] == ["configs/left-id"]


def test_stray_service_without_a_component_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cases: list[list[dict[str, Any]]] = [
        [],  # an old copy of the state: a newer one knows the service
        [component("services", "other")],
        [component("services", "shop"), in_state("services", "web-service", id="another")],
    ]
    for known in cases:
        docker = Docker().add("services", "web").add("services", "web-service", ID="another")
        run = Run(monkeypatch, state(*known), docker)
        recovery.main("up", "s")
        assert docker.calls == []
        assert run.imported == []
        assert "leaves the service web, which the state lacks" in capsys.readouterr().err


def test_strays_stay_while_another_update_has_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker().add("configs", "left")
    run = Run(monkeypatch, state(cluster="Local", pending=True), docker)

    def locked(*_arguments: str, shown: bool = False) -> str:
        raise SystemExit(255)

    monkeypatch.setattr(recovery, "pulumi", locked)
    with pytest.raises(SystemExit):
        recovery.main("up", "s")
    assert docker.calls == []
    assert run.cleaned == []


def test_stray_in_use_is_left(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    docker = Docker(used={"old-id"}).add("configs", "old").add("secrets", "other")
    run = Run(monkeypatch, state(), docker)
    recovery.main("up", "s")
    assert run.imported == []
    assert docker.objects["secrets"] == []
    assert "leaves the config old" in capsys.readouterr().err
