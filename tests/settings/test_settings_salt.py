"""A stack of local machines works without the salt in its file, with plain Pulumi too: the state has a salt."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.harness import Result, run
from tools.stack import salt

pytestmark = pytest.mark.tools("pulumi")
SECRET = "a word that the state hides"
PROGRAM = f'import pulumi\npulumi.export("secret", pulumi.Output.secret("{SECRET}"))\n'
FILE = "# Of a trial.\nconfig:\n  nuvla-swarm:machines:\n    provider: local # here\n"
UP = ("up", "--yes", "--skip-preview")

Pulumi = Callable[..., Result]


@pytest.fixture
def pulumi(tmp_path: Path) -> Pulumi:
    """Run Pulumi on a new stack of a program with a secret output."""
    (tmp_path / "state").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: nuvla-swarm\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "Pulumi.dev.yaml").write_text(FILE)
    own = {key: value for key, value in os.environ.items() if key != "PULUMI_CONFIG_PASSPHRASE_FILE"}
    environment = own | {
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "of a test",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }

    def call(*arguments: str, **variables: str) -> Result:
        return run("pulumi", "--non-interactive", *arguments, env=environment | variables, cwd=tmp_path)

    assert call("stack", "init", "dev").code == 0
    return call


def test_every_command_works_after_the_salt_is_gone(pulumi: Pulumi, tmp_path: Path) -> None:
    commands = [UP, ("preview", "--expect-no-changes"), ("stack", "output", "--json", "--show-secrets"), UP]
    for command in [*commands, ("refresh", "--yes"), ("stack", "output", "secret", "--show-secrets")]:
        salt.forget(tmp_path / "Pulumi.dev.yaml")
        assert (tmp_path / "Pulumi.dev.yaml").read_text() == FILE
        done = pulumi(*command)
        assert done.code == 0, done.text
        assert command[0] != "stack" or SECRET in done.text
    state = "".join(path.read_text() for path in (tmp_path / "state").rglob("*.json"))
    assert SECRET not in state


def test_other_passphrase_still_opens_nothing(pulumi: Pulumi, tmp_path: Path) -> None:
    assert pulumi(*UP).code == 0
    salt.forget(tmp_path / "Pulumi.dev.yaml")
    refused = pulumi("stack", "output", "--show-secrets", PULUMI_CONFIG_PASSPHRASE="another")
    assert refused.code != 0
    assert SECRET not in refused.text
