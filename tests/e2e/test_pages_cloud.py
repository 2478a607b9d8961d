"""Pages that need Exoscale are walked on its stand-in, with a stand-in for its bucket service."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e import page_walks
from tests.e2e.exoscale_stacks import cloud_label
from tests.e2e.harness import remove_labelled
from tests.e2e.networks import subnet_of, this_computer
from tests.pages.bucket_service import bucket_service
from tests.pages.walks import CLOUD, edit
from tests.support.stand_ins import is_offline

pytestmark = pytest.mark.slow

SUBNET = subnet_of("pages-cloud")
WITHOUT_MAKE = "docs/without-make.md"  # its reader installs the packages


@dataclass(frozen=True)
class Cloud:
    """A stand-in of Exoscale with its bucket service, and the clone of a reader."""

    folder: Path  # of the clone
    environment: dict[str, str]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """Yield a cloud without any machine, and remove all that is in it in the end."""
    records = tmp_path / "cloud"
    with bucket_service(tmp_path / "buckets") as variables, page_walks.cleaned("prod"):
        environment = page_walks.shell_environment(
            **variables | {"NO_PROXY": f"{variables['NO_PROXY']},{SUBNET}"},
            **page_walks.new_home(tmp_path / "home"),
            EXOSCALE_STANDIN_FOLDER=str(records),
            EXOSCALE_STANDIN_SUBNET=SUBNET,
        )
        try:
            yield Cloud(tmp_path / "nuvla-swarm", environment)
        finally:
            page_walks.end_processes(tmp_path / "nuvla-swarm")
            remove_labelled(cloud_label(records))


@pytest.mark.parametrize("page", page_walks.pages_of(CLOUD))
def test_commands_of_a_page_run_on_exoscale(cloud: Cloud, page: str) -> None:
    page_walks.new_clone(cloud.folder, own_packages=page == WITHOUT_MAKE)
    settings = page_walks.computer_settings(remote=True) | {
        "domain": "target.example.com",
        "firewall.management": [this_computer(SUBNET)],
        "nfs.server": "ganesha",
    }
    edits, environment = [edit("prod", settings)], cloud.environment
    if page == WITHOUT_MAKE:
        # PULUMI_HOME has the stand-ins of plugins; the proxy of the bucket service leads to no registry of packages.
        environment |= {"NO_PROXY": "*", "PULUMI_HOME": os.environ["PULUMI_HOME"]}
        edits += ["python -m pip install --quiet --requirement offline/requirements.txt"] if is_offline() else []
    page_walks.walk(page, cloud.folder, environment, edits)
