"""`make template`: the id of a system is looked up once, and written into the stack's file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.exoscale_stacks import TEMPLATE, CloudStack, cloud_stack
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
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudStack]:
    """A stack without any template, of which nothing is up."""
    folder = Path(tmp_path_factory.mktemp("template"))
    with cloud_stack("e2e-template", folder, SETTINGS, subnet_of("template")) as stack:
        yield stack


def template(stack: CloudStack, name: str, *options: str, env: dict[str, str] | None = None) -> Result:
    return stack.run("python", "tools/exoscale_template.py", stack.name, name, *options, env=env)


def test_it_is_written_with_its_name(made: CloudStack) -> None:
    found = template(made, TEMPLATE["name"])
    assert found.code == 0, found.text
    assert made.get("machines.template") == TEMPLATE
    assert f"machines.template.id is {TEMPLATE['id']}" in found.text


def test_a_pool_may_have_its_own(made: CloudStack) -> None:
    found = template(made, TEMPLATE["name"], "--pool", "far")
    assert found.code == 0, found.text
    assert made.get("machines.pools.far.template") == TEMPLATE


@pytest.mark.parametrize(
    ("arguments", "env", "line"),
    [
        (["Linux Ubuntu 4.10"], {}, 'no public template named "Linux Ubuntu 4.10" in zone ch-gva-2, or no such zone'),
        ([""], {}, "NAME is not given; required: the name of a template"),
        (["Linux Ubuntu 4.10", "--pool", "near"], {}, "has no pool near; it has far, manager"),
        (["Linux"], {"EXOSCALE_API_SECRET": ""}, "EXOSCALE_API_SECRET not given; required: an API key of Exoscale"),
        (["Linux"], {"EXOSCALE_API_KEY": "wrong"}, "Exoscale does not take the API key"),
    ],
    ids=["unknown", "no name", "no pool", "no secret", "wrong key"],
)
def test_a_mistake_is_one_line(made: CloudStack, arguments: list[str], env: dict[str, str], line: str) -> None:
    before = made.file.read_text()
    found = template(made, *arguments, env=env)
    assert found.code != 0
    assert found.text.startswith("template: ")
    assert line in found.text
    assert found.text.count("\n") == 1, found.text
    assert made.file.read_text() == before
