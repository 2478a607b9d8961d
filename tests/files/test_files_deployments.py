"""The workflows of stacks: previews, deployments and drift checks, and their credentials."""

import json
import re
from typing import Any

import pytest

from tests.files.test_files_workflows import named, steps
from tests.support.checkout import CHECKOUT

OF_STACKS = pytest.mark.parametrize("name", ["preview", "deploy", "drift"])
LOGIN = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "EXOSCALE_API_KEY",
    "EXOSCALE_API_SECRET",
}


def pulumi_steps(name: str) -> list[dict[str, Any]]:
    return [step for step in steps(named(name)) if step.get("uses", "").startswith("pulumi/actions@")]


@OF_STACKS
def test_matrix_has_the_stacks_of_the_script_and_each_stack_its_environment(name: str) -> None:
    jobs = named(name)["jobs"]
    job = jobs[name]
    assert job["strategy"]["matrix"]["stack"] == "${{ fromJSON(needs.stacks.outputs.names) }}"
    assert job["strategy"]["fail-fast"] == "false"
    [find] = [step for step in jobs["stacks"]["steps"] if step.get("id") == "find"]
    assert f"$(tools/stacks.sh{'' if name == 'preview' else ' remote'})" in find["run"]
    assert job["environment"] == ("" if name == "deploy" else "preview-") + "${{ matrix.stack }}"


@OF_STACKS
def test_stack_has_one_run_at_a_time_and_no_update_is_killed(name: str) -> None:
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


def test_pulumi_steps_have_their_commands() -> None:
    [preview], [deploy], [drift] = map(pulumi_steps, ("preview", "deploy", "drift"))
    assert {step["with"]["stack-name"] for step in (preview, deploy, drift)} == {"${{ matrix.stack }}"}
    assert (preview["with"]["command"], preview["with"]["comment-on-pr"]) == ("preview", "true")
    assert deploy["with"]["command"] == "up"
    assert (drift["with"]["command"], drift["with"]["refresh"]) == ("preview", "true")
    assert drift["with"]["expect-no-changes"] == "true"


@OF_STACKS
def test_workflows_use_the_pulumi_that_operators_install(name: str) -> None:
    [version] = re.findall(r"^PULUMI_VERSION=(\S+)", (CHECKOUT / "tools" / "lib.sh").read_text(), re.MULTILINE)
    assert {step["with"]["pulumi-version"] for step in pulumi_steps(name)} == {version}
    archives = {line.split()[1] for line in (CHECKOUT / "tools" / "pulumi.sha256").read_text().splitlines()}
    assert archives == {
        f"pulumi-v{version}-{system}-{machine}.tar.gz" for system in ("linux", "darwin") for machine in ("x64", "arm64")
    }


@OF_STACKS
def test_cli_with_the_credentials_is_the_one_with_the_known_checksum(name: str) -> None:
    """Its action gets another one, and checks nothing of it, unless that version is on PATH already."""
    steps_of_job = named(name)["jobs"][name]["steps"]
    before = [step for step in steps_of_job if "tools/setup.sh" in step.get("run", "")]
    assert [step["run"].splitlines() for step in before] == [
        ["tools/setup.sh pulumi tools", 'eval "$(tools/env.sh)"', 'dirname "$(command -v pulumi)" >>"$GITHUB_PATH"']
    ]


def test_fork_gets_the_preview_without_credentials() -> None:
    steps_of_job = named("preview")["jobs"]["preview"]["steps"]
    [free] = [step for step in steps_of_job if "tools.preview_without_state" in step.get("run", "")]
    assert free["if"] == "env.HAS_STATE != 'true'"
    assert free["env"] == {"STACK": "${{ matrix.stack }}"}
