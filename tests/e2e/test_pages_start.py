"""Pages of the first day are walked on this computer: the trial, and what needs no infrastructure."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import page_walks
from tests.pages.walks import LAPTOP, NOTHING

pytestmark = pytest.mark.slow

TRIAL = "docs/01-laptop.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the place of the reader's clone; the stacks of its pages are removed in the end."""
    folder = Path(tmp_path_factory.mktemp("laptop")) / "nuvla-swarm"
    with page_walks.cleaned("dev", "host-dev"):
        try:
            yield folder
        finally:
            page_walks.end_processes(folder)


@pytest.mark.parametrize("page", page_walks.pages_of(LAPTOP))
def test_commands_of_a_page_run_on_a_laptop(folder: Path, page: str) -> None:
    """The trial installs its own packages; the other pages go on with the stacks of the pages before."""
    if folder.exists():
        page_walks.fresh_clone(folder)
    else:
        page_walks.new_clone(folder, own_packages=page == TRIAL)
    page_walks.walk(page, folder, page_walks.shell_environment())


@pytest.mark.parametrize("page", page_walks.pages_of(NOTHING))
def test_commands_of_a_page_run_without_an_infrastructure(tmp_path: Path, page: str) -> None:
    folder = page_walks.new_clone(tmp_path / "nuvla-swarm")
    page_walks.walk(page, folder, page_walks.shell_environment())
