"""tests/e2e/page_walks.py: what a killed walk left is removed by the next one, and nobody else's machines are."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e import harness, page_walks
from tests.e2e.harness import Result

STACK = {"io.nuvla.swarm.stack": "nuvla-swarm/dev"}


class Engine:
    """Stands for Docker: its containers, networks and volumes, with their labels, by kind and id."""

    def __init__(self) -> None:
        self.things: dict[str, dict[str, Mapping[str, str]]] = {"container": {}, "network": {}, "volume": {}}

    def __call__(self, *arguments: str) -> str:
        words = [word for word in arguments if word not in ("--all", "--force", "--quiet", "--filter")]
        if words[0] == "create":
            labels = [word.removeprefix("--label=").split("=") for word in words if word.startswith("--label=")]
            self.things["container"][f"keeper-{len(self.things['container'])}"] = dict(labels)
            return [*self.things["container"]][-1]
        if words[0] == "rm":
            words.insert(0, "container")
        kind, verb, which, *form = words
        if verb == "rm":
            del self.things[kind][which]
            return ""
        key, _, value = which.removeprefix("--filter=").removeprefix("label=").partition("=")
        found = {name: labels for name, labels in self.things[kind].items() if labels.get(key) == value}
        if form:
            return "\n".join(labels.get(form[0].split('"')[1], "") for labels in found.values())
        return "\n".join(found)

    def names(self) -> list[str]:
        return [name for things in self.things.values() for name in things]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    made = Engine()
    for module in (harness, page_walks):
        monkeypatch.setattr(module, "docker", made)
    monkeypatch.setattr(page_walks, "run", lambda *_, **__: Result(0, "image:1"))
    monkeypatch.setattr(page_walks, "gettempdir", lambda: str(tmp_path))
    return made


def state_of_a_test(folder: Path, identity: str) -> Path:
    """Write a state as a walk has it; return its folder."""
    state = folder / "pytest-of-me/pytest-3/popen-gw1/day-two0/nuvla-swarm/.state"
    (state / ".pulumi/stacks/nuvla-swarm").mkdir(parents=True)
    (state / ".pulumi/stacks/nuvla-swarm/dev.json").write_text(f'{{"input": "{identity}"}}')
    return state


def test_walk_removes_what_a_killed_one_left_with_its_processes(engine: Engine, tmp_path: Path) -> None:
    labels = STACK | {"io.nuvla.swarm.id": "0123abcd"}
    engine.things = {"container": {"machine": labels}, "network": {"net": labels}, "volume": {"disk": labels}}
    engine.things["container"]["former-keeper"] = {"io.nuvla.swarm.walk": "dev"}
    engine.things["container"]["other-keeper"] = {"io.nuvla.swarm.walk": "prod"}
    state = state_of_a_test(tmp_path, "0123abcd")
    env = {"PULUMI_BACKEND_URL": f"file://{state}"}
    with subprocess.Popen(["/bin/sleep", "600"], env=env) as left:
        try:
            with page_walks.cleaned("dev"):
                assert left.wait(60) == -9
                [keeper] = set(engine.names()) - {"other-keeper"}
                assert engine.things["container"][keeper] == {"io.nuvla.swarm.walk": "dev"}
                engine.things["container"]["another-machine"] = labels
        finally:
            left.kill()
    assert engine.names() == ["other-keeper"]


@pytest.mark.parametrize("identity", ["ffffffff", ""])
def test_machines_of_somebody_else_stay_and_end_the_walk(engine: Engine, tmp_path: Path, identity: str) -> None:
    state_of_a_test(tmp_path, "0123abcd")
    engine.things["container"]["machine"] = STACK | ({"io.nuvla.swarm.id": identity} if identity else {})
    with pytest.raises(AssertionError, match="somebody's machines have"), page_walks.cleaned("dev"):
        pass
    assert engine.names() == ["machine"]
