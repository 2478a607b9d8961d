"""The workflows of GitHub: sound, pinned, with few rights, and made of commands that exist."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.harness import run
from tests.files.shipped import says
from tests.support.checkout import CHECKOUT

FOLDER = CHECKOUT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
EVENTS = {
    "preview": {"pull_request"},
    "deploy": {"push"},
    "drift": {"schedule", "workflow_dispatch"},
    "nightly": {"schedule", "workflow_dispatch"},
    "test": {"pull_request", "push"},
}


def parsed(workflow: Path) -> dict[str, Any]:
    """A workflow; its key `on` is not taken for a truth value."""
    found: dict[str, Any] = yaml.load(workflow.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return found


def named(name: str) -> dict[str, Any]:
    return parsed(FOLDER / f"{name}.yml")


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def title(workflow: Path) -> str:
    return workflow.stem


each = pytest.mark.parametrize("workflow", WORKFLOWS, ids=title)


def test_each_task_has_a_workflow() -> None:
    assert {workflow.stem for workflow in WORKFLOWS} == set(EVENTS)


@pytest.mark.tools("actionlint")
def test_actionlint_finds_nothing() -> None:
    assert says("actionlint", *WORKFLOWS) == ""


@pytest.mark.tools("actionlint")
def test_actionlint_would_find_a_wrong_expression(tmp_path: Path) -> None:
    text = (FOLDER / "preview.yml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(text.replace("needs.stacks.outputs.names", "needs.stacks.outputs.nothing"), encoding="utf-8")
    assert 'property "nothing" is not defined' in says("actionlint", wrong)


@each
def test_workflow_starts_on_its_events_and_never_with_secrets_for_a_fork(workflow: Path) -> None:
    events = parsed(workflow)["on"]
    assert set(events) == EVENTS[workflow.stem]
    assert events.get("push", {"branches": ["main"]}) == {"branches": ["main"]}


@each
def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it(workflow: Path) -> None:
    uses = re.findall(r"uses: (.*)", workflow.read_text(encoding="utf-8"))
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []


def test_an_action_has_the_same_pin_wherever_it_is_used() -> None:
    uses = {use for workflow in WORKFLOWS for use in re.findall(r"uses: (.*)", workflow.read_text(encoding="utf-8"))}
    assert len({use.partition("@")[0] for use in uses}) == len(uses)


@each
def test_rights_are_declared_job_by_job_and_only_the_comment_needs_one_to_write(workflow: Path) -> None:
    document = parsed(workflow)
    assert document["permissions"] in ({}, "{}")
    for name, job in document["jobs"].items():
        rights = {"contents": "read"}
        if (workflow.stem, name) == ("preview", "preview"):
            rights["pull-requests"] = "write"
        assert job["permissions"] == rights, name
        assert int(job["timeout-minutes"]) > 0, name


@each
def test_no_command_has_an_expression_in_its_text(workflow: Path) -> None:
    """A secret would be in the process list, and a name of a branch could be a command."""
    assert [step["run"] for step in steps(parsed(workflow)) if "${{" in step.get("run", "")] == []


@each
def test_the_checkout_keeps_no_token(workflow: Path) -> None:
    for step in steps(parsed(workflow)):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": "false"}


@each
def test_commands_of_a_workflow_exist(workflow: Path) -> None:
    goals = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for command in [step["run"] for step in steps(parsed(workflow)) if "run" in step]:
        assert set(re.findall(r"\bmake ([a-z-]+)", command)) <= goals
        for program in re.findall(r"[\w.]+/[\w/-]*\b(?:run|\w+\.sh)\b", command):
            assert os.access(CHECKOUT / program, os.X_OK), program
        for module in re.findall(r"python -m ([\w.]+)", command):
            assert (CHECKOUT / f"{module.replace('.', '/')}.py").is_file(), module


def test_test_jobs_are_the_stages_of_the_script_that_every_ci_runs() -> None:
    jobs = named("test")["jobs"]
    assert {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in jobs.items()} == {
        stage: [f".ci/run {stage}"] for stage in ("lint", "unit", "e2e")
    }
    assert "secrets." not in (FOLDER / "test.yml").read_text(encoding="utf-8")


def test_script_of_ci_rejects_an_unknown_stage() -> None:
    refused = run(str(CHECKOUT / ".ci/run"), "tests")
    assert refused.code == 1
    assert "'tests' given; allowed: lint, unit, e2e, or nothing for all" in refused.text


def test_every_example_is_previewed_without_an_environment_or_secrets() -> None:
    job = named("preview")["jobs"]["examples"]
    assert "environment" not in job
    assert "secrets." not in json.dumps(job)
    assert job["steps"][-1]["run"].splitlines() == [
        'eval "$(tools/env.sh)"',
        "for example in examples/*.yaml; do",
        '  python -m tools.preview_without_state "$example"',
        "done",
    ]


def test_example_for_gitlab_is_valid_and_its_commands_exist() -> None:
    page = (CHECKOUT / "docs" / "15-pull-requests.md").read_text(encoding="utf-8")
    [example] = [block for block in re.findall(r"```yaml\n(.*?)\n```", page, re.DOTALL) if "stages:" in block]
    document = yaml.safe_load(example)
    assert list(document["stages"]) == ["test", "preview", "deploy", "drift"]
    assert document[".stacks"]["parallel"]["matrix"] == [{"STACK": ["prod"]}]
    for program in re.findall(r"(?:tools|\.ci)/[\w/]*\b(?:run|\w+\.sh|\w+\.py)\b", example):
        assert (CHECKOUT / program).is_file(), program
    assert document["deploy"]["resource_group"] == "$STACK"
    assert not document["deploy"]["interruptible"]
