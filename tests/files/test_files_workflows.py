"""The workflows of GitHub: sound, pinned, with few rights, and made of commands that exist."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.harness import run
from tests.files.shipped import says

CHECKOUT = Path(__file__).parents[2]
FOLDER = CHECKOUT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
EVENTS = {
    "preview": {"pull_request"},
    "deploy": {"push"},
    "drift": {"schedule", "workflow_dispatch"},
    "test": {"pull_request", "push"},
}
LOGIN = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "PULUMI_CONFIG_PASSPHRASE",
    "EXOSCALE_API_KEY",
    "EXOSCALE_API_SECRET",
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


def pulumi_steps(name: str) -> list[dict[str, Any]]:
    return [step for step in steps(named(name)) if step.get("uses", "").startswith("pulumi/actions@")]


def title(workflow: Path) -> str:
    return workflow.stem


each = pytest.mark.parametrize("workflow", WORKFLOWS, ids=title)
OF_STACKS = pytest.mark.parametrize("name", ["preview", "deploy", "drift"])


def test_there_is_one_for_each_task() -> None:
    assert {workflow.stem for workflow in WORKFLOWS} == set(EVENTS)


def test_actionlint_finds_nothing() -> None:
    assert says("actionlint", *WORKFLOWS) == ""


def test_actionlint_would_find_a_wrong_expression(tmp_path: Path) -> None:
    text = (FOLDER / "preview.yml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(text.replace("needs.stacks.outputs.names", "needs.stacks.outputs.nothing"), encoding="utf-8")
    assert 'property "nothing" is not defined' in says("actionlint", wrong)


@each
def test_it_starts_when_it_should_and_never_with_secrets_for_a_fork(workflow: Path) -> None:
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
def test_commands_are_there(workflow: Path) -> None:
    goals = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for command in [step["run"] for step in steps(parsed(workflow)) if "run" in step]:
        assert set(re.findall(r"\bmake ([a-z-]+)", command)) <= goals
        for program in re.findall(r"[\w.]+/[\w/-]*\b(?:run|\w+\.sh)\b", command):
            assert os.access(CHECKOUT / program, os.X_OK), program
        for script in re.findall(r"python (\S+)", command):
            assert (CHECKOUT / script).is_file(), script


def test_test_jobs_are_the_stages_of_the_script_that_every_ci_runs() -> None:
    jobs = named("test")["jobs"]
    assert {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in jobs.items()} == {
        stage: [f".ci/run {stage}"] for stage in ("lint", "unit", "e2e")
    }
    assert "secrets." not in (FOLDER / "test.yml").read_text(encoding="utf-8")


@OF_STACKS
def test_its_matrix_is_what_the_script_finds_and_each_stack_has_its_own_environment(name: str) -> None:
    jobs = named(name)["jobs"]
    job = jobs[name]
    assert job["strategy"]["matrix"]["stack"] == "${{ fromJSON(needs.stacks.outputs.names) }}"
    assert job["strategy"]["fail-fast"] == "false"
    [find] = [step for step in jobs["stacks"]["steps"] if step.get("id") == "find"]
    assert f"$(tools/stacks.sh{'' if name == 'preview' else ' remote'})" in find["run"]
    assert job["environment"] == ("" if name == "deploy" else "preview-") + "${{ matrix.stack }}"


@OF_STACKS
def test_one_run_of_a_stack_at_a_time_and_no_update_is_killed(name: str) -> None:
    concurrency = named(name)["jobs"][name]["concurrency"]
    assert concurrency["group"].startswith(f"{name}-${{{{ matrix.stack }}}}")
    assert concurrency["cancel-in-progress"] == str(name == "preview").lower()


@OF_STACKS
def test_only_the_step_that_runs_pulumi_has_the_credentials(name: str) -> None:
    [pulumi] = pulumi_steps(name)
    assert pulumi["env"] == {key: f"${{{{ secrets.{key} }}}}" for key in LOGIN}
    assert pulumi["with"]["cloud-url"] == "${{ secrets.PULUMI_BACKEND_URL }}"
    assert pulumi["if"] == "env.HAS_STATE == 'true'"
    others = [step for step in steps(named(name)) if step != pulumi]
    assert [step for step in others if "secrets." in json.dumps(step)] == []
    job = named(name)["jobs"][name]
    assert job["env"] == {"HAS_STATE": "${{ secrets.PULUMI_BACKEND_URL != '' }}"}


def test_what_pulumi_is_asked_for() -> None:
    [preview], [deploy], [drift] = map(pulumi_steps, ("preview", "deploy", "drift"))
    assert {step["with"]["stack-name"] for step in (preview, deploy, drift)} == {"${{ matrix.stack }}"}
    assert (preview["with"]["command"], preview["with"]["comment-on-pr"]) == ("preview", "true")
    assert deploy["with"]["command"] == "up"
    assert (drift["with"]["command"], drift["with"]["refresh"]) == ("preview", "true")
    assert drift["with"]["expect-no-changes"] == "true"


@OF_STACKS
def test_pulumi_is_the_one_that_operators_install(name: str) -> None:
    [version] = re.findall(r"^PULUMI_VERSION=(\S+)", (CHECKOUT / "tools" / "lib.sh").read_text(), re.MULTILINE)
    assert {step["with"]["pulumi-version"] for step in pulumi_steps(name)} == {version}
    archives = {line.split()[1] for line in (CHECKOUT / "tools" / "pulumi.sha256").read_text().splitlines()}
    assert archives == {f"pulumi-v{version}-linux-{machine}.tar.gz" for machine in ("x64", "arm64")}


@OF_STACKS
def test_the_cli_that_gets_the_credentials_is_the_one_whose_checksum_is_known(name: str) -> None:
    """Its action gets another one, and checks nothing of it, unless that version is on PATH already."""
    steps_of_job = named(name)["jobs"][name]["steps"]
    before = [step for step in steps_of_job if "tools/setup.sh" in step.get("run", "")]
    assert [step["run"].splitlines() for step in before] == [
        ["tools/setup.sh pulumi tools", 'eval "$(tools/env.sh)"', 'dirname "$(command -v pulumi)" >>"$GITHUB_PATH"']
    ]


def test_a_fork_gets_the_preview_that_needs_no_credentials() -> None:
    steps_of_job = named("preview")["jobs"]["preview"]["steps"]
    [free] = [step for step in steps_of_job if "tools/preview_without_state.py" in step.get("run", "")]
    assert free["if"] == "env.HAS_STATE != 'true'"
    assert free["env"] == {"STACK": "${{ matrix.stack }}"}


def found_by(folder: Path, *arguments: str) -> list[str]:
    result = run(str(folder / "tools" / "stacks.sh"), *arguments)
    assert result.code == 0, result.text
    names: list[str] = json.loads(result.text)
    return names


def test_every_stack_file_is_found() -> None:
    files = {path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in CHECKOUT.glob("Pulumi.*.yaml")}
    assert set(found_by(CHECKOUT)) == files
    assert "dev" in files


def test_stacks_of_local_machines_are_not_deployed(elsewhere: Path) -> None:
    examples = {path.stem for path in (CHECKOUT / "examples").glob("*.yaml")}
    for name in examples:
        shutil.copy(CHECKOUT / f"examples/{name}.yaml", elsewhere / f"Pulumi.{name}.yaml")
    shutil.copy(CHECKOUT / "Pulumi.dev.yaml", elsewhere)
    assert set(found_by(elsewhere, "remote")) == {"exoscale-target", "exoscale-host", "existing-target"}
    assert set(found_by(elsewhere)) == examples | {"dev"}


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


@pytest.mark.parametrize(
    ("line", "deployed"),
    [
        ("    provider: local", False),
        ('    provider: "local"', False),
        ("    provider: 'local' # of this computer", False),
        ("  nuvla-swarm:machines: {pools: {}, provider: local}", False),
        ("    # provider: exoscale", False),
        ("", False),
        ("    provider: exoscale", True),
        ('    "provider": "existing"', True),
        ("  nuvla-swarm:machines: {provider: 'exoscale'}", True),
    ],
)
def test_machines_of_somebodys_computer_are_known_however_they_are_written(
    elsewhere: Path, line: str, deployed: bool
) -> None:
    (elsewhere / "Pulumi.a.yaml").write_text(f"config:\n  nuvla-swarm:machines:\n{line}\n")
    assert found_by(elsewhere, "remote") == ["a"] * deployed
    assert found_by(elsewhere) == ["a"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A checkout without stacks."""
    (tmp_path / "tools").mkdir()
    shutil.copy(CHECKOUT / "tools" / "stacks.sh", tmp_path / "tools")
    return tmp_path


def test_no_stack_is_an_empty_list_and_an_unknown_word_is_refused(elsewhere: Path) -> None:
    assert found_by(elsewhere) == []
    refused = run(str(elsewhere / "tools" / "stacks.sh"), "local")
    assert refused.code == 1
    assert "'local' given; allowed: remote" in refused.text


def test_a_name_that_could_be_more_than_a_name_is_refused(elsewhere: Path) -> None:
    (elsewhere / 'Pulumi.a","b.yaml').touch()
    refused = run(str(elsewhere / "tools" / "stacks.sh"))
    assert refused.code == 1
    assert "allowed: Pulumi.<stack>.yaml with letters" in refused.text


def test_the_example_for_gitlab_can_be_read_and_its_commands_are_there() -> None:
    page = (CHECKOUT / "docs" / "pull-requests.md").read_text(encoding="utf-8")
    [example] = [block for block in re.findall(r"```yaml\n(.*?)\n```", page, re.DOTALL) if "stages:" in block]
    document = yaml.safe_load(example)
    assert list(document["stages"]) == ["test", "preview", "deploy", "drift"]
    assert document[".stacks"]["parallel"]["matrix"] == [{"STACK": ["prod"]}]
    for program in re.findall(r"(?:tools|\.ci)/[\w/]*\b(?:run|\w+\.sh|\w+\.py)\b", example):
        assert (CHECKOUT / program).is_file(), program
    assert document["deploy"]["resource_group"] == "$STACK"
    assert not document["deploy"]["interruptible"]
