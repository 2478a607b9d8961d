"""tools/stack/marks.py: what the state says of machines, beside what updates write there."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.stack_states import state
from tools.repair.state import State
from tools.stack import marks

CLUSTER = {"type": "nuvla:machines:LocalCluster", "urn": "c", "outputs": {"names": ["a", "b"], "lost": ["b"]}}
OTHER = {"type": "docker:index/container:Container", "urn": "d", "outputs": {"lost": "of somebody"}}
EXPORTED = {"version": 3, "deployment": {"manifest": {}, "resources": [CLUSTER, OTHER, {"type": "x", "urn": "e"}]}}


def test_only_the_cluster_is_marked() -> None:
    marked = marks.with_lost(EXPORTED, ["a"])
    assert State("s", marked["deployment"]).lost() == ["a", "b"]
    resources = marked["deployment"]["resources"]
    assert resources[1:] == EXPORTED["deployment"]["resources"][1:]  # type: ignore[index]
    assert resources[0] == {**CLUSTER, "outputs": {"names": ["a", "b"], "lost": ["a", "b"]}}
    assert (marked["version"], marked["deployment"]["manifest"]) == (3, {})


def test_cluster_whose_outputs_an_update_has_lost_is_marked_with_all_of_them() -> None:
    """The next update counts by them how often a machine was made anew."""
    known = {"made_anew": {"a": 1}, "provider": "local", "lost": ["b"]}
    record = {"type": "pulumi:index:Stash", "urn": "u::c-outputs", "outputs": {"input": known, "output": {}}}
    exported = {"deployment": {"resources": [{**CLUSTER, "urn": "u::c", "outputs": {}}, record]}}
    [cluster, _] = marks.with_lost(exported, ["a"])["deployment"]["resources"]
    assert cluster["outputs"] == known | {"lost": ["a", "b"]}


def test_marked_state_takes_the_place_of_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[Any] = []

    def pulumi(*arguments: str) -> str:
        if arguments[1] == "import":
            commands.append(json.loads(Path(arguments[-1]).read_text()))
        return json.dumps(EXPORTED)

    monkeypatch.setattr(marks, "pulumi", pulumi)
    marks.mark_lost(state(), ["a"])
    assert commands == [marks.with_lost(EXPORTED, ["a"])]
    marks.mark_lost(State("s", EXPORTED["deployment"]), ["b"])  # type: ignore[arg-type]
    marks.mark_lost(state(), [])
    assert len(commands) == 1, "nothing was to be marked"
