"""A look at the examples from a fresh clone, with the commands of the pages, changes nothing that git tracks."""

import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.harness import Result, run
from tests.support.checkout import CHECKOUT, tracked
from tests.support.stand_ins import is_offline

pytestmark = pytest.mark.tools("pulumi")
EXAMPLES = sorted(path.stem for path in (CHECKOUT / "examples").glob("*.yaml"))
OWN = (
    "PULUMI_BACKEND_URL",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "EXOSCALE_API_KEY",
    "EXOSCALE_API_SECRET",
)
UNREACHABLE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
# `make preview` without the part of its setup that needs a Docker engine.
PREVIEW = 'tools/setup.sh --stack dev tools && eval "$(tools/env.sh dev)" && DIFF=1 python -m tools.stack preview dev'


class Clone:
    """A clone of the sources as they are now, whose Python packages are installed."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.env = {key: value for key, value in os.environ.items() if key not in OWN} | UNREACHABLE
        self.env["NUVLA_SWARM_OFFLINE"] = "true" if is_offline() else "false"
        for name in tracked():
            if (CHECKOUT / name).exists() and not name.startswith("tests/"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(CHECKOUT / name, folder / name)
        (folder / ".venv").symlink_to(CHECKOUT / ".venv")
        self.git("init", "--quiet")
        (folder / ".git/info/exclude").write_text(".venv\n")  # a link, where an operator has a folder
        self.git("add", "--all")
        self.git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message=a")

    def git(self, *arguments: str) -> str:
        done = run("git", *arguments, cwd=self.folder)
        assert done.code == 0, done.text
        return done.text

    def make(self, *arguments: str) -> Result:
        return run("make", *arguments, env=self.env, cwd=self.folder)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_is_previewed(clone: Clone, example: str) -> None:
    shown = clone.make("preview", f"EXAMPLE={example}")
    assert shown.code == 0, shown.text
    assert shown.count("to create") > 100
    assert clone.git("status", "--porcelain") == ""


def test_stack_of_an_example_is_previewed_before_its_key_is_given(clone: Clone) -> None:
    assert clone.make("stack", "NAME=mine", "FROM=existing-target").code == 0
    shown = clone.make("preview", "STACK=mine")
    assert shown.code == 0, shown.text
    assert shown.count("to create") > 100
    assert "warning: nuvla-swarm:ssh_private_key: not given. The preview does not need it, but `make up` does" in (
        shown.text
    )
    assert clone.git("status", "--porcelain") == "?? Pulumi.mine.yaml\n"


def test_local_stack_is_previewed_and_leaves_its_file_as_it_was(clone: Clone) -> None:
    """The engine is not needed, once `make setup` has written what depends on it."""
    (clone.folder / ".state").mkdir()
    (clone.folder / ".state/computer.json").write_text('{"machines": {"image": "a/b:of-this-computer"}}\n')
    shown = run("bash", "-c", PREVIEW, env=clone.env, cwd=clone.folder)
    assert shown.code == 0, shown.text
    assert "a/b:of-this-computer" in shown.text
    assert clone.git("status", "--porcelain") == ""
