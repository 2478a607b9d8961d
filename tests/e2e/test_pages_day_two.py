"""Pages about an infrastructure that is up are walked on a target on local machines, one after the other."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import page_walks
from tests.e2e.conftest import full_target_settings
from tests.e2e.networks import subnet_of
from tests.pages.walks import DAY_TWO, edit

pytestmark = pytest.mark.slow

SUBNET = subnet_of("pages")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a clone in which the stack `prod` is up, a target on three local machines."""
    folder = page_walks.new_clone(Path(tmp_path_factory.mktemp("day-two")) / "nuvla-swarm")
    (folder / "Pulumi.prod.yaml").write_text((folder / "Pulumi.dev.yaml").read_text())
    settings = full_target_settings(SUBNET)
    with page_walks.cleaned("prod"):
        try:
            machines = {f"machines.{key}": value for key, value in settings.pop("machines").items()}
            changes = edit("prod", settings | machines | page_walks.computer_settings(remote=False))
            script = f"{changes} && make up STACK=prod"
            done = subprocess.run(
                ["bash", "-ec", script],
                cwd=folder,
                env=page_walks.shell_environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            yield folder
        finally:
            page_walks.end_processes(folder)


@pytest.mark.parametrize("page", page_walks.pages_of(DAY_TWO))
def test_commands_of_a_page_run_on_a_target_that_is_up(folder: Path, page: str) -> None:
    page_walks.fresh_clone(folder)
    page_walks.walk(page, folder, page_walks.shell_environment())
