"""`make template`: looks up the id of a template, and writes it into the stack's file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.exoscale_stacks import TEMPLATE, ExoscaleStack, exoscale_stack
from tests.e2e.harness import Result
from tests.e2e.networks import subnet_of

pytestmark = pytest.mark.slow

SETTINGS: dict[str, Any] = {
    "kind": "target",
    "machines": {
        "provider": "exoscale",
        "zone": "ch-gva-2",
        "pools": {"manager": {"role": "manager"}, "far": {"role": "worker", "zone": "at-vie-1"}},
    },
    "firewall": {"management": ["192.0.2.0/24"]},
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExoscaleStack]:
    """Yield a stack without a template that is not up."""
    folder = Path(tmp_path_factory.mktemp("template"))
    with exoscale_stack("e2e-template", folder, SETTINGS, subnet_of("template")) as stack:
        yield stack


def run_template(stack: ExoscaleStack, name: str, *options: str, env: dict[str, str] | None = None) -> Result:
    return stack.run("python", "-m", "tools.stack", "template", stack.name, name, *options, env=env)


def error_of(result: Result) -> str:
    """Return the one line of a command behind the line that says where the stack is."""
    _, *lines = result.text.splitlines()
    assert len(lines) == 1, result.text
    return lines[0]


def test_template_is_written_with_its_name(stack: ExoscaleStack) -> None:
    result = run_template(stack, TEMPLATE["name"])
    assert result.code == 0, result.text
    assert stack.get("machines.template") == TEMPLATE
    assert f"machines.template.id is {TEMPLATE['id']}" in result.text


def test_template_of_a_pool_is_written_to_the_pool(stack: ExoscaleStack) -> None:
    result = run_template(stack, TEMPLATE["name"], "--pool", "far")
    assert result.code == 0, result.text
    assert stack.get("machines.pools.far.template") == TEMPLATE


@pytest.mark.parametrize(
    ("arguments", "env", "line"),
    [
        (
            ["Linux Ubuntu 24.04 Plan 9"],
            {},
            'no public template named "Linux Ubuntu 24.04 Plan 9" in zone ch-gva-2, or no such zone',
        ),
        (
            ["Linux Debian 12"],
            {},
            'NAME is "Linux Debian 12"; allowed: the name of a template of Ubuntu 22.04 or 24.04',
        ),
        ([""], {}, "NAME is not given; required: the name of a template"),
        (["Ubuntu 24.04", "--pool", "near"], {}, "has no pool near; it has far, manager"),
        (
            ["Ubuntu 24.04"],
            {"EXOSCALE_API_SECRET": ""},
            "EXOSCALE_API_SECRET not given; required: an API key of Exoscale",
        ),
        (["Ubuntu 24.04"], {"EXOSCALE_API_KEY": "wrong"}, "Exoscale does not take the API key"),
    ],
    ids=["unknown", "another system", "no name", "no pool", "no secret", "wrong key"],
)
def test_template_error_is_one_line(stack: ExoscaleStack, arguments: list[str], env: dict[str, str], line: str) -> None:
    before = stack.file.read_text()
    result = run_template(stack, *arguments, env=env)
    assert result.code != 0
    assert line in error_of(result)
    assert stack.file.read_text() == before


def test_missing_plugin_ends_the_look_up_with_one_line(stack: ExoscaleStack, tmp_path: Path) -> None:
    result = run_template(stack, TEMPLATE["name"], env={"PULUMI_HOME": str(tmp_path)})
    assert result.code == 1
    assert "Pulumi has no plugin exoscale 0." in error_of(result)
